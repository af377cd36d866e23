/**
 * How a TPC-H table is described: its columns, each with the function that writes it, and its rows in units. A unit is
 * what dbgen counts: a row, but an order for LINEITEM and a part for PARTSUPP.
 */
import type { ColumnStatistics } from '../../dataflow/connector.ts';
import { type DataType, decimal } from '../../types/data-type.ts';
import type { ColumnWriter } from './column-writer.ts';

/** The units `from` to `from + units` of one table, and what several of its columns share. */
export interface Chunk {
  readonly from: number;
  readonly rows: number;
}

export interface ColumnDefinition<C extends Chunk> {
  readonly name: string;
  readonly type: DataType;
  /** Whether its strings are cut from the pool of text. */
  readonly comment?: true;
  readonly write: (writer: ColumnWriter, column: number, chunk: C) => void;
  readonly statistics: (scale: number) => ColumnStatistics;
}

export interface TableDefinition<C extends Chunk = Chunk> {
  readonly name: string;
  readonly columns: readonly ColumnDefinition<C>[];
  readonly primaryKey: readonly string[];
  readonly units: (scale: number) => number;
  /** In the mean. */
  readonly rowsPerUnit: number;
  /** Exact, but for large LINEITEM tables, where it is four to an order. */
  readonly rowCount: (scale: number) => number;
  readonly chunk: (scale: number, from: number, units: number) => C;
}

export const MONEY = decimal(15, 2);

/** Rows at scale factor 1. */
export const BASE = { supplier: 10_000, part: 200_000, customer: 150_000, orders: 1_500_000 } as const;

export function scaled(base: number, scale: number): number {
  return Math.trunc(base * scale);
}

/** Computed at the first call. */
export function lazy<T>(compute: () => T): () => T {
  let value: { readonly it: T } | null = null;
  return () => {
    value ??= { it: compute() };
    return value.it;
  };
}

/** Numbers of a column: bounds and how many are distinct. */
export function range(min: number | bigint, max: number | bigint, distinctCount: number): ColumnStatistics {
  return { min, max, nullCount: 0, distinctCount: Math.max(1, Math.round(distinctCount)) };
}

/** BIGINT and DECIMAL: values are bigint. */
export function wide(min: number, max: number, distinctCount: number): ColumnStatistics {
  return range(BigInt(Math.trunc(min)), BigInt(Math.trunc(max)), distinctCount);
}

export function text(distinctCount: number, averageLength: number): ColumnStatistics {
  return { nullCount: 0, distinctCount: Math.max(1, Math.round(distinctCount)), averageLength };
}

export function words(values: readonly string[]): ColumnStatistics {
  const sorted = [...values].sort();
  const averageLength = values.reduce((sum, value) => sum + value.length, 0) / values.length;
  return { min: sorted[0]!, max: sorted.at(-1)!, nullCount: 0, distinctCount: values.length, averageLength };
}

/** How many of `values` equally likely values `draws` draws are expected to show. */
export function seen(values: number, draws: number): number {
  return values * -Math.expm1(draws * Math.log1p(-1 / Math.max(values, 2)));
}

/** 1, 2, … from the row after `from`. */
export function consecutive(from: number, rows: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => from + i + 1);
}
