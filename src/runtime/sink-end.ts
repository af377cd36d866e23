/**
 * A sink as the end of a chain. Writers may answer later: until then further batches wait in order, and the task is
 * told to pause.
 */
import { Batch } from '../columnar/batch.ts';
import type { AnyBatch, SinkWriter } from '../dataflow/connector.ts';
import type { MetricGroup } from '../dataflow/operator.ts';
import type { RecordBatch } from '../dataflow/records.ts';
import type { ChainEnd } from './chain.ts';

export class SinkEnd implements ChainEnd {
  readonly uid: string;
  readonly #writer: SinkWriter;
  readonly #metrics: MetricGroup;
  readonly #waiting: AnyBatch[] = [];
  #pending: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #closed = false;

  constructor(uid: string, writer: SinkWriter, metrics: MetricGroup) {
    this.uid = uid;
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
    this.#take(batch);
  }

  emitRecords(records: RecordBatch): void {
    if (records.values.length === 0) return;
    this.#metrics.add('numRecordsOut', records.values.length);
    this.#take(records);
  }

  emitWatermark(timestamp: number): void {
    this.#writer.watermark?.(timestamp);
  }

  emitStatus(): void {}

  /** See SinkWriter. Nothing may be pending. */
  prepareCommit(): readonly unknown[] {
    return this.#writer.prepareCommit?.() ?? [];
  }

  /** The writer lets go of what it has gathered. */
  flush(): void {
    this.#await(this.#writer.flush?.());
  }

  /** The end of input: the writer sees to what it still holds. */
  finish(): void {
    this.#await(this.#writer.finish());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const batch of this.#waiting.splice(0)) release(batch);
    await this.#pending;
    await this.#writer.close();
  }

  #await(answer: void | Promise<void>): void {
    if (answer !== undefined) this.#pending = this.#drain(answer, null);
  }

  #take(batch: AnyBatch): void {
    if (this.#pending !== null) {
      if (batch instanceof Batch) batch.retain();
      this.#waiting.push(batch);
      return;
    }
    const answer = this.#write(batch);
    if (answer === undefined) return;
    if (batch instanceof Batch) batch.retain();
    this.#pending = this.#drain(answer, batch);
  }

  #write(batch: AnyBatch): void | Promise<void> {
    return batch instanceof Batch ? this.#writer.write(batch) : this.#writer.writeRecords!(batch);
  }

  async #drain(first: Promise<void>, lent: AnyBatch | null): Promise<void> {
    let batch: AnyBatch | null | undefined = lent;
    let answer: void | Promise<void> = first;
    try {
      while (batch !== undefined) {
        await answer;
        release(batch);
        batch = this.#closed ? undefined : this.#waiting.shift();
        if (batch !== undefined) answer = this.#write(batch);
      }
    } catch (error) {
      release(batch);
      this.#failure = { error };
    }
    this.#pending = null;
  }
}

function release(batch: AnyBatch | null | undefined): void {
  if (batch instanceof Batch) batch.release();
}
