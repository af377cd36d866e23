/** Results on their way from a running job to whoever reads them; a reader that falls behind slows the job down. */

/** Results that may wait before the job pauses. */
const HIGH_WATER = 65_536;

/** Gives them in the pieces in which they came. */
export class ResultQueue<T> implements AsyncIterable<readonly T[]> {
  #waiting: (readonly T[])[] = [];
  #size = 0;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #wakeReader: (() => void) | null = null;
  #wakeWriter: (() => void) | null = null;
  readonly #onAbandoned: () => void;

  /** @param onAbandoned called when the reader stops before the end */
  constructor(onAbandoned: () => void) {
    this.#onAbandoned = onAbandoned;
  }

  push(results: readonly T[]): void {
    this.#waiting.push(results);
    this.#size += results.length;
    this.#wakeReader?.();
  }

  /** A promise while too much waits. */
  throttle(): Promise<void> | null {
    if (this.#size < HIGH_WATER) return null;
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }

  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wakeReader?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly T[]> {
    let whole = false;
    try {
      for (;;) {
        const pieces = this.#waiting;
        this.#waiting = [];
        for (const results of pieces) yield results;
        for (const { length } of pieces) this.#size -= length;
        this.#wakeWriter?.();
        this.#wakeWriter = null;
        if (this.#waiting.length > 0) continue;
        if (this.#ended || this.#failure !== null) {
          whole = true;
          if (this.#failure !== null) throw this.#failure.error;
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
        this.#wakeReader = null;
      }
    } finally {
      if (!whole) this.#onAbandoned();
    }
  }
}
