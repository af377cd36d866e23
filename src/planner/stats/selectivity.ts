/**
 * Which share of the rows a predicate lets through. Ranges of one column are intersected first and then measured
 * against its minimum and maximum; equality is one over the number of distinct values; conjuncts are taken as
 * independent.
 *
 * Source: Selinger et al., "Access Path Selection in a Relational Database Management System" (1979), for the defaults.
 */
import type { Expr } from '../../expr/expr.ts';
import { conjunctsOf } from '../logical-predicate.ts';
import { type ColumnEstimate, valueOnLine } from './column-estimate.ts';

const EQUALITY = 0.1;
const RANGE = 1 / 3;
const PATTERN = 0.15;
const ANYTHING_ELSE = 0.25;

/** @returns 0 to 1 */
export function selectivity(predicate: Expr, columns: readonly ColumnEstimate[]): number {
  const ranges = new Map<number, Range>();
  let share = 1;
  for (const conjunct of conjunctsOf(predicate)) {
    const range = rangeOf(conjunct);
    if (range === null || columns[range.column]?.min === null) share *= ofConjunct(conjunct, columns);
    else ranges.set(range.column, intersect(ranges.get(range.column), range));
  }
  for (const range of ranges.values()) share *= ofRange(range, columns[range.column]!);
  return clamp(share);
}

interface Range {
  readonly column: number;
  readonly low: number;
  readonly high: number;
}

const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=', '<>': '<>' };

/** `column ∘ literal` either way round, looking through casts of the column. */
function comparisonOf(expr: Expr): { readonly op: string; readonly column: number; readonly at: number | null } | null {
  if (expr.kind !== 'call' || expr.args.length !== 2 || FLIPPED[expr.fn] === undefined) return null;
  const [left, right] = expr.args as readonly [Expr, Expr];
  const column = columnOf(left);
  if (column !== null && right.kind === 'literal') {
    return { op: expr.fn, column, at: valueOnLine(right.value, right.type) };
  }
  const other = columnOf(right);
  if (other === null || left.kind !== 'literal') return null;
  return { op: FLIPPED[expr.fn]!, column: other, at: valueOnLine(left.value, left.type) };
}

function columnOf(expr: Expr): number | null {
  if (expr.kind === 'input-ref') return expr.index;
  return expr.kind === 'call' && expr.fn === 'CAST' ? columnOf(expr.args[0]!) : null;
}

function rangeOf(expr: Expr): Range | null {
  const comparison = comparisonOf(expr);
  if (comparison === null || comparison.at === null) return null;
  const { op, column, at } = comparison;
  if (op === '<' || op === '<=') return { column, low: Number.NEGATIVE_INFINITY, high: at };
  if (op === '>' || op === '>=') return { column, low: at, high: Number.POSITIVE_INFINITY };
  return null;
}

function intersect(known: Range | undefined, range: Range): Range {
  if (known === undefined) return range;
  return { column: range.column, low: Math.max(known.low, range.low), high: Math.min(known.high, range.high) };
}

function ofRange(range: Range, column: ColumnEstimate): number {
  if (column.min === null || column.max === null) {
    return range.low > Number.NEGATIVE_INFINITY && range.high < Number.POSITIVE_INFINITY ? RANGE * RANGE : RANGE;
  }
  const low = Math.max(range.low, column.min);
  const high = Math.min(range.high, column.max);
  if (high < low) return 0;
  const width = column.max - column.min;
  const share = width === 0 ? 1 : (high - low) / width;
  const oneValue = column.distinct === null ? 0 : 1 / Math.max(1, column.distinct);
  return clamp(Math.max(share, oneValue)) * (1 - column.nullFraction);
}

function ofConjunct(expr: Expr, columns: readonly ColumnEstimate[]): number {
  if (expr.kind === 'literal') return expr.value === true ? 1 : 0;
  if (expr.kind === 'input-ref') return 0.5;
  const nulls = (arg: Expr | undefined): number => {
    const column = arg === undefined ? null : columnOf(arg);
    return column === null ? 0 : (columns[column]?.nullFraction ?? 0);
  };
  switch (expr.fn) {
    case 'OR':
      return clamp(1 - expr.args.reduce((rest, arg) => rest * (1 - selectivity(arg, columns)), 1));
    case 'NOT':
      return clamp(1 - selectivity(expr.args[0]!, columns));
    case 'IS NULL':
      return nulls(expr.args[0]);
    case 'IS NOT NULL':
      return 1 - nulls(expr.args[0]);
    case '=':
    case 'IS NOT DISTINCT FROM':
      return ofEquality(expr, columns);
    case '<>':
      return clamp(1 - ofEquality({ ...expr, fn: '=' }, columns));
    case 'IN': {
      const column = columnOf(expr.args[0]!);
      const distinct = column === null ? null : (columns[column]?.distinct ?? null);
      const one = distinct === null ? EQUALITY : 1 / Math.max(1, distinct);
      return clamp(one * (expr.args.length - 1));
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
      return RANGE;
    case 'LIKE':
    case 'SIMILAR TO':
      return PATTERN;
    default:
      return ANYTHING_ELSE;
  }
}

function ofEquality(expr: Expr & { readonly kind: 'call' }, columns: readonly ColumnEstimate[]): number {
  const [left, right] = expr.args.map(columnOf);
  if (left != null && right != null) {
    const distinct = Math.max(columns[left]?.distinct ?? 0, columns[right]?.distinct ?? 0);
    return distinct === 0 ? EQUALITY : 1 / distinct;
  }
  const comparison = comparisonOf(expr);
  if (comparison === null) return EQUALITY;
  const column = columns[comparison.column];
  if (column === undefined) return EQUALITY;
  if (comparison.at !== null && column.min !== null && column.max !== null) {
    if (comparison.at < column.min || comparison.at > column.max) return 0;
  }
  return column.distinct === null ? EQUALITY : (1 - column.nullFraction) / Math.max(1, column.distinct);
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
