/**
 * Connector `memory` (Weir's own): a table in linear memory, written by INSERT and gone with the session. Columns as
 * they came, in chunks, with the least and greatest value of numbers and an estimate of how many different values there
 * are; nothing is sorted and nothing is indexed. Columns are kept in as few bytes as their values need.
 */

import { unreachable } from '../../base/assert.ts';
import { EngineError } from '../../base/errors.ts';
import { Batch, type Column, columnOf, type Storage, type StoredValues } from '../../columnar/batch.ts';
import { physicalType, WIDTH } from '../../columnar/physical.ts';
import { StoredColumn } from '../../columnar/stored-column.ts';
import type {
  ConnectorFactory,
  ConnectorSpec,
  ReaderContext,
  Sink,
  SinkWriter,
  Source,
  SourceReader,
  TableStatistics,
} from '../../dataflow/connector.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import type { Value } from '../../types/value.ts';
import { ChunkDirectory, ChunkReader } from './chunk-directory.ts';
import { distinctCount, mergeRegisters, REGISTERS, sketchKernel, sketchLibrary } from './distinct-sketch.ts';
import { memoryLibrary, RECENT } from './kernels.ts';
import {
  isWorthNarrowing,
  makePlain,
  mayFitDictionary,
  narrowKernel,
  narrowWidth,
  StringDictionary,
  storageLibrary,
} from './narrow-storage.ts';

interface ColumnSummary {
  bounds: [bigint, bigint] | null;
  nulls: number;
  bytes: number;
  /** The sketch of its different values, and how many they are by it. */
  readonly registers: Uint8Array;
  distinct: number;
}

/** A written table: its chunks, and what is known of its columns. */
interface MemoryTable {
  readonly chunks: Batch[];
  /** Where they are; null: nothing has been written. */
  directory: ChunkDirectory | null;
  readonly summaries: readonly ColumnSummary[];
  /** By column, where a write had few different strings. */
  readonly dictionaries: Map<number, StringDictionary>;
  /** Written and not committed yet, by transaction. */
  readonly prepared: Map<number, PreparedRows>;
  transactions: number;
  rows: number;
}

interface PreparedRows {
  readonly chunks: readonly Batch[];
  readonly summaries: readonly ColumnSummary[];
}

/** A batch as it was written, for as long as its columns can still be stored otherwise. */
interface Written {
  readonly rowCount: number;
  readonly columns: Column[];
  /** By column: address of the bytes of its strings, or 0. */
  readonly texts: readonly number[];
  /** Everything that it has allocated. */
  readonly blocks: Set<number>;
}

/** Types whose range is kept. */
const RANGED = new Set(['INT', 'BIGINT', 'DATE', 'DECIMAL', 'TIMESTAMP', 'TIMESTAMP_LTZ', 'TIME']);

/** A connector with tables of its own: one per session. */
export function memoryConnector(): ConnectorFactory {
  const tables = new Map<string, MemoryTable>();
  const tableOf = (spec: ConnectorSpec): MemoryTable => {
    let table = tables.get(spec.table);
    if (table === undefined) {
      table = {
        chunks: [],
        directory: null,
        summaries: emptySummaries(spec),
        dictionaries: new Map(),
        prepared: new Map(),
        transactions: 0,
        rows: 0,
      };
      tables.set(spec.table, table);
    }
    return table;
  };
  return {
    connector: 'memory',
    mainThread: ['sink'],
    options: [],
    createSource: (spec) => source(spec, tableOf(spec)),
    createSink: (spec) => sink(spec, tableOf(spec)),
  };
}

function emptySummaries({ schema }: ConnectorSpec): ColumnSummary[] {
  return schema.fields.map(() => ({
    bounds: null,
    nulls: 0,
    bytes: 0,
    registers: new Uint8Array(REGISTERS),
    distinct: 0,
  }));
}

function source(spec: ConnectorSpec, table: MemoryTable): Source {
  return {
    boundedness: 'BOUNDED',
    changelogMode: new Set([RowKind.INSERT]),
    statistics: () => statisticsOf(spec, table),
    splits: () => splitsOf(spec, table),
    createReader: (context) => new MemoryReader(spec, table, context),
  };
}

function statisticsOf(spec: ConnectorSpec, table: MemoryTable): TableStatistics {
  const columns = spec.schema.fields.map(({ name, type }, i) => {
    const { bounds, nulls, bytes, distinct } = table.summaries[i]!;
    const range = bounds === null ? {} : { min: edgeValue(bounds[0], type), max: edgeValue(bounds[1], type) };
    const length = physicalType(type) === 'view' && table.rows > 0 ? { averageLength: bytes / table.rows } : {};
    const isCounted = sketchKernel(physicalType(type)) !== null && table.rows > 0;
    const counted = isCounted ? { distinctCount: Math.min(distinct, table.rows - nulls) } : {};
    return [name, { ...range, ...length, ...counted, nullCount: nulls }] as const;
  });
  return { rowCount: table.rows, columns: Object.fromEntries(columns) };
}

