/**
 * A sink as the end of a chain. Writers may answer later: until then further batches wait in order, and the task is
 * told to pause.
 */
import type { Batch } from '../columnar/batch.ts';
import type { SinkWriter } from '../dataflow/connector.ts';
import type { MetricGroup } from '../dataflow/operator.ts';
import type { ChainEnd } from './chain.ts';

export class SinkEnd implements ChainEnd {
  readonly #writer: SinkWriter;
  readonly #metrics: MetricGroup;
  readonly #waiting: Batch[] = [];
  #pending: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #closed = false;

  constructor(writer: SinkWriter, metrics: MetricGroup) {
    this.#writer = writer;
    this.#metrics = metrics;
  }

  /** The write that is going on; throws what one before failed with. */
  get pending(): Promise<void> | null {
    if (this.#failure !== null) throw this.#failure.error;
    return this.#pending;
  }

  emitBatch(batch: Batch): void {
    if (batch.rowCount === 0) return;
    this.#metrics.add('numRecordsOut', batch.rowCount);
    if (this.#pending !== null) {
      batch.retain();
      this.#waiting.push(batch);
      return;
    }
    const answer = this.#writer.write(batch);
    if (answer === undefined) return;
    batch.retain();
    this.#pending = this.#drain(answer, batch);
  }

  emitWatermark(timestamp: number): void {
    this.#writer.watermark?.(timestamp);
  }

  emitStatus(): void {}

  /** Writes what is left. */
  prepareCommit(): void {
    this.#writer.prepareCommit?.();
  }

  /** Makes everything visible. */
  async finish(): Promise<void> {
    await this.#writer.finish();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const batch of this.#waiting.splice(0)) batch.release();
    await this.#pending;
    await this.#writer.close();
  }

  async #drain(first: Promise<void>, lent: Batch): Promise<void> {
    let batch: Batch | undefined = lent;
    let answer: void | Promise<void> = first;
    try {
      while (batch !== undefined) {
        await answer;
        batch.release();
        batch = this.#closed ? undefined : this.#waiting.shift();
        if (batch !== undefined) answer = this.#writer.write(batch);
      }
    } catch (error) {
      batch?.release();
      this.#failure = { error };
    }
    this.#pending = null;
  }
}
