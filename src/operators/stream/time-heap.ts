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
    const times = this.#times;
    const numbers = this.#numbers;
    const first = numbers[0]!;
    const last = --this.#length;
    const time = times[last]!;
    // The last one goes where the textbook puts it, which is far down as a rule: so down first, then up again.
    let at = 0;
    for (let child = 1; child < last; child = at * 2 + 1) {
      if (child + 1 < last && times[child + 1]! < times[child]!) child++;
      times[at] = times[child]!;
      numbers[at] = numbers[child]!;
      at = child;
    }
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (times[parent]! < time) break;
      times[at] = times[parent]!;
      numbers[at] = numbers[parent]!;
      at = parent;
    }
    times[at] = time;
    numbers[at] = numbers[last]!;
    return first;
  }

  /** Calls `visit` with all numbers, in no order. */
  forEach(visit: (number: number) => void): void {
    for (let i = 0; i < this.#length; i++) visit(this.#numbers[i]!);
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
