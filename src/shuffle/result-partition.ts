/**
 * The two ends of an edge. A producing subtask writes one ResultPartition per edge, cut into subpartitions; a consuming
 * subtask reads one InputChannel per producer, together an InputGate.
 */
import type { Batch } from '../columnar/batch.ts';
import type { CheckpointBarrier } from '../dataflow/checkpoint-barrier.ts';
import type { RecordBatch } from '../dataflow/records.ts';
import type { StreamElement } from './stream-element.ts';

/** Names a result, for registries, files and messages. */
export interface ResultPartitionId {
  readonly job: string;
  readonly vertex: string;
  readonly edge: string;
  readonly subtask: number;
  readonly attempt: number;
}

export function printPartitionId({ edge, subtask, attempt }: Omit<ResultPartitionId, 'job' | 'vertex'>): string {
  return `${edge}/${subtask}#${attempt}`;
}

export interface ResultPartition {
  readonly id: ResultPartitionId;
  /** False: the readers are behind; the producer should pause. What it writes regardless is kept. */
  readonly available: boolean;
  /** Lends the batch for the time of the call. */
  emitBatch(batch: Batch): void;
  emitRecords(records: RecordBatch): void;
  emitWatermark(timestamp: number): void;
  emitStatus(idle: boolean): void;
  emitBarrier(barrier: CheckpointBarrier): void;
  /** No more will come. */
  finish(): void;
  /** What one consuming subtask reads. Called once per subpartition. */
  createChannel(subpartition: number): InputChannel;
  /** Gives back everything, also after a failure. */
  release(): void;
}

export interface InputChannel {
  /** The next element, or null while there is none. Nothing follows 'end'. */
  poll(): StreamElement | null;
  /** The consumer is gone: what waits is dropped. */
  close(): void;
}
