/** What travels over an edge: rows, and among them, in their places, watermarks, idleness, barriers and the end. */
import type { Batch } from '../columnar/batch.ts';
import type { CheckpointBarrier } from '../dataflow/checkpoint-barrier.ts';
import type { RecordBatch } from '../dataflow/records.ts';

export type StreamElement =
  /** The reader owns one reference and releases it. */
  | { readonly kind: 'batch'; readonly batch: Batch }
  /** Of DataStream edges, instead of batches. */
  | { readonly kind: 'records'; readonly records: RecordBatch }
  /** `timestamp` in milliseconds. */
  | { readonly kind: 'watermark'; readonly timestamp: number }
  /** An idle channel does not hold back watermarks. */
  | { readonly kind: 'status'; readonly idle: boolean }
  | { readonly kind: 'barrier'; readonly barrier: CheckpointBarrier }
  | { readonly kind: 'end' };
