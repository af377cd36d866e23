/**
 * A pipelined subpartition whose reader is on another thread. Few rows wait for more, until they make a batch, the
 * buffer timeout is over, something else has to pass, or the thread has nothing better to do.
 */
import type { Batch } from '../../columnar/batch.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../dataflow/records.ts';
import type { PartMaker, Subpartition } from '../pipelined/subpartition.ts';
import { packRecords } from '../records/record-transport.ts';
import type { RowGatherer } from '../row-gatherer.ts';
import type { StreamElement } from '../stream-element.ts';
import type { RingProducer } from './ring.ts';

export interface Gathering {
  /** Rows of a batch. */
  readonly rows: number;
  /** `execution.buffer-timeout.interval` in milliseconds; 0: rows do not wait; -1: until there are enough. */
  readonly timeout: number;
}

export class RingSubpartition implements Subpartition {
  readonly #ring: RingProducer;
  readonly #parts: PartMaker;
  readonly #gathering: Gathering;
  #open: { readonly gatherer: RowGatherer; readonly withKinds: boolean; since: number | null } | null = null;
  /** The same of an edge of records. */
  #records: { readonly values: unknown[]; readonly timestamps: number[]; since: number | null } | null = null;

  constructor(ring: RingProducer, parts: PartMaker, gathering: Gathering) {
    this.#ring = ring;
    this.#parts = parts;
    this.#gathering = gathering;
  }

  get hasCredit(): boolean {
    return this.#ring.hasCredit;
  }

  pushBatch(batch: Batch): void {
    if (this.#waits(batch.rowCount)) this.#gather(batch, 0, batch.rowCount);
    else {
      this.#flush();
      this.#ring.send({ kind: 'batch', batch });
    }
  }

  pushRows(batch: Batch, rows: number, count: number): void {
    if (this.#waits(count)) this.#gather(batch, rows, count);
    else {
      this.#flush();
      this.#send(this.#parts.copy(batch, rows, count));
    }
  }

  pushRecords(records: RecordBatch): void {
    if (!this.#waits(records.values.length)) {
      this.#flush();
      this.#sendRecords(records);
      return;
    }
    this.#records ??= { values: [], timestamps: [], since: null };
    const { values, timestamps } = this.#records;
    for (const [i, value] of records.values.entries()) {
      values.push(value);
      timestamps.push(records.timestamps?.[i] ?? NO_TIMESTAMP);
    }
    if (values.length * 2 > this.#gathering.rows) this.#flush();
  }

  push(element: StreamElement): void {
    this.#flush();
    this.#ring.send(element);
  }

  /**
   * To be called between turns.
   *
   * @param now milliseconds
   * @param idle the thread has nothing else to do
   */
  pump(now: number, idle: boolean): void {
    const { timeout } = this.#gathering;
    const waiting = this.#open ?? this.#records;
    if (waiting !== null && timeout >= 0) {
      waiting.since ??= now;
      if (idle || now - waiting.since >= timeout) this.#flush();
    }
    this.#ring.pump();
  }

  /** Nothing is left for `pump`. */
  get settled(): boolean {
    return this.#open === null && this.#records === null && this.#ring.settled;
  }

  /** The producing task is gone; what it has sent may still be read. */
  close(): void {
    this.#drop();
  }

  /** Nobody reads any more. */
  release(): void {
    this.#drop();
    this.#ring.close();
  }

  #waits(count: number): boolean {
    const { rows, timeout } = this.#gathering;
    return timeout !== 0 && count * 2 <= rows;
  }

  #gather(batch: Batch, rows: number, count: number): void {
    const withKinds = batch.kinds !== 0;
    const { rows: capacity } = this.#gathering;
    const open = this.#open;
    if (open !== null && (open.gatherer.rowCount + count > capacity || (withKinds && !open.withKinds))) this.#flush();
    this.#open ??= { gatherer: this.#parts.gatherer(capacity, withKinds), withKinds, since: null };
    this.#open.gatherer.append(batch, rows, count);
    if (this.#open.gatherer.rowCount * 2 > capacity) this.#flush();
  }

  #flush(): void {
    const records = this.#records;
    this.#records = null;
    if (records !== null) this.#sendRecords(records);
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    this.#send(open.gatherer.finish());
  }

  #sendRecords(records: RecordBatch): void {
    this.#send(packRecords(this.#parts.memory, records));
  }

  #send(batch: Batch): void {
    this.#ring.send({ kind: 'batch', batch });
    batch.release();
  }

  #drop(): void {
    this.#records = null;
    this.#open?.gatherer.finish().release();
    this.#open = null;
  }
}
