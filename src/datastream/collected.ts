/** What `executeAndCollect` gives: the records of a running job, as they come. */

export class Collected<T> implements AsyncIterable<T> {
  readonly #pieces: AsyncIterable<readonly T[]>;
  readonly #ended: Promise<void>;

  /**
   * @param pieces can be read once; whose reader stops early cancels the job
   * @param ended settled when nothing of the job runs any more
   */
  constructor(pieces: AsyncIterable<readonly T[]>, ended: Promise<void>) {
    this.#pieces = pieces;
    this.#ended = ended;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for await (const piece of this.#pieces) yield* piece;
  }

  /** All of them, when the job has ended. */
  async toArray(): Promise<T[]> {
    const values: T[] = [];
    for await (const piece of this.#pieces) for (const value of piece) values.push(value);
    return values;
  }

  /** The first ones; then the job is cancelled. */
  async take(limit: number): Promise<T[]> {
    const values: T[] = [];
    if (limit <= 0) return values;
    for await (const value of this) if (values.push(value) >= limit) break;
    await this.#ended;
    return values;
  }
}
