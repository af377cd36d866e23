/** Row groups as batches. */
import { damagedFile } from '../../../base/damaged-file.ts';
import { EngineError } from '../../../base/errors.ts';
import type { File } from '../../../base/fs.ts';
import { Batch, type Column, columnOf, type Retained } from '../../../columnar/batch.ts';
import { allocateColumns } from '../../../columnar/builder.ts';
import { physicalType, WIDTH } from '../../../columnar/physical.ts';
import type { ReaderContext } from '../../../dataflow/connector.ts';
import type { Field } from '../../../types/data-type.ts';
import { printType } from '../../../types/print.ts';
import { lz4Library } from '../compression/lz4.ts';
import { snappyLibrary } from '../compression/snappy.ts';
import { ZstdWorkspace, zstdLibrary } from '../compression/zstd.ts';
import type { FileSplit, FormatReader, ReadRequest } from '../format.ts';
import { PageMemory } from '../page-memory.ts';
import { ColumnReader, type ParquetKernels, type Target } from './column-reader.ts';
import { type Conversion, planConversion } from './conversion.ts';
import type { Footers } from './footers.ts';
import { convertLibrary, gatherLibrary, hybridLibrary, plainLibrary } from './kernels.ts';
import { type ParquetColumn, type ParquetMetadata, PHYSICAL_NAMES, type RowGroup } from './metadata.ts';
import { chunkRange } from './statistics.ts';

const SLACK = 64;

/** Where a column of the table is in a file; null: the file does not have it. */
export interface ColumnPlan {
  readonly index: number;
  readonly column: ParquetColumn;
  readonly conversion: Conversion;
}

/** @throws EngineError DATA-PARQUET where a column of the file does not fit the table's. */
export function planColumn(metadata: ParquetMetadata, field: Field, path: string): ColumnPlan | null {
  const index = metadata.columns.findIndex((column) => column.path[0] === field.name);
  if (index < 0) {
    if (field.type.nullable) return null;
    throw mismatch(path, field, 'is not in the file, but declared NOT NULL');
  }
  const column = metadata.columns[index]!;
  const conversion = planConversion(column, field.type);
  if (conversion !== null) return { index, column, conversion };
  const logical = column.logical === null ? '' : ` (${column.logical.name})`;
  const stored = column.path.length > 1 ? 'nested' : `${PHYSICAL_NAMES[column.physical]}${logical}`;
  throw mismatch(path, field, `is ${stored} in the file, which cannot be read as ${printType(field.type)}`);
}

function mismatch(path: string, field: Field, problem: string): EngineError {
  return new EngineError('DATA-PARQUET', `${path}: column ${field.name} ${problem}`, {
    location: path,
    hint: 'declare the column with the type that the file has',
  });
}

interface OpenFile {
  readonly path: string;
  readonly file: File;
  readonly metadata: ParquetMetadata;
  readonly plans: readonly (ColumnPlan | null)[];
}

export class ParquetReader implements FormatReader {
  readonly #context: ReaderContext;
  readonly #footers: Footers;
  readonly #fields: readonly Field[];
  readonly #kernels: ParquetKernels;
  readonly #zstd: ZstdWorkspace;
  #open: OpenFile | null = null;
  #columns: (ColumnReader | null)[] = [];
  /** Of the row group's DECIMAL columns. */
  #bounds: readonly (readonly [bigint, bigint] | undefined)[] = [];
  #split: FileSplit = { path: '', part: 0, rowsDone: 0 };
  #rowsLeft = 0;

  constructor(request: ReadRequest, context: ReaderContext, footers: Footers) {
    this.#context = context;
    this.#footers = footers;
    this.#fields = request.projection.map((index) => request.fields[index]!);
    this.#zstd = new ZstdWorkspace(context.memory);
    const libraries = [
      snappyLibrary,
      lz4Library,
      zstdLibrary,
      hybridLibrary,
      gatherLibrary,
      plainLibrary,
      convertLibrary,
    ];
    this.#kernels = context.compiler.compileLibraries(libraries);
  }

