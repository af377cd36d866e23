/** What one consuming subtask reads of a pipelined result. */
import type { Batch } from '../../columnar/batch.ts';
import type { RecordBatch } from '../../dataflow/records.ts';
import type { StreamElement } from '../stream-element.ts';

export interface Subpartition {
  /** False: the reader is behind. */
  readonly hasCredit: boolean;
  /** Lends the batch for the time of the call. */
  pushBatch(batch: Batch): void;
  /** The same for `count` rows of it, whose numbers are 32 bits each at `rows`. */
  pushRows(batch: Batch, rows: number, count: number): void;
  pushRecords(records: RecordBatch): void;
  push(element: Exclude<StreamElement, { readonly kind: 'batch' | 'records' }>): void;
  /** The producer is gone. */
  close(): void;
}
