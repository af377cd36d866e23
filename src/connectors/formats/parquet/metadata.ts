/**
 * The footer of a Parquet file: its columns, row groups and statistics.
 *
 * Source: the Parquet format, parquet.thrift; numbers below are its field ids.
 */
import { damagedFile } from '../../../base/damaged-file.ts';
import type { EngineError } from '../../../base/errors.ts';
import type { File } from '../../../base/fs.ts';
import { ThriftError, ThriftReader, type ThriftShape, type ThriftStruct } from './thrift.ts';

/** Physical types, by number. */
export const BOOLEAN = 0;
export const INT32 = 1;
export const INT64 = 2;
export const INT96 = 3;
export const FLOAT = 4;
export const DOUBLE = 5;
export const BYTE_ARRAY = 6;
export const FIXED_LEN_BYTE_ARRAY = 7;
export const PHYSICAL_NAMES = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
] as const;

export const CODEC_NAMES = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'] as const;

export type LogicalType =
  | { readonly name: 'string' | 'date' | 'json' | 'bson' | 'uuid' | 'interval' | 'enum' | 'float16' }
  | { readonly name: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly name: 'time' | 'timestamp'; readonly unit: 'ms' | 'us' | 'ns'; readonly utc: boolean }
  | { readonly name: 'int'; readonly bits: number; readonly signed: boolean }
  | { readonly name: 'unknown' };

/** A leaf of the schema: what is stored. */
export interface ParquetColumn {
  /** Names from the top to the leaf. */
  readonly path: readonly string[];
  readonly physical: number;
  /** Bytes of FIXED_LEN_BYTE_ARRAY. */
  readonly length: number;
  readonly logical: LogicalType | null;
  /** 0: required; 1: optional; more: nested. */
  readonly maxDefinition: number;
  readonly maxRepetition: number;
}

export interface ColumnChunk {
  readonly codec: number;
  /** Where the first page (the dictionary, if there is one) begins. */
  readonly offset: number;
  readonly hasDictionary: boolean;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  readonly valueCount: number;
  readonly statistics: ChunkStatistics | null;
}

/** Values are encoded PLAIN; undefined where the writer did not say or where they cannot be trusted. */
export interface ChunkStatistics {
  readonly min: Uint8Array | undefined;
  readonly max: Uint8Array | undefined;
  readonly nullCount: number | undefined;
  readonly distinctCount: number | undefined;
}

export interface RowGroup {
  readonly rowCount: number;
  readonly chunks: readonly ColumnChunk[];
}

export interface ParquetMetadata {
  readonly rowCount: number;
  readonly columns: readonly ParquetColumn[];
  readonly rowGroups: readonly RowGroup[];
}

const MAGIC = [0x50, 0x41, 0x52, 0x31];
const ENCRYPTED = [0x50, 0x41, 0x52, 0x45];
/** The footer is usually within the last so many bytes: one read. */
const TAIL = 1 << 16;

const STATISTICS: ThriftShape = { 3: 'all', 4: 'all', 5: 'all', 6: 'all' };
const COLUMN_METADATA: ThriftShape = { 4: 'all', 5: 'all', 6: 'all', 7: 'all', 9: 'all', 11: 'all', 12: STATISTICS };
/** Of FileMetaData, RowGroup, ColumnChunk and ColumnMetaData: what is read below. */
const FILE_METADATA: ThriftShape = { 2: 'all', 3: 'all', 4: { 1: { 1: 'all', 3: COLUMN_METADATA }, 3: 'all' } };

/** The bytes of the footer. @throws EngineError DATA-PARQUET */
export function readFooter(file: File): { readonly footer: Uint8Array; readonly fileSize: number } {
  const size = file.size();
  const damaged = (place: string, problem: string): EngineError => damagedFile('PARQUET', file.path, place, problem);
  if (size < 12) throw damaged('', `is no Parquet file: it has ${size} bytes`);
  const tail = new Uint8Array(Math.min(size, TAIL));
  file.readFully(tail, size - tail.length);
  const end = tail.length - 4;
  if (ENCRYPTED.every((byte, i) => tail[end + i] === byte)) {
    throw damagedFile('PARQUET', file.path, '', 'the footer is encrypted', 'write the file without encryption');
  }
  if (!MAGIC.every((byte, i) => tail[end + i] === byte)) {
    throw damaged('', 'is no Parquet file or was not written to its end: it does not end with PAR1');
  }
  const length = new DataView(tail.buffer).getUint32(end - 4, true);
  if (length > size - 12) throw damaged(`byte ${size - 8}`, `has a footer of ${length} bytes`);
  let footer = tail.subarray(Math.max(0, end - 4 - length), end - 4);
  if (length > footer.length) {
    footer = new Uint8Array(length);
    file.readFully(footer, size - 8 - length);
  }
  return { footer, fileSize: size };
}

/** @throws EngineError DATA-PARQUET */
export function parseFooter(footer: Uint8Array, fileSize: number, path: string): ParquetMetadata {
  try {
    return parseMetadata(new ThriftReader(footer).struct(FILE_METADATA), fileSize);
  } catch (error) {
    if (error instanceof ThriftError) throw damagedFile('PARQUET', path, 'footer', error.message);
    throw error;
  }
}

function parseMetadata(struct: ThriftStruct, fileSize: number): ParquetMetadata {
  const columns = parseSchema(struct.structs(2));
  const rowGroups = struct.structs(4).map((group): RowGroup => {
    const chunks = group.structs(1).map((chunk) => parseChunk(chunk, fileSize));
    if (chunks.length !== columns.length) {
      throw new ThriftError(`a row group has ${chunks.length} columns, the schema ${columns.length}`);
    }
    return { rowCount: count(group.required(3)), chunks };
  });
  const rowCount = count(struct.required(3));
  const total = rowGroups.reduce((sum, group) => sum + group.rowCount, 0);
  if (total !== rowCount) throw new ThriftError(`${rowCount} rows are announced, the row groups have ${total}`);
  return { rowCount, columns, rowGroups };
}