function edgeValue(value: bigint, type: DataType): Value {
  if (type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ') return value * 1000n;
  return physicalType(type) === 'i32' ? Number(value) : value;
}

/** Chunks one behind another, as they lie in linear memory: whoever has the split can read it, on whatever thread. */
interface MemorySplit {
  readonly directory: number;
  /** The first chunk to read, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  /** First row to read of the first chunk. */
  readonly row: number;
  /** By column of the projection: range of the values in the whole table. */
  readonly bounds: readonly (readonly [string, string] | null)[];
  /** By column of the projection: entries of its dictionary by now; no number in a chunk is above them. */
  readonly entries: readonly number[];
}

/** Splits of a table that has enough chunks. */
const MOST_SPLITS = 128;

function splitsOf({ projection }: ConnectorSpec, table: MemoryTable): MemorySplit[] {
  const { chunks, summaries, dictionaries } = table;
  if (table.directory === null) return [];
  const { address: directory } = table.directory;
  const bounds = projection.map((index) => {
    const range = summaries[index]!.bounds;
    return range === null ? null : ([String(range[0]), String(range[1])] as const);
  });
  const entries = projection.map((index) => dictionaries.get(index)?.size ?? 0);
  const length = Math.ceil(chunks.length / MOST_SPLITS);
  return Array.from({ length: Math.ceil(chunks.length / length) }, (_, i) => {
    const to = Math.min((i + 1) * length, chunks.length);
    return { directory, from: i * length, to, row: 0, bounds, entries };
  });
}

class MemoryReader implements SourceReader {
  readonly #spec: ConnectorSpec;
  readonly #table: MemoryTable;
  readonly #context: ReaderContext;
  readonly #types: readonly DataType[];
  readonly #splits: MemorySplit[] = [];
  #directory: ChunkReader | null = null;
  #bounds: readonly (readonly [bigint, bigint] | undefined)[] = [];

  constructor(spec: ConnectorSpec, table: MemoryTable, context: ReaderContext) {
    this.#types = spec.projection.map((index) => spec.schema.fields[index]!.type);
    this.#spec = spec;
    this.#table = table;
    this.#context = context;
  }

  addSplits(splits: readonly unknown[]): void {
    this.#splits.push(...(splits as readonly MemorySplit[]));
    const [first] = this.#splits;
    if (first === undefined) return;
    this.#directory = new ChunkReader(this.#context.memory, first.directory, this.#spec.schema.fields.length);
    this.#bounds = first.bounds.map((range) =>
      range === null ? undefined : ([BigInt(range[0]), BigInt(range[1])] as const),
    );
  }

  poll(): Batch | 'end-of-input' {
    const split = this.#splits[0];
    if (split === undefined) return 'end-of-input';
    const { from, row } = split;
    const left = this.#directory!.rowsOf(from) - row;
    const rows = Math.min(this.#context.batchRows, left);
    if (rows < left) this.#splits[0] = { ...split, row: row + rows };
    else if (from + 1 < split.to) this.#splits[0] = { ...split, from: from + 1, row: 0 };
    else this.#splits.shift();
    const widened: number[] = [];
    const columns = this.#types.map((type, i): Column => {
      const { values, validity, stored } = this.#directory!.column(from, this.#spec.projection[i]!);
      const valid = validity === 0 ? 0 : validity + row;
      const bounds = this.#bounds[i];
      if (stored === null) return columnOf(type, values + row * WIDTH[physicalType(type)], valid, bounds);
      const part = { ...stored, address: stored.address + row * stored.width, entries: split.entries[i]! };
      return new StoredColumn(type, part, valid, bounds, () => {
        const plain = this.#makePlain(type, part, rows);
        widened.push(plain);
        return plain;
      });
    });
    const free = (): void => freeAll(this.#context.memory, widened);
    // On another thread there is no such table: the session's keeps the chunk.
    const chunk = this.#table.chunks[from];
    return new Batch(rows, columns, 0, free, chunk === undefined ? [] : [chunk]);
  }

  #makePlain(type: DataType, stored: StoredValues, rows: number): number {
    const { memory, compiler } = this.#context;
    const physical = physicalType(type);
    const to = memory.allocate(rows * WIDTH[physical]);
    makePlain(compiler.compileLibraries([storageLibrary]), physical, stored, rows, to);
    return to;
  }

  snapshot(): readonly unknown[] {
    return [...this.#splits];
  }

  close(): void {}
}

