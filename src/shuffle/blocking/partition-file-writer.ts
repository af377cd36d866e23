/**
 * Writes a blocking result to disk: one Arrow IPC file per producing subtask. The rows of each subpartition are
 * collected while the processor has them in its cache and written by large batches, so that a reader finds long runs;
 * the index (partition-index.ts) says where they lie. Flink: PartitionedFile of the sort-merge shuffle.
 */
import type { File, FileSystem } from '../../base/fs.ts';
import { IpcFileWriter, type IpcRange } from '../../columnar/arrow/ipc-file.ts';
import type { Batch } from '../../columnar/batch.ts';
import { physicalType, WIDTH } from '../../columnar/physical.ts';
import type { KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType, Field } from '../../types/data-type.ts';
import { compileShuffleKernels, type ShuffleKernels } from '../kernels.ts';
import { PartMaker } from '../part-maker.ts';
import type { Partitioner } from '../partitioner.ts';
import { RowCollector } from '../row-collector.ts';
import { encodeIndex, type PartitionIndex } from './partition-index.ts';

/** Bytes that may wait in batches that are not full, strings included. */
const WAITING_BYTES = 32 << 20;
/** The same where there is one subpartition: strings are written while the processor has them in its cache. */
const WAITING_BYTES_OF_ONE = 1 << 19;
/** Rows of a full batch in the file; records have smaller ones. */
export const FILE_BATCH_ROWS = 16384;
/** Where many subpartitions have wide rows, their batches have fewer, but so many. */
const LEAST_BATCH_ROWS = 1024;

export class PartitionFileWriter {
  readonly path: string;
  readonly #partitioner: Partitioner | null;
  readonly #kernels: ShuffleKernels;
  readonly #file: File;
  readonly #writer: IpcFileWriter;
  readonly #ranges: IpcRange[][];
  /** Of each subpartition. */
  readonly #parts: readonly RowCollector[];
  /** What goes to all of them. */
  readonly #common: RowCollector;
  readonly #waitingLimit: number;
  /** No more bytes than these wait: what has come since the last time that all was written. */
  #waitingBytes = 0;
  #insertOnly = true;

  constructor(
    memory: LinearMemory,
    fileSystem: FileSystem,
    path: string,
    fields: readonly Field[],
    partitioner: Partitioner | null,
    subpartitions: number,
    compiler: KernelCompiler,
    batchRows = FILE_BATCH_ROWS,
  ) {
    this.path = path;
    this.#partitioner = partitioner;
    this.#kernels = compileShuffleKernels(compiler);
    this.#file = fileSystem.open(path, 'write');
    try {
      const options = { withKinds: true, withSums: true, layout: 'compact', compiler } as const;
      this.#writer = new IpcFileWriter(this.#file, memory, fields, options);
    } catch (error) {
      this.#file.close();
      throw error;
    }
    this.#ranges = Array.from({ length: subpartitions }, () => []);
    this.#waitingLimit = subpartitions === 1 ? WAITING_BYTES_OF_ONE : WAITING_BYTES;
    const types = fields.map(({ type }) => type);
    const parts = new PartMaker(memory, compiler, types);
    const capacity = Math.min(batchRows, batchRowsWithin(WAITING_BYTES / subpartitions, types));
    const collector = (readers: readonly IpcRange[][]): RowCollector => {
      return new RowCollector(parts, capacity, (part) => {
        const range = this.#writer.write(part);
        for (const ranges of readers) ranges.push(range);
      });
    };
    this.#parts = this.#ranges.map((ranges) => collector([ranges]));
    this.#common = collector(this.#ranges);
  }

  /** Bytes in the file. */
  get byteLength(): number {
    return this.#writer.byteLength;
  }

  write(batch: Batch): void {
    const selected = this.#partitioner!.select(batch);
    if (typeof selected === 'number') this.#parts[selected]!.addBatch(batch);
    else if (selected === 'all') this.#common.addBatch(batch);
    else for (const { subpartition, rows, count } of selected) this.#parts[subpartition]!.addRows(batch, rows, count);
    this.#collected(batch);
  }

  /** Without asking a partitioner. */
  writeTo(subpartition: number, batch: Batch): void {
    this.#parts[subpartition]!.addBatch(batch);
    this.#collected(batch);
  }

  /** Writes the rest and the footer, and closes the file. @param watermark see PartitionIndex */
  finish(watermark: number): PartitionIndex {
    this.#flush();
    const index = { ranges: this.#ranges, insertOnly: this.#insertOnly, watermark };
    this.#writer.finish(encodeIndex(index));
    this.#file.close();
    return index;
  }

  /** Gives up before the end. */
  abort(): void {
    for (const collector of [this.#common, ...this.#parts]) collector.drop();
    this.#writer.close();
    this.#file.close();
  }

  #collected(batch: Batch): void {
    if (batch.kinds !== 0) this.#insertOnly = false;
    this.#waitingBytes += batchBytes(this.#kernels, batch);
    if (this.#waitingBytes >= this.#waitingLimit) this.#flush();
  }

  #flush(): void {
    for (const collector of [this.#common, ...this.#parts]) collector.flush();
    this.#waitingBytes = 0;
  }
}

/** How many rows of the types have room in so many bytes. */
function batchRowsWithin(bytes: number, types: readonly DataType[]): number {
  const width = types.reduce((sum, type) => sum + WIDTH[physicalType(type)] + 1, 1);
  return Math.max(LEAST_BATCH_ROWS, Math.floor(bytes / width));
}

/** What the batch holds, strings included. */
function batchBytes(kernels: ShuffleKernels, { rowCount, columns }: Batch): number {
  let bytes = 0;
  for (const { physical, values, validity } of columns) {
    bytes += rowCount * (WIDTH[physical] + 1);
    if (physical === 'view') bytes += Number(kernels.view_bytes!(values, validity, rowCount));
  }
  return bytes;
}
