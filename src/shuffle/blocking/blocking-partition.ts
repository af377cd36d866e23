/**
 * Blocking results: written whole before anybody reads them, and kept until the job ends, so that a consumer can be
 * started again without its producer.
 */

import { assert } from '../../base/assert.ts';
import type { FileSystem } from '../../base/fs.ts';
import type { Batch } from '../../columnar/batch.ts';
import { RECORD_BATCH, type RecordBatch } from '../../dataflow/records.ts';
import { MIN_WATERMARK } from '../../dataflow/traits.ts';
import type { KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Field } from '../../types/data-type.ts';
import type { Partitioner } from '../partitioner.ts';
import { RecordFileWriter } from '../records/record-file-writer.ts';
import type { ScatterRecords } from '../records/record-partitioner.ts';
import type { InputChannel, ResultPartition, ResultPartitionId } from '../result-partition.ts';
import { BlockingChannel, type BlockingSource } from './blocking-channel.ts';
import { PartitionFileReader } from './partition-file-reader.ts';
import { FILE_BATCH_ROWS, PartitionFileWriter } from './partition-file-writer.ts';
import type { PartitionIndex } from './partition-index.ts';

/** Rows of known columns, or records of a program. */
export type PartitionContent =
  | { readonly fields: readonly Field[]; readonly partitioner: Partitioner }
  | { readonly scatter: ScatterRecords };

export class BlockingResultPartition implements ResultPartition, BlockingSource {
  readonly id: ResultPartitionId;
  readonly path: string;
  readonly #memory: LinearMemory;
  readonly #fileSystem: FileSystem;
  readonly #compiler: KernelCompiler;
  readonly #partitioner: Partitioner | null;
  /** Of records, whose columns are not known before there are some; null: batches are written. */
  readonly #records: RecordFileWriter<PartitionFileWriter> | null;
  #writer: PartitionFileWriter | null = null;
  #finished = false;
  #index: PartitionIndex | null = null;
  #reader: PartitionFileReader | null = null;
  #watermark = MIN_WATERMARK;
  #bytes = 0;

  constructor(
    id: ResultPartitionId,
    memory: LinearMemory,
    fileSystem: FileSystem,
    path: string,
    content: PartitionContent,
    subpartitions: number,
    compiler: KernelCompiler,
  ) {
    this.id = id;
    this.path = path;
    this.#memory = memory;
    this.#fileSystem = fileSystem;
    this.#compiler = compiler;
    const partitioner = 'scatter' in content ? null : content.partitioner;
    const batchRows = 'scatter' in content ? RECORD_BATCH : FILE_BATCH_ROWS;
    const create = (fields: readonly Field[]): PartitionFileWriter =>
      new PartitionFileWriter(memory, fileSystem, path, fields, partitioner, subpartitions, compiler, batchRows);
    this.#partitioner = partitioner;
    if ('scatter' in content) this.#records = new RecordFileWriter(memory, content.scatter, create);
    else {
      this.#records = null;
      this.#writer = create(content.fields);
    }
  }

  get available(): boolean {
    return true;
  }

  /** Bytes on disk. */
  get byteLength(): number {
    return this.#file?.byteLength ?? this.#bytes;
  }

  /** Where what lies in the file; null until it is whole. */
  get index(): PartitionIndex | null {
    return this.#index;
  }

  emitBatch(batch: Batch): void {
    this.#writer?.write(batch);
  }

  emitRecords(records: RecordBatch): void {
    assert(this.#records !== null, 'records for a result of rows');
    if (!this.#finished) this.#records.write(records);
  }

  /** Only the last one counts: readers see it after all rows. */
  emitWatermark(timestamp: number): void {
    this.#watermark = Math.max(this.#watermark, timestamp);
  }

  emitStatus(): void {}

  /** Readers see nothing before the end: for them all comes before any barrier. */
  emitBarrier(): void {}

  finish(): void {
    if (this.#finished) return;
    const writer = this.#writer ?? this.#records!.finish();
    this.#index = writer.finish(this.#watermark);
    this.#bytes = writer.byteLength;
    this.#writer = null;
    this.#finished = true;
  }

  createChannel(subpartition: number): InputChannel {
    return new BlockingChannel(this, subpartition, this.#records !== null);
  }

  /** Used by channels: null until the result is whole. */
  reader(): PartitionFileReader | null {
    if (this.#index === null) return null;
    this.#reader ??= new PartitionFileReader(this.#memory, this.#fileSystem, this.path, this.#index, this.#compiler);
    return this.#reader;
  }

  /** What is being written. */
  get #file(): PartitionFileWriter | null {
    return this.#finished ? null : (this.#writer ?? this.#records?.file ?? null);
  }

  get watermark(): number {
    return this.#watermark;
  }

  release(): void {
    this.#close();
    this.#fileSystem.remove(this.path);
  }

  /** Gives back everything but the file, if it is whole. */
  detach(): void {
    const whole = this.#finished && this.#index !== null;
    this.#close();
    if (!whole) this.#fileSystem.remove(this.path);
  }

  #close(): void {
    this.#file?.abort();
    this.#writer = null;
    this.#finished = true;
    this.#partitioner?.close();
    this.#reader?.close();
    this.#reader = null;
    this.#index = null;
  }
}
