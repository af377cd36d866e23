/**
 * How threads wake each other: each has a counter in linear memory that others raise when they have left something for
 * it. A thread that found nothing to do sleeps until the counter is another one than before it looked.
 */
import type { LinearMemory } from '../../memory/arena.ts';

const EPOCH = 0;
const SLEEPING = 1;

export const MAILBOX_BYTES = 64;

/**
 * Sleeps until the word of memory may be another one than `value`, now and then also when it is not.
 *
 * @returns null if it is another one already
 */
export type WaitForChange = (
  words: Int32Array<ArrayBufferLike>,
  index: number,
  value: number,
) => Promise<unknown> | null;

const waitInMemory: WaitForChange = (words, index, value) => {
  const answer = Atomics.waitAsync(words, index, value);
  return answer.async ? answer.value : null;
};

export class Mailbox {
  readonly #memory: LinearMemory;
  readonly #word: number;
  readonly #wait: WaitForChange;
  #waiting: { readonly epoch: number; readonly woken: Promise<void> } | null = null;

  /** @param address of MAILBOX_BYTES bytes that were 0 at first; every thread makes its own Mailbox over them */
  constructor(memory: LinearMemory, address: number, wait: WaitForChange = waitInMemory) {
    this.#memory = memory;
    this.#word = address >>> 2;
    this.#wait = wait;
    memory.refresh();
  }

  /** To be read before looking whether there is anything to do. */
  get epoch(): number {
    return Atomics.load(this.#memory.i32, this.#word + EPOCH);
  }

  wake(): void {
    const { i32 } = this.#memory;
    Atomics.add(i32, this.#word + EPOCH, 1);
    if (Atomics.load(i32, this.#word + SLEEPING) !== 0) Atomics.notify(i32, this.#word + EPOCH);
  }

  /** Settled when another thread has called `wake` since `epoch` was read, now and then also when none has. */
  async woken(epoch: number): Promise<void> {
    const { i32 } = this.#memory;
    Atomics.store(i32, this.#word + SLEEPING, 1);
    // Whoever came before that has woken nobody.
    if (this.epoch !== epoch) return;
    if (this.#waiting?.epoch !== epoch) {
      const changed = this.#wait(i32, this.#word + EPOCH, epoch);
      if (changed === null) return;
      // A waker that is slow between its two steps wakes a wait for the epoch that it has begun itself.
      const over = (): void => {
        if (this.#waiting?.epoch === epoch) this.#waiting = null;
      };
      this.#waiting = { epoch, woken: changed.then(over) };
    }
    await this.#waiting.woken;
  }

  /** The owner is at work again. */
  awake(): void {
    Atomics.store(this.#memory.i32, this.#word + SLEEPING, 0);
  }
}