  open(split: FileSplit): void {
    this.#closeColumns();
    const { metadata, plans, path } = this.#openFile(split.path);
    const group = metadata.rowGroups[split.part];
    if (group === undefined) throw damagedFile('PARQUET', path, '', `has no row group ${split.part}`);
    for (const plan of plans) this.#columns.push(plan === null ? null : this.#openColumn(plan, split.part));
    this.#bounds = plans.map((plan, i) => (plan === null ? undefined : this.#decimalBounds(plan, group, i)));
    this.#split = { ...split, rowsDone: 0 };
    this.#rowsLeft = group.rowCount;
    while (this.#split.rowsDone < split.rowsDone) {
      this.#read(Math.min(this.#context.batchRows, split.rowsDone - this.#split.rowsDone)).release();
    }
  }

  next(): Batch | null {
    if (this.#rowsLeft === 0) {
      this.#closeColumns();
      return null;
    }
    return this.#read(Math.min(this.#rowsLeft, this.#context.batchRows));
  }

  position(): FileSplit {
    return this.#split;
  }

  close(): void {
    this.#closeColumns();
    this.#zstd.free();
    this.#open?.file.close();
    this.#open = null;
  }

  #read(rows: number): Batch {
    const { memory } = this.#context;
    const types = this.#fields.map((field) => field.type);
    const layout = allocateColumns(memory, types, rows, false);
    const keep = new Set<Retained>();
    try {
      const columns = this.#columns.map((reader, i): Column => {
        const target: Target = { values: layout.values[i]!, validity: layout.validity[i]!, hasNulls: false };
        if (reader !== null) reader.read(target, rows, keep);
        else this.#fillNulls(target, i, rows);
        return columnOf(types[i]!, target.values, target.hasNulls ? target.validity : 0, this.#bounds[i]);
      });
      this.#rowsLeft -= rows;
      this.#split = { ...this.#split, rowsDone: this.#split.rowsDone + rows };
      return new Batch(rows, columns, 0, () => memory.free(layout.block), [...keep]);
    } catch (error) {
      memory.free(layout.block);
      throw error;
    } finally {
      for (const page of keep) page.release();
    }
  }

  #fillNulls(target: Target, column: number, rows: number): void {
    const { memory } = this.#context;
    memory.fill(target.values, 0, rows * WIDTH[physicalType(this.#fields[column]!.type)]);
    memory.fill(target.validity, 0, rows);
    target.hasNulls = true;
  }

  #decimalBounds({ index, column }: ColumnPlan, group: RowGroup, field: number): readonly [bigint, bigint] | undefined {
    const { type } = this.#fields[field]!;
    if (type.kind !== 'DECIMAL') return undefined;
    const { min, max } = chunkRange(column, group.chunks[index]!.statistics, type);
    return typeof min === 'bigint' && typeof max === 'bigint' ? [min, max] : undefined;
  }

  #openColumn({ index, column, conversion }: ColumnPlan, part: number): ColumnReader {
    const { memory } = this.#context;
    const { file, path, metadata } = this.#open!;
    const chunk = metadata.rowGroups[part]!.chunks[index]!;
    const field = this.#fields.find((candidate) => candidate.name === column.path[0])!;
    const fail = (problem: string): EngineError =>
      damagedFile('PARQUET', path, `row group ${part}, column ${field.name}`, problem);
    const compressed = PageMemory.allocate(memory, chunk.compressedBytes + SLACK);
    try {
      file.readFully(memory.bytes(compressed.address, chunk.compressedBytes), chunk.offset);
    } catch (error) {
      compressed.release();
      throw error;
    }
    const width = WIDTH[physicalType(field.type)];
    return new ColumnReader(memory, this.#kernels, column, chunk, conversion, width, compressed, this.#zstd, fail);
  }

  #openFile(path: string): OpenFile {
    if (this.#open?.path === path) return this.#open;
    this.#open?.file.close();
    this.#open = null;
    const file = this.#context.fileSystem.open(path, 'read');
    try {
      const metadata = this.#footers.read(file);
      const plans = this.#fields.map((field) => planColumn(metadata, field, path));
      this.#open = { path, file, metadata, plans };
      return this.#open;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #closeColumns(): void {
    for (const column of this.#columns) column?.close();
    this.#columns = [];
  }
}
