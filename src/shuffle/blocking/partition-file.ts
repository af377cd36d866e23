/**
 * A blocking result on disk: one Arrow IPC file per producing subtask. Rows are collected up to a limit, then written
 * clustered by subpartition, so that a reader finds long runs; the index (partition-index.ts) says where they lie.
 * Flink: PartitionedFile of the sort-merge shuffle.
 */
import { assert } from '../../base/assert.ts';
import type { File, FileSystem } from '../../base/fs.ts';
import { IpcFileReader, IpcFileWriter, type IpcRange } from '../../columnar/arrow/ipc-file.ts';
import type { Batch } from '../../columnar/batch.ts';
import { WIDTH } from '../../columnar/physical.ts';
import { RecordCodec } from '../../columnar/records/record-codec.ts';
import { fromColumns } from '../../columnar/records/record-columns.ts';
import type { RecordBatch } from '../../dataflow/records.ts';
import type { KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Field } from '../../types/data-type.ts';
import { compileShuffleKernels, type ShuffleKernels } from '../kernels.ts';
import type { Partitioner, Selection } from '../partitioner.ts';
import { RECORD_CODING } from '../records/record-file-writer.ts';
import { RowGatherer } from '../row-gatherer.ts';
import { encodeIndex, type PartitionIndex } from './partition-index.ts';
import { resultLost } from './result-lost.ts';

/** Bytes that are collected before they are sorted by subpartition and written. */
const CLUSTER_BYTES = 32 << 20;
/** The same where there is one subpartition: they are written while the processor has them in its cache. */
const UNSORTED_BYTES = 1 << 19;
/** Rows of a batch in the file; records have smaller ones. */
export const FILE_BATCH_ROWS = 16384;

/** Rows of one batch that go to one subpartition: their numbers are 32 bits each at `rows`; 0: all of them. */
interface Run {
  readonly batch: Batch;
  readonly rows: number;
  readonly count: number;
}

export class PartitionFileWriter {
  readonly path: string;
  readonly #memory: LinearMemory;
  readonly #fields: readonly Field[];
  readonly #partitioner: Partitioner | null;
  readonly #compiler: KernelCompiler;
  readonly #kernels: ShuffleKernels;
  readonly #file: File;
  readonly #writer: IpcFileWriter;
  readonly #ranges: IpcRange[][];
  readonly #batchRows: number;
  #runs: Run[][];
  /** For all subpartitions. */
  #common: Run[] = [];
  #pending: Batch[] = [];
  /** Row numbers of pending batches. */
  #selections: number[] = [];
  #pendingBytes = 0;
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
    this.#batchRows = batchRows;
    this.path = path;
    this.#memory = memory;
    this.#fields = fields;
    this.#partitioner = partitioner;
    this.#compiler = compiler;
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
    this.#runs = Array.from({ length: subpartitions }, () => []);
  }

  /** Bytes in the file. */
  get byteLength(): number {
    return this.#writer.byteLength;
  }

  write(batch: Batch): void {
    const whole: Run = { batch, rows: 0, count: batch.rowCount };
    const selected = this.#partitioner!.select(batch);
    if (typeof selected === 'number') this.#runs[selected]!.push(whole);
    else if (selected === 'all') this.#common.push(whole);
    else this.#pushSelection(batch, selected);
    this.#hold(batch);
  }

  /** Without asking a partitioner. */
  writeTo(subpartition: number, batch: Batch): void {
    this.#runs[subpartition]!.push({ batch, rows: 0, count: batch.rowCount });
    this.#hold(batch);
  }

  #hold(batch: Batch): void {
    if (batch.kinds !== 0) this.#insertOnly = false;
    batch.retain();
    this.#pending.push(batch);
    this.#pendingBytes += batchBytes(this.#kernels, batch);
    if (this.#pendingBytes >= (this.#runs.length === 1 ? UNSORTED_BYTES : CLUSTER_BYTES)) this.#writeCluster();
  }

  /** Writes the rest and the footer, and closes the file. @param watermark see PartitionIndex */
  finish(watermark: number): PartitionIndex {
    this.#writeCluster();
    const index = { ranges: this.#ranges, insertOnly: this.#insertOnly, watermark };
    this.#writer.finish(encodeIndex(index));
    this.#file.close();
    return index;
  }

  /** Gives up before the end. */
  abort(): void {
    this.#releasePending();
    this.#writer.close();
    this.#file.close();
  }

  #pushSelection(batch: Batch, { rows, starts }: Selection): void {
    const kept = this.#memory.allocate(batch.rowCount * 4);
    this.#selections.push(kept);
    this.#memory.copy(kept, rows, batch.rowCount * 4);
    const at = starts >>> 2;
    const { i32 } = this.#memory;
    for (let s = 0; s < this.#runs.length; s++) {
      const count = i32[at + s + 1]! - i32[at + s]!;
      if (count > 0) this.#runs[s]!.push({ batch, rows: kept + i32[at + s]! * 4, count });
    }
  }

  #releasePending(): void {
    for (const batch of this.#pending.splice(0)) batch.release();
    for (const rows of this.#selections.splice(0)) this.#memory.free(rows);
    this.#pendingBytes = 0;
  }

  #writeCluster(): void {
    const [runs, common] = [this.#runs, this.#common];
    this.#runs = runs.map(() => []);
    this.#common = [];
    for (const group of groupRuns(common, this.#batchRows)) {
      const range = this.#writeRuns(group);
      for (const ranges of this.#ranges) ranges.push(range);
    }
    for (const [subpartition, list] of runs.entries()) {
      for (const group of groupRuns(list, this.#batchRows)) this.#ranges[subpartition]!.push(this.#writeRuns(group));
    }
    this.#releasePending();
  }

  #writeRuns(runs: readonly Run[]): IpcRange {
    if (runs.length === 1 && runs[0]!.rows === 0) return this.#writer.write(runs[0]!.batch);
    const total = runs.reduce((sum, { count }) => sum + count, 0);
    const withKinds = runs.some(({ batch }) => batch.kinds !== 0);
    const types = this.#fields.map(({ type }) => type);
    const gatherer = new RowGatherer(this.#memory, this.#compiler, types, total, withKinds);
    for (const { batch, rows, count } of runs) gatherer.append(batch, rows, count);
    const batch = gatherer.finish();
    const range = this.#writer.write(batch);
    batch.release();
    return range;
  }
}

/** Neighbouring runs together, as long as they fit one batch of the file; large ones stay alone. */
function groupRuns(runs: readonly Run[], batchRows: number): Run[][] {
  const groups: Run[][] = [];
  let rows = 0;
  for (const run of runs) {
    const group = groups.at(-1);
    if (group === undefined || rows + run.count > batchRows) {
      groups.push([run]);
      rows = run.count;
    } else {
      group.push(run);
      rows += run.count;
    }
  }
  return groups;
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
