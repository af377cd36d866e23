/** Rows on their way from a running job to whoever reads the result; a reader that falls behind slows the job down. */
import type { Change } from './changelog-view.ts';

/** Changes that may wait before the job pauses. */
const HIGH_WATER = 65_536;

export class ChangeQueue implements AsyncIterable<Change> {
  #waiting: Change[] = [];
  #head = 0;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #wakeReader: (() => void) | null = null;
  #wakeWriter: (() => void) | null = null;
  readonly #onAbandoned: () => void;

  /** @param onAbandoned called when the reader stops before the end */
  constructor(onAbandoned: () => void) {
    this.#onAbandoned = onAbandoned;
  }

  push(change: Change): void {
    this.#waiting.push(change);
  }

  /** Lets the reader have what was pushed. */
  flush(): void {
    this.#wakeReader?.();
  }

  /** A promise while too much waits. */
  throttle(): Promise<void> | null {
    if (this.#waiting.length - this.#head < HIGH_WATER) return null;
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }

  end(): void {
    this.#ended = true;
    this.flush();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.flush();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Change> {
    let whole = false;
    try {
      for (;;) {
        while (this.#head < this.#waiting.length) yield this.#waiting[this.#head++] as Change;
        this.#waiting = [];
        this.#head = 0;
        this.#wakeWriter?.();
        this.#wakeWriter = null;
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
