/** Gathers what a function gives out, for the main output or a side output, so that whole batches are emitted. */
import type { Collector } from '../../dataflow/functions/lifecycle.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../dataflow/records.ts';

/** Records after which a batch is emitted although its input is not worked off. */
const FLUSH_RECORDS = 8192;

export class RecordCollector implements Collector<unknown> {
  readonly #emit: (records: RecordBatch) => void;
  #values: unknown[] = [];
  /** null: no record so far has a timestamp. */
  #timestamps: number[] | null = null;
  /** What records get that are given out now. */
  timestamp = NO_TIMESTAMP;

  constructor(emit: (records: RecordBatch) => void) {
    this.#emit = emit;
  }

  collect(value: unknown): void {
    this.collectAt(value, this.timestamp);
  }

  collectAt(value: unknown, timestamp: number): void {
    const length = this.#values.push(value);
    if (this.#timestamps !== null) this.#timestamps.push(timestamp);
    else if (timestamp !== NO_TIMESTAMP) {
      this.#timestamps = new Array<number>(length - 1).fill(NO_TIMESTAMP);
      this.#timestamps.push(timestamp);
    }
    if (length >= FLUSH_RECORDS) this.flush();
  }

  /** Emits what has been gathered. */
  flush(): void {
    if (this.#values.length === 0) return;
    const records = { values: this.#values, timestamps: this.#timestamps };
    this.#values = [];
    this.#timestamps = null;
    this.#emit(records);
  }
}
