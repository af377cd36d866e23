/**
 * Blocking results: written whole before anybody reads them, and kept until the job ends, so that a consumer can be
 * started again without its producer.
 */

import { assert } from '../../base/assert.ts';
import type { FileSystem } from '../../base/fs.ts';
import type { Batch } from '../../columnar/batch.ts';
import { MIN_WATERMARK } from '../../dataflow/traits.ts';
import type { KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Field } from '../../types/data-type.ts';
import type { Partitioner } from '../partitioner.ts';
import type { InputChannel, ResultPartition, ResultPartitionId } from '../result-partition.ts';
import { BlockingChannel, type BlockingSource } from './blocking-channel.ts';
import { PartitionFileReader, PartitionFileWriter, type PartitionIndex } from './partition-file.ts';

export class BlockingResultPartition implements ResultPartition, BlockingSource {
  readonly id: ResultPartitionId;
  readonly path: string;
  readonly #memory: LinearMemory;
  readonly #fileSystem: FileSystem;
  readonly #compiler: KernelCompiler;
  readonly #partitioner: Partitioner;
  #writer: PartitionFileWriter | null;
  #index: PartitionIndex | null = null;
  #reader: PartitionFileReader | null = null;
  #watermark = MIN_WATERMARK;
  #bytes = 0;

  constructor(
    id: ResultPartitionId,
    memory: LinearMemory,
    fileSystem: FileSystem,
    path: string,
    fields: readonly Field[],
    partitioner: Partitioner,
    subpartitions: number,
    compiler: KernelCompiler,
  ) {
    this.id = id;
    this.path = path;
    this.#memory = memory;
    this.#fileSystem = fileSystem;
    this.#compiler = compiler;
    this.#partitioner = partitioner;
    this.#writer = new PartitionFileWriter(memory, fileSystem, path, fields, partitioner, subpartitions, compiler);
  }

  get available(): boolean {
    return true;
  }

  /** Bytes on disk. */
  get byteLength(): number {
    return this.#writer?.byteLength ?? this.#bytes;
  }

  /** Where what lies in the file; null until it is whole. */
  get index(): PartitionIndex | null {
    return this.#index;
  }

  emitBatch(batch: Batch): void {
    this.#writer?.write(batch);
  }

  emitRecords(): void {
    assert(false, 'records are written to files as columns');
  }

  /** Only the last one counts: readers see it after all rows. */
  emitWatermark(timestamp: number): void {
    this.#watermark = Math.max(this.#watermark, timestamp);
  }

  emitStatus(): void {}

  /** Readers see nothing before the end: for them all comes before any barrier. */
  emitBarrier(): void {}

  finish(): void {
    if (this.#writer === null) return;
    this.#index = { ...this.#writer.finish(), watermark: this.#watermark };
    this.#bytes = this.#writer.byteLength;
    this.#writer = null;
  }

  createChannel(subpartition: number): InputChannel {
    return new BlockingChannel(this, subpartition);
  }

  /** Used by channels: null until the result is whole. */
  reader(): PartitionFileReader | null {
    if (this.#index === null) return null;
    this.#reader ??= new PartitionFileReader(this.#memory, this.#fileSystem, this.path, this.#index, this.#compiler);
    return this.#reader;
  }

  get watermark(): number {
    return this.#watermark;
  }

  release(): void {
    this.#writer?.abort();
    this.#writer = null;
    this.#partitioner.close();
    this.#reader?.close();
    this.#reader = null;
    this.#index = null;
    this.#fileSystem.remove(this.path);
  }
}
