/** Takes from an (async) iterable what is there, without waiting for what is not. */

export type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>;

export function isIterable(value: unknown): value is AnyIterable {
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

/** Goes on from a position by skipping what comes before: the iterable must give the same values again. */
export class IterablePuller {
  readonly #values: AnyIterable;
  readonly #skip: number;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | null = null;
  #pending: IteratorResult<unknown> | Promise<IteratorResult<unknown>> | null = null;
  #ended = false;
  #position = 0;

  /** @param skip values that are not wanted */
  constructor(values: AnyIterable, skip: number) {
    this.#values = values;
    this.#skip = skip;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Values that have been taken or skipped. */
  get position(): number {
    return Math.max(this.#position, this.#skip);
  }

  /**
   * A value may be long in coming: when the event loop has turned once, no more is waited for.
   *
   * @param accept gets the value and its number, from 0
   */
  async pull(limit: number, accept: (value: unknown, number: number) => void): Promise<void> {
    const turned = new Promise<'turned'>((resolve) => setImmediate(resolve, 'turned'));
    for (let taken = 0; !this.#ended && taken < limit; ) {
      this.#pending ??= this.#next();
      const step = await (this.#pending instanceof Promise ? Promise.race([this.#pending, turned]) : this.#pending);
      if (step === 'turned') return;
      this.#pending = null;
      if (step.done === true) this.#ended = true;
      else if (this.#position++ >= this.#skip) {
        taken++;
        accept(step.value, this.#position - 1);
      }
    }
  }

  /** Lets the iterable clean up. */
  async close(): Promise<void> {
    await this.#iterator?.return?.();
  }

  #next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>> {
    const values = this.#values;
    this.#iterator ??= Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
    return this.#iterator.next();
  }
}
