/**
 * Pipelined results: read while they are written. A slow consumer slows its producers down instead of filling the
 * memory.
 */

import { assert } from '../../base/assert.ts';
import type { Batch } from '../../columnar/batch.ts';
import type { CheckpointBarrier } from '../../dataflow/checkpoint-barrier.ts';
import type { RecordBatch } from '../../dataflow/records.ts';
import { type Partitioner, scatter } from '../partitioner.ts';
import type { ScatterRecords } from '../records/record-partitioner.ts';
import type { InputChannel, ResultPartition, ResultPartitionId } from '../result-partition.ts';
import type { Subpartition } from './subpartition.ts';
import { SubpartitionQueue } from './subpartition-queue.ts';

export class PipelinedResultPartition implements ResultPartition {
  readonly id: ResultPartitionId;
  readonly #partitioner: Partitioner | ScatterRecords;
  readonly #subpartitions: readonly Subpartition[];

  /** @param partitioner of rows, or of records */
  constructor(
    id: ResultPartitionId,
    partitioner: Partitioner | ScatterRecords,
    subpartitions: readonly Subpartition[],
  ) {
    this.id = id;
    this.#partitioner = partitioner;
    this.#subpartitions = subpartitions;
  }

  get available(): boolean {
    return this.#subpartitions.every((subpartition) => subpartition.hasCredit);
  }

  emitBatch(batch: Batch): void {
    assert(typeof this.#partitioner === 'object', 'rows for a result of records');
    scatter(this.#partitioner, batch, this.#subpartitions);
  }

  emitRecords(records: RecordBatch): void {
    assert(typeof this.#partitioner === 'function', 'records for a result of rows');
    this.#partitioner(records, (subpartition, part) => this.#subpartitions[subpartition]!.pushRecords(part));
  }

  emitWatermark(timestamp: number): void {
    for (const subpartition of this.#subpartitions) subpartition.push({ kind: 'watermark', timestamp });
  }

  emitStatus(idle: boolean): void {
    for (const subpartition of this.#subpartitions) subpartition.push({ kind: 'status', idle });
  }

  emitBarrier(barrier: CheckpointBarrier): void {
    for (const subpartition of this.#subpartitions) subpartition.push({ kind: 'barrier', barrier });
  }

  finish(): void {
    for (const subpartition of this.#subpartitions) subpartition.push({ kind: 'end' });
  }

  createChannel(subpartition: number): InputChannel {
    const queue = this.#subpartitions[subpartition]!;
    assert(queue instanceof SubpartitionQueue, 'a result is read by a call from another thread');
    return queue;
  }

  release(): void {
    for (const subpartition of this.#subpartitions) subpartition.close();
    if (typeof this.#partitioner === 'object') this.#partitioner.close();
  }
}
