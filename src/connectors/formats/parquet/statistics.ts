/** Minima and maxima of row groups as values, and which row groups a filter rules out. */
import type { ColumnStatistics, SourceFilter } from '../../../dataflow/connector.ts';
import type { DataType } from '../../../types/data-type.ts';
import { compareValues, type Value } from '../../../types/value.ts';
import { inferredType } from './conversion.ts';
import { type ChunkStatistics, INT32, INT64, type ParquetColumn, type RowGroup } from './metadata.ts';

export interface Range {
  readonly min: Value;
  readonly max: Value;
  /** null: the writer did not say. */
  readonly nullCount: number | null;
}

/** The range of a chunk in values of `type`; min and max are null where they are not known. */
export function chunkRange(column: ParquetColumn, statistics: ChunkStatistics | null, type: DataType): Range {
  const nullCount = statistics?.nullCount ?? null;
  const min = statistics?.min === undefined ? null : boundValue(column, statistics.min, type);
  const max = statistics?.max === undefined ? null : boundValue(column, statistics.max, type);
  if (min === null || max === null || compareValues(min, max, type) > 0) return { min: null, max: null, nullCount };
  return { min, max, nullCount };
}

function boundValue(column: ParquetColumn, bytes: Uint8Array, type: DataType): Value {
  const stored = inferredType(column);
  if (stored === null) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const integer = (): bigint | null => {
    if (column.physical === INT32 && bytes.length === 4) return BigInt(view.getInt32(0, true));
    if (column.physical === INT64 && bytes.length === 8) return view.getBigInt64(0, true);
    return null;
  };
  const unsigned = column.logical?.name === 'int' && !column.logical.signed;
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'DATE': {
      const value = integer();
      return value === null || unsigned ? null : Number(value);
    }
    case 'BIGINT':
      return unsigned ? null : integer();
    case 'DECIMAL':
      return stored.kind === 'DECIMAL' && stored.scale === type.scale && !unsigned ? integer() : null;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const value = integer();
      if (value === null || column.logical?.name !== 'timestamp') return null;
      return value * { ms: 1_000_000n, us: 1000n, ns: 1n }[column.logical.unit];
    }
    case 'FLOAT':
    case 'DOUBLE': {
      const value = stored.kind === 'FLOAT' && bytes.length === 4 ? view.getFloat32(0, true) : readDouble(view, stored);
      return value === null || Number.isNaN(value) ? null : value;
    }
    case 'CHAR':
    case 'VARCHAR':
      return stored.kind === 'VARCHAR' ? Buffer.from(bytes).toString('utf8') : null;
    default:
      return null;
  }
}

function readDouble(view: DataView, stored: DataType): number | null {
  return stored.kind === 'DOUBLE' && view.byteLength === 8 ? view.getFloat64(0, true) : null;
}

/** False if no row of the group can pass the filter. `column` is that of the filter in the file. */
export function mayPass(group: RowGroup, index: number, column: ParquetColumn, type: DataType, filter: SourceFilter) {
  const { min, max, nullCount } = chunkRange(column, group.chunks[index]!.statistics, type);
  if (nullCount !== null && nullCount >= group.rowCount) return false;
  if (filter.op === 'IS NOT NULL' || min === null || max === null) return true;
  const isText = type.kind === 'CHAR' || type.kind === 'VARCHAR';
  // Statistics of NaN and of the two zeros are not dependable; bounds of text may be cut in the middle of a character.
  const compare = (a: Value, b: Value): number => {
    if (isText && (String(a).includes('�') || String(b).includes('�'))) return 0;
    return typeof a === 'number' && typeof b === 'number' ? (a === b ? 0 : a - b) : compareValues(a, b, type);
  };
  return filter.values.some((value) => {
    if (value === null || Number.isNaN(value)) return true;
    switch (filter.op) {
      case '=':
      case 'IN':
        return compare(value, min) >= 0 && compare(value, max) <= 0;
      case '<':
        return compare(min, value) < 0 || (isText && compare(min, value) <= 0);
      case '<=':
        return compare(min, value) <= 0;
      case '>':
        return compare(max, value) > 0 || (isText && compare(max, value) >= 0);
      default:
        return compare(max, value) >= 0;
    }
  });
}

/** One column over all row groups, but for the number of its values. */
export function columnStatistics(
  groups: readonly RowGroup[],
  index: number,
  column: ParquetColumn,
  type: DataType,
): ColumnStatistics {
  const ranges = groups.map((group) => chunkRange(column, group.chunks[index]!.statistics, type));
  const bound = (pick: (range: Range) => Value, sign: number): Value =>
    ranges.map(pick).reduce((best, value) => {
      if (best === null || value === null) return null;
      return compareValues(value, best, type) * sign < 0 ? value : best;
    });
  if (ranges.length === 0) return {};
  const [min, max] = [bound((range) => range.min, 1), bound((range) => range.max, -1)];
  const nulls = ranges.map((range) => range.nullCount);
  return {
    ...(min === null || max === null ? {} : { min, max }),
    ...(nulls.some((count) => count === null) ? {} : { nullCount: nulls.reduce<number>((a, b) => a + (b ?? 0), 0) }),
  };
}
