/**
 * A pipelined subpartition whose reader is on another thread. Few rows wait for more, until they make a batch, the
 * buffer timeout is over, something else has to pass, or the thread has nothing better to do.
 */
import type { Batch } from '../../columnar/batch.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../dataflow/records.ts';
import type { PartMaker } from '../part-maker.ts';
import type { Subpartition } from '../pipelined/subpartition.ts';
import { packRecords } from '../records/record-transport.ts';
import { RowCollector } from '../row-collector.ts';
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
  readonly #rows: RowCollector;
  /** The same of an edge of records. */
  #records: { readonly values: unknown[]; readonly timestamps: number[] } | null = null;
  /** Milliseconds; null: nothing was waiting when `pump` last looked. */
  #waitingSince: number | null = null;

  constructor(ring: RingProducer, parts: PartMaker, gathering: Gathering) {
    this.#ring = ring;
    this.#parts = parts;
    this.#gathering = gathering;
    this.#rows = new RowCollector(parts, gathering.rows, (batch) => ring.send({ kind: 'batch', batch }));
  }

  get hasCredit(): boolean {
    return this.#ring.hasCredit;
  }

  pushBatch(batch: Batch): void {
    if (this.#waits(batch.rowCount)) {
      this.#rows.addBatch(batch);
      this.#flushIfMany(this.#rows.rowCount);
    } else {
      this.#flush();
      this.#ring.send({ kind: 'batch', batch });
    }
  }

  pushRows(batch: Batch, rows: number, count: number): void {
    if (this.#waits(count)) {
      this.#rows.addRows(batch, rows, count);
      this.#flushIfMany(this.#rows.rowCount);
    } else {
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
    this.#records ??= { values: [], timestamps: [] };
    const { values, timestamps } = this.#records;
    for (const [i, value] of records.values.entries()) {
      values.push(value);
      timestamps.push(records.timestamps?.[i] ?? NO_TIMESTAMP);
    }
    this.#flushIfMany(values.length);
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
    if (this.#waiting && timeout >= 0) {
      this.#waitingSince ??= now;
      if (idle || now - this.#waitingSince >= timeout) this.#flush();
    }
    this.#ring.pump();
  }

  /** Nothing is left for `pump`. */
  get settled(): boolean {
    return !this.#waiting && this.#ring.settled;
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

  get #waiting(): boolean {
    return this.#records !== null || this.#rows.rowCount > 0;
  }

  /** @param count of rows or records that wait */
  #flushIfMany(count: number): void {
    if (count * 2 > this.#gathering.rows) this.#flush();
  }

  #flush(): void {
    this.#waitingSince = null;
    const records = this.#records;
    this.#records = null;
    if (records !== null) this.#sendRecords(records);
    this.#rows.flush();
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
    this.#rows.drop();
  }
}
