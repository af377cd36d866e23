/**
 * The times for which one key has registered timers: few as a rule, so they are kept in an array until they are many.
 */

const MANY = 16;

export class TimeSet {
  #few: number[] = [];
  #many: Set<number> | null = null;

  get size(): number {
    return this.#many?.size ?? this.#few.length;
  }

  has(time: number): boolean {
    return this.#many?.has(time) ?? this.#few.includes(time);
  }

  /** @returns false if the time was there */
  add(time: number): boolean {
    if (this.has(time)) return false;
    if (this.#many === null && this.#few.length === MANY) this.#many = new Set(this.#few);
    if (this.#many === null) this.#few.push(time);
    else this.#many.add(time);
    return true;
  }

  /** @returns false if the time was not there */
  delete(time: number): boolean {
    if (this.#many !== null) return this.#many.delete(time);
    const at = this.#few.indexOf(time);
    if (at < 0) return false;
    const last = this.#few.pop()!;
    if (at < this.#few.length) this.#few[at] = last;
    return true;
  }

  clear(): void {
    this.#few.length = 0;
    this.#many = null;
  }

  /** A copy, smallest first. */
  sorted(): number[] {
    return [...(this.#many ?? this.#few)].sort((a, b) => a - b);
  }
}