function sink(spec: ConnectorSpec, table: MemoryTable): Sink {
  return {
    accepts: () => new Set([RowKind.INSERT]),
    createWriter: (context) => new MemoryWriter(spec, table, context),
    createCommitter: () => ({
      commit: (transactions) => {
        for (const transaction of transactions as readonly number[]) commit(table, transaction);
      },
      abort: (transactions) => {
        for (const transaction of transactions as readonly number[]) {
          for (const chunk of table.prepared.get(transaction)?.chunks ?? []) chunk.release();
          table.prepared.delete(transaction);
        }
      },
    }),
  };
}

function commit(table: MemoryTable, transaction: number): void {
  const prepared = table.prepared.get(transaction);
  if (prepared === undefined) return;
  table.prepared.delete(transaction);
  for (const chunk of prepared.chunks) {
    table.rows += chunk.rowCount;
    table.chunks.push(chunk);
    table.directory!.append(chunk);
  }
  for (const [i, { bounds, nulls, bytes, registers }] of prepared.summaries.entries()) {
    const summary = table.summaries[i]!;
    summary.nulls += nulls;
    summary.bytes += bytes;
    if (bounds !== null) widen(summary, bounds);
    mergeRegisters(summary.registers, registers);
    summary.distinct = distinctCount(summary.registers);
  }
}

function widen(summary: ColumnSummary, [low, high]: readonly [bigint, bigint]): void {
  const [least, most] = summary.bounds ?? [low, high];
  summary.bounds = [low < least ? low : least, high > most ? high : most];
}

/** Rows become visible when they are committed. */
class MemoryWriter implements SinkWriter {
  readonly #spec: ConnectorSpec;
  readonly #table: MemoryTable;
  readonly #context: ReaderContext;
  readonly #kernels: Readonly<Record<string, CompiledKernel>>;
  readonly #written: Written[] = [];
  readonly #scratch: number;
  readonly #recent: number;
  readonly #registers: number;

  constructor(spec: ConnectorSpec, table: MemoryTable, context: ReaderContext) {
    this.#spec = spec;
    this.#table = table;
    this.#context = context;
    this.#kernels = context.compiler.compileLibraries([memoryLibrary, sketchLibrary, storageLibrary]);
    this.#scratch = context.memory.allocate(16);
    this.#recent = context.memory.allocate(RECENT * 8);
    this.#registers = context.memory.allocate(REGISTERS);
    table.directory ??= new ChunkDirectory(context.memory, spec.schema.fields.length);
  }

