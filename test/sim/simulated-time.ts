/**
 * Time that passes by being looked at, by a random amount, and jumps to the next timer when nobody works. A run with the
 * same seed sees the same times.
 */
import type { Clock, Timers } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';

interface Timer {
  readonly due: number;
  readonly number: number;
  readonly run: () => void;
}

export class SimulatedTime implements Clock, Timers {
  readonly #random: Random;
  #now = 0;
  #looks = 0;
  #timers: Timer[] = [];
  #numbers = 0;
  #pumping = false;

  constructor(random: Random) {
    this.#random = random;
  }

  now(): number {
    return 1_700_000_000_000 + Math.floor(this.monotonic());
  }

  /** Up to 2 milliseconds later than the last time. */
  monotonic(): number {
    this.#looks++;
    this.#now += this.#random.next() * 2;
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { due: this.#now + milliseconds, number: this.#numbers++, run };
    this.#timers.push(timer);
    this.#pump();
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Fires what is due; when nobody has looked at the clock since, jumps to what is due next. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    let looks = this.#looks;
    const step = (): void => {
      this.#timers.sort((a, b) => a.due - b.due || a.number - b.number);
      const [next] = this.#timers;
      if (next === undefined) {
        this.#pumping = false;
        return;
      }
      if (looks === this.#looks) this.#now = Math.max(this.#now, next.due);
      looks = this.#looks;
      if (next.due <= this.#now) {
        this.#timers.shift();
        next.run();
      }
      setImmediate(step);
    };
    setImmediate(step);
  }
}