function parseChunk(chunk: ThriftStruct, fileSize: number): ColumnChunk {
  const meta = chunk.struct(3);
  if (meta === undefined) throw new ThriftError('a column has no metadata');
  if (chunk.text(1) !== undefined) throw new ThriftError('a column lies in another file, which is not supported');
  const data = meta.required(9);
  const dictionary = meta.number(11) ?? 0;
  const offset = dictionary > 0 && dictionary < data ? dictionary : data;
  const compressedBytes = count(meta.required(7));
  if (offset < 4 || offset + compressedBytes > fileSize) {
    throw new ThriftError(`a column lies at ${offset} with ${compressedBytes} bytes, the file has ${fileSize}`);
  }
  const statistics = meta.struct(12);
  return {
    codec: meta.required(4),
    offset,
    hasDictionary: offset === dictionary,
    compressedBytes,
    uncompressedBytes: count(meta.required(6)),
    valueCount: count(meta.required(5)),
    statistics: statistics === undefined ? null : parseStatistics(statistics),
  };
}

/** `min_value` and `max_value`; the older `min` and `max` have no defined order and are not used. */
function parseStatistics(statistics: ThriftStruct): ChunkStatistics {
  return {
    min: statistics.bytes(6),
    max: statistics.bytes(5),
    nullCount: statistics.number(3),
    distinctCount: statistics.number(4),
  };
}

function parseSchema(elements: readonly ThriftStruct[]): ParquetColumn[] {
  const columns: ParquetColumn[] = [];
  let next = 1;
  const visit = (children: number, path: readonly string[], definition: number, repetition: number): void => {
    for (let i = 0; i < children; i++) {
      const element = elements[next++];
      if (element === undefined || path.length > 64) throw new ThriftError('the schema is not a tree');
      const kind = element.number(3) ?? 0;
      const childPath = [...path, element.text(4) ?? ''];
      const childDefinition = definition + (kind === 0 ? 0 : 1);
      const childRepetition = repetition + (kind === 2 ? 1 : 0);
      const grandchildren = element.number(5) ?? 0;
      const physical = element.number(1);
      if (physical === undefined || grandchildren > 0) {
        visit(count(grandchildren), childPath, childDefinition, childRepetition);
        continue;
      }
      if (PHYSICAL_NAMES[physical] === undefined) throw new ThriftError(`physical type ${physical}`);
      const length = element.number(2) ?? 0;
      if (physical === FIXED_LEN_BYTE_ARRAY && (length < 1 || length > 1 << 20)) {
        throw new ThriftError(`a fixed length of ${length} bytes`);
      }
      columns.push({
        path: childPath,
        physical,
        length,
        logical: parseLogical(element),
        maxDefinition: childDefinition,
        maxRepetition: childRepetition,
      });
    }
  };
  visit(count(elements[0]?.number(5) ?? 0), [], 0, 0);
  return columns;
}

/** From LogicalType, else from the older ConvertedType. */
function parseLogical(element: ThriftStruct): LogicalType | null {
  const logical = element.struct(10);
  if (logical !== undefined) {
    if (logical.has(1)) return { name: 'string' };
    if (logical.has(4)) return { name: 'enum' };
    const decimal = logical.struct(5);
    if (decimal !== undefined) {
      return { name: 'decimal', scale: decimal.number(1) ?? 0, precision: decimal.required(2) };
    }
    if (logical.has(6)) return { name: 'date' };
    for (const [id, name] of [
      [7, 'time'],
      [8, 'timestamp'],
    ] as const) {
      const time = logical.struct(id);
      if (time !== undefined) return { name, utc: time.boolean(1) ?? false, unit: parseUnit(time.struct(2)) };
    }
    const int = logical.struct(10);
    if (int !== undefined) return { name: 'int', bits: int.required(1), signed: int.boolean(2) ?? true };
    if (logical.has(12)) return { name: 'json' };
    if (logical.has(13)) return { name: 'bson' };
    if (logical.has(14)) return { name: 'uuid' };
    if (logical.has(15)) return { name: 'float16' };
    return { name: 'unknown' };
  }
  const converted = element.number(6);
  switch (converted) {
    case undefined:
      return null;
    case 0:
      return { name: 'string' };
    case 4:
      return { name: 'enum' };
    case 5:
      return { name: 'decimal', scale: element.number(7) ?? 0, precision: element.required(8) };
    case 6:
      return { name: 'date' };
    case 7:
    case 8:
      return { name: 'time', unit: converted === 7 ? 'ms' : 'us', utc: false };
    case 9:
    case 10:
      return { name: 'timestamp', unit: converted === 9 ? 'ms' : 'us', utc: false };
    case 19:
      return { name: 'json' };
    case 20:
      return { name: 'bson' };
    case 21:
      return { name: 'interval' };
    default:
      if (converted < 11 || converted > 18) return { name: 'unknown' };
      return { name: 'int', bits: 8 << ((converted - 11) & 3), signed: converted >= 15 };
  }
}

function parseUnit(unit: ThriftStruct | undefined): 'ms' | 'us' | 'ns' {
  if (unit?.has(1)) return 'ms';
  if (unit?.has(2)) return 'us';
  if (unit?.has(3)) return 'ns';
  throw new ThriftError('a time without a unit');
}

function count(value: number): number {
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) throw new ThriftError(`a count of ${value}`);
  return value;
}