  write(batch: Batch): void {
    const { memory } = this.#context;
    const blocks = new Set<number>();
    const take = (bytes: number): number => {
      const block = memory.allocate(Math.max(bytes, 8));
      blocks.add(block);
      return block;
    };
    try {
      const texts: number[] = [];
      const columns = batch.columns.map((column) => this.#copy(column, batch.rowCount, take, texts));
      this.#written.push({ rowCount: batch.rowCount, columns, texts, blocks });
    } catch (error) {
      freeAll(memory, blocks);
      throw error;
    }
  }

  finish(): void {}

  prepareCommit(): readonly number[] {
    if (this.#written.length === 0) return [];
    const { memory } = this.#context;
    const written = this.#written.splice(0);
    const summaries = emptySummaries(this.#spec);
    for (const [i, summary] of summaries.entries()) {
      for (const chunk of written) this.#summarise(chunk.columns[i]!, chunk.rowCount, summary);
      this.#sketch(i, written, summary);
    }
    if (isWorthNarrowing(written.reduce((rows, { rowCount }) => rows + rowCount, 0))) {
      for (const [i, summary] of summaries.entries()) this.#narrow(i, written, summary);
    }
    const chunks = written.map(({ rowCount, columns, blocks }) => {
      return new Batch(rowCount, columns, 0, () => freeAll(memory, blocks));
    });
    const transaction = this.#table.transactions++;
    this.#table.prepared.set(transaction, { chunks, summaries });
    return [transaction];
  }

  close(): void {
    for (const { blocks } of this.#written) freeAll(this.#context.memory, blocks);
    this.#written.length = 0;
    this.#context.memory.free(this.#scratch);
    this.#context.memory.free(this.#recent);
    this.#context.memory.free(this.#registers);
  }

  /** @param texts gets the address of the strings' bytes, or 0 */
  #copy(
    { type, physical, values, validity }: Column,
    rows: number,
    take: (bytes: number) => number,
    texts: number[],
  ): Column {
    const { memory } = this.#context;
    const width = WIDTH[physical];
    const nulls = validity === 0 ? 0 : Number(this.#kernels['count_nulls']!(validity, rows));
    if (nulls > 0 && !type.nullable) throw nullIn(this.#spec);
    const target = take(rows * width);
    const kept = nulls === 0 ? 0 : take(rows);
    if (kept !== 0) memory.copy(kept, validity, rows);
    if (physical === 'view') {
      const bytes = take(Number(this.#kernels['view_bytes']!(values, validity, rows)));
      texts.push(bytes);
      memory.fill(this.#recent, 0, RECENT * 8);
      this.#kernels['copy_views']!(target, values, validity, rows, bytes, this.#recent);
    } else {
      texts.push(0);
      memory.copy(target, values, rows * width);
    }
    return columnOf(type, target, kept);
  }

  /** Counts the different values of a column. */
  #sketch(column: number, chunks: readonly Written[], summary: ColumnSummary): void {
    const { memory } = this.#context;
    const start = this.#registers;
    memory.fill(start, 0, REGISTERS);
    for (const { columns, rowCount } of chunks) {
      const { physical, values, validity } = columns[column]!;
      const kernel = sketchKernel(physical);
      if (kernel !== null) this.#kernels[kernel]!(values, validity, rowCount, start);
    }
    mergeRegisters(summary.registers, memory.bytes(start, REGISTERS));
  }

  /** Stores a column in less room, where its values allow that. */
  #narrow(index: number, chunks: readonly Written[], { bounds, registers }: ColumnSummary): void {
    const { physical, type } = chunks[0]!.columns[index]!;
    const width = narrowWidth(physical, bounds);
    if (width !== null) {
      const kernel = this.#kernels[narrowKernel(physical, width)]!;
      for (const chunk of chunks) {
        this.#store(chunk, index, { width, dictionary: 0, entries: 0 }, ({ values }, to) => {
          kernel(values, to, chunk.rowCount);
          return true;
        });
      }
    } else if ((type.kind === 'VARCHAR' || type.kind === 'CHAR') && mayFitDictionary(distinctCount(registers))) {
      const dictionary = this.#dictionary(index);
      const fits = (chunk: Written): boolean =>
        this.#store(
          chunk,
          index,
          { width: 1, dictionary: dictionary.strings, entries: 0 },
          ({ values, validity }, to) =>
            dictionary.encode(this.#kernels['encode']!, values, validity, chunk.rowCount, to),
        );
      chunks.every(fits);
    }
  }

  #dictionary(index: number): StringDictionary {
    const { dictionaries } = this.#table;
    const dictionary = dictionaries.get(index) ?? new StringDictionary(this.#context.memory);
    dictionaries.set(index, dictionary);
    return dictionary;
  }

  /** Puts what `write` makes of a column in its place; where that is false the column stays. */
  #store(chunk: Written, index: number, storage: Storage, write: (column: Column, to: number) => boolean): boolean {
    const { memory } = this.#context;
    const column = chunk.columns[index]!;
    const address = memory.allocate(Math.max(chunk.rowCount * storage.width, 8));
    if (!write(column, address)) {
      memory.free(address);
      return false;
    }
    for (const old of [column.values, chunk.texts[index]!]) {
      if (old === 0) continue;
      chunk.blocks.delete(old);
      memory.free(old);
    }
    chunk.blocks.add(address);
    const plain = (): number => unreachable('a chunk is read through its reader' as never);
    chunk.columns[index] = new StoredColumn(column.type, { ...storage, address }, column.validity, undefined, plain);
    return true;
  }

  #summarise({ type, physical, values, validity }: Column, rows: number, summary: ColumnSummary): void {
    const { memory } = this.#context;
    if (validity !== 0) summary.nulls += Number(this.#kernels['count_nulls']!(validity, rows));
    if (physical === 'view') summary.bytes += Number(this.#kernels['view_bytes']!(values, validity, rows));
    if (!RANGED.has(type.kind) || (physical !== 'i32' && physical !== 'i64')) return;
    this.#kernels[physical === 'i32' ? 'range_i32' : 'range_i64']!(values, validity, rows, this.#scratch);
    const [low, high] = [memory.i64[this.#scratch >>> 3]!, memory.i64[(this.#scratch >>> 3) + 1]!];
    if (low <= high) widen(summary, [low, high]);
  }
}

function freeAll(memory: LinearMemory, blocks: Iterable<number>): void {
  for (const block of blocks) memory.free(block);
}

function nullIn(spec: ConnectorSpec): EngineError {
  return new EngineError('CONNECTOR-VALUE', `NULL for a NOT NULL column of ${spec.table}`);
}
