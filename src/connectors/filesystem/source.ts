/** Reads the files of a table. Splits are what the format cuts a file into; partition columns are constant per file. */
import { EngineError } from '../../base/errors.ts';
import { Batch, type Column, columnOf } from '../../columnar/batch.ts';
import { allocateColumns } from '../../columnar/builder.ts';
import { physicalType, WIDTH } from '../../columnar/physical.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import { valueWriter } from '../../columnar/value-codec.ts';
import type {
  ColumnStatistics,
  ConnectorContext,
  ConnectorSpec,
  ReaderContext,
  Source,
  SourceFilter,
  SourceReader,
  TableStatistics,
} from '../../dataflow/connector.ts';
import type { Field } from '../../types/data-type.ts';
import { printType } from '../../types/print.ts';
import { compareValues, type Value } from '../../types/value.ts';
import { INSERT_ONLY } from '../changelog-mode.ts';
import type { FileFormat, FileSplit, FormatOptions, FormatReader, ReadRequest } from '../formats/index.ts';
import { parseScalar } from '../formats/text-values.ts';
import { type DataFile, fileNotFound, findFiles, isGlob, localPath } from './paths.ts';

/** A split of a format, and the text of the partition columns. */
export interface FilesystemSplit extends FileSplit {
  readonly partition: Readonly<Record<string, string | null>>;
}

export class FilesystemSource implements Source {
  readonly boundedness = 'BOUNDED';
  readonly changelogMode = INSERT_ONLY;
  readonly #spec: ConnectorSpec;
  readonly #format: FileFormat;
  readonly #context: ConnectorContext;
  readonly #layout: ColumnLayout;
  #files: readonly DataFile[] | null = null;

  constructor(
    spec: ConnectorSpec,
    format: FileFormat,
    options: FormatOptions,
    partitionKeys: readonly number[],
    context: ConnectorContext,
  ) {
    this.#spec = spec;
    this.#format = format;
    this.#context = context;
    this.#layout = new ColumnLayout(spec, partitionKeys, options);
  }

  statistics(): TableStatistics {
    const { request } = this.#layout;
    const all: ReadRequest = { ...request, projection: request.fields.map((_, i) => i) };
    let rowCount: number | null = 0;
    let columns: Record<string, ColumnStatistics> | null = null;
    for (const { path } of this.#listFiles()) {
      const found = this.#withFile(path, (file) => this.#format.statistics?.(file, all));
      rowCount = rowCount === null || found?.rowCount == null ? null : rowCount + found.rowCount;
      columns = mergeStatistics(columns, found?.columns ?? {}, request.fields);
    }
    return { rowCount, columns: columns ?? {} };
  }

  /** @throws EngineError FILE-NOT-FOUND */
  splits(): readonly FilesystemSplit[] {
    const path = localPath(this.#spec.options.path ?? '');
    if (this.#listFiles().length === 0 && !isGlob(path) && this.#context.fileSystem.stat(path) === undefined) {
      throw fileNotFound(this.#context.fileSystem, path);
    }
    return this.#listFiles()
      .filter((file) => this.#layout.partitionMayPass(file.partition))
      .flatMap(({ path, partition }) =>
        this.#withFile(path, (file) => this.#format.splits(file, this.#layout.request)).map((split) => ({
          ...split,
          partition,
        })),
      );
  }

  createReader(context: ReaderContext): SourceReader {
    const { createReader } = this.#format;
    if (createReader === undefined) {
      throw new EngineError('NOT-SUPPORTED', `format '${this.#format.name}' cannot be read from files`);
    }
    return new FilesystemReader(createReader(this.#layout.request, context), this.#layout, this.#spec.limit, context);
  }

  #listFiles(): readonly DataFile[] {
    const { options } = this.#spec;
    this.#files ??= findFiles(
      this.#context.fileSystem,
      localPath(options.path ?? ''),
      options['partition.default-name'],
    );
    return this.#files;
  }

  #withFile<T>(path: string, use: (file: ReturnType<ConnectorContext['fileSystem']['open']>) => T): T {
    const file = this.#context.fileSystem.open(path, 'read');
    try {
      return use(file);
    } finally {
      file.close();
    }
  }
}

/** Which columns come from the files and which from the names of their directories. */
class ColumnLayout {
  readonly request: ReadRequest;
  readonly #spec: ConnectorSpec;
  readonly #partitionKeys: readonly number[];

  constructor(spec: ConnectorSpec, partitionKeys: readonly number[], options: FormatOptions) {
    this.#spec = spec;
    this.#partitionKeys = partitionKeys;
    const { fields } = spec.schema;
    const stored = fields.map((_, i) => i).filter((i) => !partitionKeys.includes(i));
    const inFile = new Map(stored.map((index, position) => [index, position]));
    this.request = {
      fields: stored.map((index) => fields[index]!),
      projection: spec.projection.filter((index) => inFile.has(index)).map((index) => inFile.get(index)!),
      filters: spec.filters
        .filter((filter) => inFile.has(filter.column))
        .map((filter) => ({ ...filter, column: inFile.get(filter.column)! })),
      options,
    };
  }

  get hasPartitionColumns(): boolean {
    return this.#spec.projection.some((index) => this.#partitionKeys.includes(index));
  }

  /** For every column of the output: its position in the batches of the format, or the field of the partition. */
  get output(): readonly (number | Field)[] {
    let next = 0;
    return this.#spec.projection.map((index) =>
      this.#partitionKeys.includes(index) ? this.#spec.schema.fields[index]! : next++,
    );
  }

  partitionMayPass(partition: Readonly<Record<string, string | null>>): boolean {
    return this.#spec.filters.every((filter) => {
      if (!this.#partitionKeys.includes(filter.column)) return true;
      const field = this.#spec.schema.fields[filter.column]!;
      return passes(partitionValue(field, partition), field, filter);
    });
  }
}

