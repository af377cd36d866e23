/**
 * A blocking result on disk: one Arrow IPC file per producing subtask. Rows are collected up to a limit, then written
 * clustered by subpartition, so that a reader finds long runs; the index says where each subpartition's batches lie.
 * Flink: PartitionedFile of the sort-merge shuffle.
 */
import { assert } from '../../base/assert.ts';
import type { File, FileSystem } from '../../base/fs.ts';
import { IpcFileReader, IpcFileWriter, type IpcRange } from '../../columnar/arrow/ipc-file.ts';
import { Batch } from '../../columnar/batch.ts';
import { WIDTH } from '../../columnar/physical.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Field } from '../../types/data-type.ts';
import type { Partitioner } from '../partitioner.ts';
import { RowGatherer } from '../row-gatherer.ts';

/** Bytes that are collected before they are sorted by subpartition and written. */
const CLUSTER_BYTES = 32 << 20;
/** Rows of a batch in the file. */
const FILE_BATCH_ROWS = 16384;

export interface PartitionIndex {
  /** By subpartition: where its batches lie, in order. */
  readonly ranges: readonly (readonly IpcRange[])[];
  /** No row is anything but +I: readers need not look at the kinds in the file. */
  readonly insertOnly: boolean;
}

/** Rows of one batch that go to one subpartition; null: all of them. */
interface Run {
  readonly batch: Batch;
  readonly rows: Int32Array | null;
}

export class PartitionFileWriter {
  readonly path: string;
  readonly #memory: LinearMemory;
  readonly #fields: readonly Field[];
  readonly #partitioner: Partitioner;
  readonly #file: File;
  readonly #writer: IpcFileWriter;
  readonly #ranges: IpcRange[][];
  #runs: Run[][];
  #pending: Batch[] = [];
  #pendingBytes = 0;
  #insertOnly = true;

  constructor(
    memory: LinearMemory,
    fileSystem: FileSystem,
    path: string,
    fields: readonly Field[],
    partitioner: Partitioner,
    subpartitions: number,
  ) {
    this.path = path;
    this.#memory = memory;
    this.#fields = fields;
    this.#partitioner = partitioner;
    this.#file = fileSystem.open(path, 'write');
    this.#writer = new IpcFileWriter(this.#file, memory, fields, { withKinds: true });
    this.#ranges = Array.from({ length: subpartitions }, () => []);
    this.#runs = Array.from({ length: subpartitions }, () => []);
  }

  /** Bytes in the file. */
  get byteLength(): number {
    return this.#writer.byteLength;
  }

  write(batch: Batch): void {
    const selected = this.#partitioner.select(batch);
    if (typeof selected === 'number') this.#runs[selected]!.push({ batch, rows: null });
    else if (selected === 'all') for (const runs of this.#runs) runs.push({ batch, rows: null });
    else {
      const rows = selected.rows.slice(0, batch.rowCount);
      for (let s = 0; s < this.#runs.length; s++) {
        const [start, end] = [selected.starts[s]!, selected.starts[s + 1]!];
        if (end > start) this.#runs[s]!.push({ batch, rows: rows.subarray(start, end) });
      }
    }
    if (batch.kinds !== 0) this.#insertOnly = false;
    batch.retain();
    this.#pending.push(batch);
    this.#pendingBytes += batchBytes(this.#memory, batch);
    if (this.#pendingBytes >= CLUSTER_BYTES) this.#writeCluster();
  }

  /** Writes the rest and the footer, and closes the file. */
  finish(): PartitionIndex {
    this.#writeCluster();
    this.#writer.finish();
    this.#file.close();
    return { ranges: this.#ranges, insertOnly: this.#insertOnly };
  }

  /** Gives up before the end. */
  abort(): void {
    for (const batch of this.#pending) batch.release();
    this.#pending = [];
    this.#writer.close();
    this.#file.close();
  }

  #writeCluster(): void {
    const runs = this.#runs;
    this.#runs = runs.map(() => []);
    for (const [subpartition, list] of runs.entries()) {
      for (const group of groupRuns(list)) this.#ranges[subpartition]!.push(this.#writeRuns(group));
    }
    for (const batch of this.#pending) batch.release();
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #writeRuns(runs: readonly Run[]): IpcRange {
    if (runs.length === 1 && runs[0]!.rows === null) return this.#writer.write(runs[0]!.batch);
    const total = runs.reduce((sum, run) => sum + rowsOf(run), 0);
    const withKinds = runs.some(({ batch }) => batch.kinds !== 0);
    const types = this.#fields.map(({ type }) => type);
    const gatherer = new RowGatherer(this.#memory, types, total, withKinds);
    for (const { batch, rows } of runs) {
      gatherer.append(
        batch,
        rows ?? Int32Array.from({ length: batch.rowCount }, (_, i) => i),
        0,
        rowsOf({ batch, rows }),
      );
    }
    const batch = gatherer.finish();
    const range = this.#writer.write(batch);
    batch.release();
    return range;
  }
}

/** Neighbouring runs together, as long as they fit one batch of the file; large ones stay alone. */
function groupRuns(runs: readonly Run[]): Run[][] {
  const groups: Run[][] = [];
  let rows = 0;
  for (const run of runs) {
    const group = groups.at(-1);
    if (group === undefined || rows + rowsOf(run) > FILE_BATCH_ROWS) {
      groups.push([run]);
      rows = rowsOf(run);
    } else {
      group.push(run);
      rows += rowsOf(run);
    }
  }
  return groups;
}

function rowsOf({ batch, rows }: Run): number {
  return rows === null ? batch.rowCount : rows.length;
}

/** What the batch holds, strings included. */
export function batchBytes(memory: LinearMemory, batch: Batch): number {
  let bytes = 0;
  for (const { physical, values } of batch.columns) {
    bytes += batch.rowCount * (WIDTH[physical] + 1);
    if (physical !== 'view') continue;
    const { i32 } = memory;
    const at = (values >>> 2) + 1;
    for (let i = 0; i < batch.rowCount; i++) bytes += i32[at + 2 * i]!;
  }
  return bytes;
}

/** Reads subpartitions of a finished file; every batch that it gives belongs to the caller. */
export class PartitionFileReader {
  readonly #file: File;
  readonly #reader: IpcFileReader;
  readonly #index: PartitionIndex;
  #open = true;

  constructor(memory: LinearMemory, fileSystem: FileSystem, path: string, index: PartitionIndex) {
    this.#file = fileSystem.open(path, 'read');
    this.#reader = IpcFileReader.open(this.#file, memory);
    this.#index = index;
  }

  batchCount(subpartition: number): number {
    return this.#index.ranges[subpartition]!.length;
  }

  read(subpartition: number, number: number): Batch {
    assert(this.#open, 'a closed result is read');
    const batch = this.#reader.readRange(this.#index.ranges[subpartition]![number]!);
    if (!this.#index.insertOnly) return batch;
    return new Batch(batch.rowCount, batch.columns, 0, () => batch.release());
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#reader.close();
    this.#file.close();
  }
}
