/**
 * The unit of data on the edges of a DataStream program: JS values with their timestamps. They become columns only at
 * the border with a table, with a file and with another thread.
 */
import type { RecordColumns } from '../columnar/records/record-columns.ts';
import { MIN_WATERMARK } from './traits.ts';

/** The timestamp of a record that has none. */
export const NO_TIMESTAMP = MIN_WATERMARK;

/** Records of a batch to aim at, in either mode: objects are at hand for the next function while they fit the cache. */
export const RECORD_BATCH = 4096;

export interface RecordBatch {
  readonly values: readonly unknown[];
  /** By value, in milliseconds since the epoch; NO_TIMESTAMP where a record has none; null: none has one. */
  readonly timestamps: readonly number[] | null;
  /** The same in columns, where the records come from a file: for whoever would make some. */
  readonly columns?: RecordColumns;
}
