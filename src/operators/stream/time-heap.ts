/**
 * Numbers by time: a binary heap over two typed arrays. Equal times come in the order that the textbook's heap gives
 * them, which is Flink's too and part of what programs print; the heap of SQL's timers (operators/time/timer-heap.ts)
 * keeps the order of insertion instead.
 */
export class TimeHeap {
  #times = new Float64Array(64);
  #numbers = new Int32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Of the first one; there must be one. */
  get firstTime(): number {
    return this.#times[0]!;
  }

  push(time: number, number: number): void {
    if (this.#length === this.#times.length) this.#grow();
    let at = this.#length++;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (this.#times[parent]! <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#times[at] = time;
    this.#numbers[at] = number;
  }

  /** Takes the first one out; there must be one. */
  pop(): number {
    const first = this.#numbers[0]!;
    const last = --this.#length;
    const time = this.#times[last]!;
    const number = this.#numbers[last]!;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#times[child + 1]! < this.#times[child]!) child++;
      if (this.#times[child]! >= time) break;
      this.#move(child, at);
      at = child;
    }
    this.#times[at] = time;
    this.#numbers[at] = number;
    return first;
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#numbers[to] = this.#numbers[from]!;
  }

  #grow(): void {
    const times = new Float64Array(this.#length * 2);
    const numbers = new Int32Array(this.#length * 2);
    times.set(this.#times);
    numbers.set(this.#numbers);
    this.#times = times;
    this.#numbers = numbers;
  }
}
