/**
 * The timers of keys, each known by a number: a list per key, by time. Most timers of a key are registered in the order
 * of their times and are over in that order, so they are added at the end of the list and taken from its beginning. A
 * key with many timers that does otherwise has a map.
 */

const NONE = -1;
/** Timers of a list that are looked at before a map is made of it. */
const MANY = 16;

export class TimerLists {
  /** By key: its first and its last timer; of a key with a map both are NONE. */
  #first = new Int32Array(64).fill(NONE);
  #last = new Int32Array(64).fill(NONE);
  /** By key: its timers by time, if it has a map. */
  readonly #maps: (Map<number, number> | undefined)[] = [];
  /** By timer. */
  #times = new Float64Array(64);
  /** By timer: its key; NONE: it was deleted. */
  #keys = new Int32Array(64);
  /** By timer: the next one of the key, or the next free number. */
  #next = new Int32Array(64);
  #used = 0;
  #free = NONE;

  /** Makes room for a key with this number. */
  reserve(key: number): void {
    if (key < this.#first.length) return;
    this.#first = longer(this.#first);
    this.#last = longer(this.#last);
  }

  isEmpty(key: number): boolean {
    return this.#first[key] === NONE && this.#maps[key] === undefined;
  }

  /** @returns the number of the new timer; -1: the key has it already */
  add(key: number, time: number): number {
    const last = this.#last[key]!;
    if (last !== NONE && time <= this.#times[last]!) return this.#addBefore(key, time);
    const map = this.#maps[key];
    if (map?.has(time) === true) return NONE;
    const timer = this.#take(key, time);
    if (map !== undefined) map.set(time, timer);
    else {
      if (last === NONE) this.#first[key] = timer;
      else this.#next[last] = timer;
      this.#last[key] = timer;
    }
    return timer;
  }

  /** The number stays taken until `remove`. @returns false if the key has no such timer */
  delete(key: number, time: number): boolean {
    if (this.#maps[key] === undefined) {
      const before = this.#find(key, time);
      if (before !== null) {
        const timer = before === NONE ? this.#first[key]! : this.#next[before]!;
        if (timer === NONE || this.#times[timer] !== time) return false;
        this.#unlink(key, timer, before);
        this.#keys[timer] = NONE;
        return true;
      }
    }
    const timer = this.#maps[key]!.get(time);
    if (timer === undefined) return false;
    this.#deleteFromMap(key, time);
    this.#keys[timer] = NONE;
    return true;
  }

  isDeleted(timer: number): boolean {
    return this.#keys[timer] === NONE;
  }

  /** Gives back the number of a timer that comes before the others of its key. @returns the key; -1: it was deleted */
  remove(timer: number): number {
    const key = this.#keys[timer]!;
    if (key !== NONE) {
      if (this.#first[key] === timer) this.#unlink(key, timer, NONE);
      else this.#deleteFromMap(key, this.#times[timer]!);
    }
    this.#next[timer] = this.#free;
    this.#free = timer;
    return key;
  }

  /** Of one key, in order. */
  forEach(key: number, visit: (time: number, timer: number) => void): void {
    const map = this.#maps[key];
    if (map !== undefined) {
      for (const [time, timer] of [...map].sort(([a], [b]) => a - b)) visit(time, timer);
      return;
    }
    for (let timer = this.#first[key]!; timer !== NONE; timer = this.#next[timer]!) visit(this.#times[timer]!, timer);
  }

  /** Into the list, not at its end. */
  #addBefore(key: number, time: number): number {
    const before = this.#find(key, time);
    if (before === null) return this.add(key, time);
    const next = before === NONE ? this.#first[key]! : this.#next[before]!;
    if (this.#times[next] === time) return NONE;
    const timer = this.#take(key, time);
    if (before === NONE) this.#first[key] = timer;
    else this.#next[before] = timer;
    this.#next[timer] = next;
    return timer;
  }

  /** The last timer before a time; -1: there is none. null: the list was too long and is a map now. */
  #find(key: number, time: number): number | null {
    let before = NONE;
    let timer = this.#first[key]!;
    for (let seen = 0; timer !== NONE && this.#times[timer]! < time; seen++) {
      if (seen === MANY) {
        this.#makeMap(key);
        return null;
      }
      before = timer;
      timer = this.#next[timer]!;
    }
    return before;
  }

  #makeMap(key: number): void {
    const map = new Map<number, number>();
    this.forEach(key, (time, timer) => map.set(time, timer));
    this.#maps[key] = map;
    this.#first[key] = NONE;
    this.#last[key] = NONE;
  }

  #deleteFromMap(key: number, time: number): void {
    const map = this.#maps[key]!;
    map.delete(time);
    if (map.size === 0) this.#maps[key] = undefined;
  }

  #unlink(key: number, timer: number, before: number): void {
    const next = this.#next[timer]!;
    if (before === NONE) this.#first[key] = next;
    else this.#next[before] = next;
    if (next === NONE) this.#last[key] = before;
  }

  #take(key: number, time: number): number {
    let timer = this.#free;
    if (timer !== NONE) this.#free = this.#next[timer]!;
    else {
      timer = this.#used++;
      if (timer === this.#keys.length) this.#grow();
    }
    this.#times[timer] = time;
    this.#keys[timer] = key;
    this.#next[timer] = NONE;
    return timer;
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
    this.#keys = longer(this.#keys);
    this.#next = longer(this.#next);
  }
}

function longer(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(array.length * 2).fill(NONE);
  twice.set(array);
  return twice;
}
