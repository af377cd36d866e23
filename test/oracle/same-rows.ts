/**
 * Are two results the same multiset of rows? Exact numbers and texts must be equal; floating-point numbers may differ
 * by 1e-9 of their size, because a sum depends on the order of its summands.
 */

import type { DataType } from '../../src/types/data-type.ts';
import { compareValues, type Value } from '../../src/types/value.ts';
import type { Row } from './duckdb.ts';
import { valueToText } from './value-text.ts';

const TOLERANCE = 1e-9;

export interface SameRowsOptions {
  /** Rows are compared in their order. */
  readonly ordered?: boolean;
  /** A DECIMAL may differ by so many units of its last digit: DuckDB divides DECIMALs as DOUBLE. */
  readonly decimalUnits?: bigint;
}

/** null if they are the same, else a text that shows the first differences. */
export function difference(
  actual: readonly Row[],
  expected: readonly Row[],
  types: readonly DataType[],
  options: SameRowsOptions = {},
): string | null {
  const [left, right] = options.ordered ? [actual, expected] : [sorted(actual, types), sorted(expected, types)];
  const units = options.decimalUnits ?? 0n;
  if (left.length === right.length && left.every((row, i) => same(row, right[i]!, types, units))) return null;
  const texts = (rows: readonly Row[]): string[] => rows.map((row) => rowText(row, types));
  const [ours, theirs] = [texts(left), texts(right)];
  const lines = [`${ours.length} rows, expected ${theirs.length}`];
  for (const line of onlyIn(ours, theirs).slice(0, 8)) lines.push(`  - got      ${line}`);
  for (const line of onlyIn(theirs, ours).slice(0, 8)) lines.push(`  + expected ${line}`);
  return lines.join('\n');
}

export function rowText(row: Row, types: readonly DataType[]): string {
  return types.map((type, i) => valueToText(row[i] ?? null, type)).join(' | ');
}

function onlyIn(lines: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = counts.get(line) ?? 0;
    counts.set(line, count - 1);
    return count <= 0;
  });
}

/** Columns that compare exactly go first, so that rows that are nearly equal come to stand in the same place. */
function sorted(rows: readonly Row[], types: readonly DataType[]): Row[] {
  const inexact = (type: DataType): boolean => type.kind === 'DOUBLE' || type.kind === 'FLOAT';
  const order = [
    ...types.flatMap((type, i) => (inexact(type) ? [] : [i])),
    ...types.flatMap((type, i) => (inexact(type) ? [i] : [])),
  ];
  return [...rows].sort((a, b) => {
    for (const column of order) {
      const [x, y] = [a[column] ?? null, b[column] ?? null];
      const result = compareValues(x, y, types[column]!);
      if (result !== 0) return result;
    }
    return 0;
  });
}

function same(a: Row, b: Row, types: readonly DataType[], units: bigint): boolean {
  return types.every((type, i) => sameValue(a[i] ?? null, b[i] ?? null, type, units));
}

function sameValue(a: Value, b: Value, type: DataType, units: bigint): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a === 'number' && typeof b === 'number') {
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
    if (type.kind !== 'DOUBLE' && type.kind !== 'FLOAT') return false;
    const tolerance = type.kind === 'FLOAT' ? 1e-5 : TOLERANCE;
    return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
  }
  if (type.kind === 'DECIMAL' && units > 0n) {
    const distance = (a as bigint) - (b as bigint);
    return (distance < 0n ? -distance : distance) <= units;
  }
  return compareValues(a, b, type) === 0;
}
