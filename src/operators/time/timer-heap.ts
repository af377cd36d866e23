/**
 * Rows of state by the time at which they are due: a binary heap over two typed arrays. Equal times keep their order.
 */
export class TimerHeap {
  #times = new Float64Array(64);
  #rows = new Float64Array(64);
  #orders = new Float64Array(64);
  #length = 0;
  #next = 0;

  get length(): number {
    return this.#length;
  }

  push(time: number, row: number): undefined {
    if (this.#length === this.#times.length) this.#grow();
    let at = this.#length++;
    const order = this.#next++;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (this.#times[parent]! <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#times[at] = time;
    this.#rows[at] = row;
    this.#orders[at] = order;
    return undefined;
  }

  /** The row that is due first, if it is due by `limit`; else 0. */
  popUpTo(limit: number): number {
    if (this.#length === 0 || this.#times[0]! > limit) return 0;
    const row = this.#rows[0]!;
    const last = --this.#length;
    const time = this.#times[last]!;
    const order = this.#orders[last]!;
    const moved = this.#rows[last]!;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#before(child + 1, child)) child++;
      if (this.#times[child]! > time || (this.#times[child] === time && this.#orders[child]! > order)) break;
      this.#move(child, at);
      at = child;
    }
    this.#times[at] = time;
    this.#rows[at] = moved;
    this.#orders[at] = order;
    return row;
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#times[a]!, this.#times[b]!];
    return x < y || (x === y && this.#orders[a]! < this.#orders[b]!);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#rows[to] = this.#rows[from]!;
    this.#orders[to] = this.#orders[from]!;
  }

  #grow(): void {
    const grow = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(old.length * 2);
      larger.set(old);
      return larger;
    };
    this.#times = grow(this.#times);
    this.#rows = grow(this.#rows);
    this.#orders = grow(this.#orders);
  }
}
