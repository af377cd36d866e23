/** Reads a blocking result from disk, by subpartition. */
import { assert } from '../../base/assert.ts';
import type { File, FileSystem } from '../../base/fs.ts';
import { IpcFileReader } from '../../columnar/arrow/ipc-file.ts';
import type { Batch } from '../../columnar/batch.ts';
import { RecordCodec } from '../../columnar/records/record-codec.ts';
import { fromColumns } from '../../columnar/records/record-columns.ts';
import type { RecordBatch } from '../../dataflow/records.ts';
import type { KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import { RECORD_CODING } from '../records/record-file-writer.ts';
import type { PartitionIndex } from './partition-index.ts';
import { resultLost } from './result-lost.ts';

/** Reads subpartitions of a finished file; every batch that it gives belongs to the caller. */
export class PartitionFileReader {
  readonly #memory: LinearMemory;
  readonly #file: File;
  readonly #reader: IpcFileReader;
  readonly #index: PartitionIndex;
  #records: RecordCodec | null = null;
  #open = true;

  constructor(
    memory: LinearMemory,
    fileSystem: FileSystem,
    path: string,
    index: PartitionIndex,
    compiler: KernelCompiler,
  ) {
    this.#memory = memory;
    this.#index = index;
    try {
      this.#file = fileSystem.open(path, 'read');
      this.#reader = IpcFileReader.open(this.#file, memory, { compiler });
    } catch (cause) {
      throw resultLost(path, cause);
    }
  }

  batchCount(subpartition: number): number {
    return this.#index.ranges[subpartition]!.length;
  }

  read(subpartition: number, number: number): Batch {
    assert(this.#open, 'a closed result is read');
    const range = this.#index.ranges[subpartition]![number]!;
    try {
      return this.#reader.readRange(range, !this.#index.insertOnly);
    } catch (cause) {
      throw resultLost(this.#file.path, cause);
    }
  }

  /** The same, where the rows are records of a program. */
  readRecords(subpartition: number, number: number): RecordBatch {
    const batch = this.read(subpartition, number);
    this.#records ??= new RecordCodec(this.#memory, this.#reader.fields, RECORD_CODING);
    const columns = this.#records.decode(batch);
    batch.release();
    return { ...fromColumns(columns), columns };
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#reader.close();
    this.#file.close();
  }
}
