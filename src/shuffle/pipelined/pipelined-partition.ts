/**
 * Pipelined results: a queue in memory per subpartition. A queue has credit for a few batches; while one has none left
 * the producer is asked to pause, so a slow consumer slows its producers down instead of filling the memory.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { RecordBatch } from '../../dataflow/records.ts';
import type { KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import { type Partitioner, scatter } from '../partitioner.ts';
import type { InputChannel, ResultPartition, ResultPartitionId } from '../result-partition.ts';
import type { StreamElement } from '../stream-element.ts';

/** Batches that may wait in a queue before its producer pauses. */
export const QUEUE_CREDIT = 8;

export class PipelinedResultPartition implements ResultPartition {
  readonly id: ResultPartitionId;
  readonly #memory: LinearMemory;
  readonly #compiler: KernelCompiler;
  readonly #types: readonly DataType[];
  readonly #partitioner: Partitioner;
  readonly #queues: readonly SubpartitionQueue[];

  constructor(
    id: ResultPartitionId,
    memory: LinearMemory,
    compiler: KernelCompiler,
    types: readonly DataType[],
    partitioner: Partitioner,
    subpartitions: number,
  ) {
    this.id = id;
    this.#memory = memory;
    this.#compiler = compiler;
    this.#types = types;
    this.#partitioner = partitioner;
    this.#queues = Array.from({ length: subpartitions }, () => new SubpartitionQueue());
  }

  get available(): boolean {
    return this.#queues.every((queue) => queue.hasCredit);
  }

  emitBatch(batch: Batch): void {
    const push = (subpartition: number, part: Batch): void => this.#queues[subpartition]!.pushBatch(part);
    scatter(this.#memory, this.#compiler, this.#partitioner, batch, this.#queues.length, this.#types, push);
  }

  emitRecords(records: RecordBatch): void {
    this.#queues[0]!.pushRecords(records);
  }

  emitWatermark(timestamp: number): void {
    for (const queue of this.#queues) queue.push({ kind: 'watermark', timestamp });
  }

  emitStatus(idle: boolean): void {
    for (const queue of this.#queues) queue.push({ kind: 'status', idle });
  }

  finish(): void {
    for (const queue of this.#queues) queue.push({ kind: 'end' });
  }

  createChannel(subpartition: number): InputChannel {
    return this.#queues[subpartition]!;
  }

  release(): void {
    for (const queue of this.#queues) queue.close();
    this.#partitioner.close();
  }
}

class SubpartitionQueue implements InputChannel {
  #elements: StreamElement[] = [];
  #head = 0;
  #batches = 0;
  #closed = false;

  get hasCredit(): boolean {
    return this.#batches < QUEUE_CREDIT;
  }

  pushBatch(batch: Batch): void {
    if (this.#closed) return;
    batch.retain();
    this.#batches++;
    this.#elements.push({ kind: 'batch', batch });
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
    if (this.#head === this.#elements.length) {
      this.#elements = [];
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
