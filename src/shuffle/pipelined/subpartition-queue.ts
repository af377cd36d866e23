/** A pipelined subpartition whose reader is on the same thread: a queue. */
import type { Batch } from '../../columnar/batch.ts';
import type { RecordBatch } from '../../dataflow/records.ts';
import type { PartMaker } from '../part-maker.ts';
import type { InputChannel } from '../result-partition.ts';
import type { StreamElement } from '../stream-element.ts';
import type { Subpartition } from './subpartition.ts';

/** Batches that may wait in a queue before its producer pauses. */
export const QUEUE_CREDIT = 8;

/** Elements that may stay in the array although they were read. */
const READ_ELEMENTS = 16;

export class SubpartitionQueue implements Subpartition, InputChannel {
  readonly #parts: PartMaker;
  #elements: StreamElement[] = [];
  #head = 0;
  #batches = 0;
  #closed = false;

  constructor(parts: PartMaker) {
    this.#parts = parts;
  }

  get hasCredit(): boolean {
    return this.#batches < QUEUE_CREDIT;
  }

  pushBatch(batch: Batch): void {
    if (this.#closed) return;
    batch.retain();
    this.#batches++;
    this.#elements.push({ kind: 'batch', batch });
  }

  pushRows(batch: Batch, rows: number, count: number): void {
    if (this.#closed) return;
    const part = this.#parts.copy(batch, rows, count);
    this.pushBatch(part);
    part.release();
  }

  pushRecords(records: RecordBatch): void {
    if (this.#closed) return;
    this.#batches++;
    this.#elements.push({ kind: 'records', records });
  }

  push(element: StreamElement): void {
    if (!this.#closed) this.#elements.push(element);
  }

  poll(): StreamElement | null {
    const element = this.#elements[this.#head];
    if (element === undefined) return null;
    this.#head++;
    // What was read must not stay in memory, also if the queue is never empty.
    if (this.#head === this.#elements.length || this.#head >= READ_ELEMENTS) {
      this.#elements = this.#elements.slice(this.#head);
      this.#head = 0;
    }
    if (element.kind === 'batch' || element.kind === 'records') this.#batches--;
    return element;
  }

  close(): void {
    this.#closed = true;
    for (let i = this.#head; i < this.#elements.length; i++) {
      const element = this.#elements[i]!;
      if (element.kind === 'batch') element.batch.release();
    }
    this.#elements = [];
    this.#head = 0;
    this.#batches = 0;
  }
}