/** @throws EngineError when a directory's name is no value of the column. */
function partitionValue(field: Field, partition: Readonly<Record<string, string | null>>): Value {
  const text = partition[field.name] ?? null;
  if (text === null) return null;
  const value = parseScalar(text, field.type, 'SQL');
  if (value !== undefined) return value;
  throw new EngineError(
    'DATA-PARTITION',
    `the directory ${field.name}=${text} is no value of ${field.name} ${printType(field.type)}`,
    { hint: 'declare the partition column with a type that fits, such as STRING' },
  );
}

function passes(value: Value, field: Field, filter: SourceFilter): boolean {
  if (value === null) return false;
  if (filter.op === 'IS NOT NULL') return true;
  return filter.values.some((other) => {
    if (other === null) return true;
    const order = compareValues(value, other, field.type);
    switch (filter.op) {
      case '<':
        return order < 0;
      case '<=':
        return order <= 0;
      case '>':
        return order > 0;
      case '>=':
        return order >= 0;
      default:
        return order === 0;
    }
  });
}

function mergeStatistics(
  before: Record<string, ColumnStatistics> | null,
  columns: Readonly<Record<string, ColumnStatistics>>,
  fields: readonly Field[],
): Record<string, ColumnStatistics> {
  if (before === null) return { ...columns };
  const merged: Record<string, ColumnStatistics> = {};
  for (const { name, type } of fields) {
    const [a, b] = [before[name], columns[name]];
    if (a === undefined || b === undefined) continue;
    const ranged = a.min != null && a.max != null && b.min != null && b.max != null;
    merged[name] = {
      ...(ranged
        ? {
            min: compareValues(a.min!, b.min!, type) <= 0 ? a.min! : b.min!,
            max: compareValues(a.max!, b.max!, type) >= 0 ? a.max! : b.max!,
          }
        : {}),
      ...(a.nullCount !== undefined && b.nullCount !== undefined ? { nullCount: a.nullCount + b.nullCount } : {}),
      ...mergeDistinct(a.distinctCount, b.distinctCount),
    };
  }
  return merged;
}

/** A few values are the same few in every file; many are taken to be others in each. */
function mergeDistinct(a: number | undefined, b: number | undefined): Pick<ColumnStatistics, 'distinctCount'> {
  if (a === undefined || b === undefined) return {};
  return { distinctCount: Math.max(a, b) <= FEW_VALUES ? Math.max(a, b) : a + b };
}

const FEW_VALUES = 1000;

class FilesystemReader implements SourceReader {
  readonly #reader: FormatReader;
  readonly #layout: ColumnLayout;
  readonly #context: ReaderContext;
  readonly #waiting: FilesystemSplit[] = [];
  #current: FilesystemSplit | null = null;
  #rowsLeft: number;

  constructor(reader: FormatReader, layout: ColumnLayout, limit: number | null, context: ReaderContext) {
    this.#reader = reader;
    this.#layout = layout;
    this.#context = context;
    this.#rowsLeft = limit ?? Number.POSITIVE_INFINITY;
  }

  addSplits(splits: readonly unknown[]): void {
    this.#waiting.push(...(splits as readonly FilesystemSplit[]));
  }

  poll(): Batch | 'nothing-yet' | 'end-of-input' {
    if (this.#rowsLeft <= 0) return 'end-of-input';
    if (this.#current === null) {
      const next = this.#waiting.shift();
      if (next === undefined) return 'end-of-input';
      this.#current = next;
      this.#reader.open(next);
    }
    const batch = this.#reader.next();
    if (batch === null) {
      this.#current = null;
      return this.poll();
    }
    if (batch.rowCount === 0) {
      batch.release();
      return 'nothing-yet';
    }
    this.#rowsLeft -= batch.rowCount;
    return this.#layout.hasPartitionColumns ? this.#withPartition(batch) : batch;
  }

  snapshot(): readonly FilesystemSplit[] {
    const current = this.#current === null ? [] : [{ ...this.#reader.position(), partition: this.#current.partition }];
    return [...current, ...this.#waiting];
  }

  close(): void {
    this.#reader.close();
  }

  #withPartition(batch: Batch): Batch {
    const { memory } = this.#context;
    const { output } = this.#layout;
    const rows = batch.rowCount;
    const types = output.flatMap((column) => (typeof column === 'number' ? [] : [column.type]));
    const block = allocateColumns(memory, types, rows, false);
    const strings = new StringArena(memory);
    let next = 0;
    const columns = output.map((column): Column => {
      if (typeof column === 'number') return batch.columns[column]!;
      const [values, validity] = [block.values[next]!, block.validity[next]!];
      next++;
      const value = partitionValue(column, this.#current!.partition);
      const width = WIDTH[physicalType(column.type)];
      if (value === null) {
        memory.fill(values, 0, rows * width);
        if (validity !== 0) memory.fill(validity, 0, rows);
        return columnOf(column.type, values, validity);
      }
      valueWriter(memory, column.type, () => strings)(values, value);
      for (let row = 1; row < rows; row *= 2) {
        memory.copy(values + row * width, values, Math.min(row, rows - row) * width);
      }
      return columnOf(column.type, values, 0);
    });
    const free = (): void => memory.free(block.block);
    const whole = new Batch(rows, columns, 0, free, [batch, strings]);
    strings.release();
    batch.release();
    return whole;
  }
}
