/**
 * The times for which one key has registered timers. As a rule they come in order, so they are in an array until one
 * does not, or one is deleted.
 */
export class TimeSet {
  /** Rising. */
  #ordered: number[] = [];
  #set: Set<number> | null = null;

  get isEmpty(): boolean {
    return this.#set === null ? this.#ordered.length === 0 : this.#set.size === 0;
  }

  add(time: number): void {
    if (this.#set === null) {
      const last = this.#ordered.at(-1);
      if (time === last) return;
      if (last === undefined || time > last) {
        this.#ordered.push(time);
        return;
      }
    }
    this.#anyOrder().add(time);
  }

  delete(time: number): void {
    this.#anyOrder().delete(time);
  }

  /** Calls `visit` with all times, smallest first, and forgets them. `visit` may delete those to come. */
  drain(visit: (time: number) => void): void {
    if (this.isEmpty) return;
    const times = this.#set === null ? this.#ordered : [...this.#set].sort((a, b) => a - b);
    for (const time of times) if (this.#set === null || this.#set.delete(time)) visit(time);
    this.#ordered = [];
    this.#set = null;
  }

  #anyOrder(): Set<number> {
    this.#set ??= new Set(this.#ordered);
    return this.#set;
  }
}
