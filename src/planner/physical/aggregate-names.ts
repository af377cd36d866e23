/** Aggregate calls as EXPLAIN prints them: `COUNT_RETRACT(DISTINCT a) FILTER $f1 AS n`. */
import type { AggregateCall } from '../../expr/expr.ts';
import type { Schema } from '../../types/schema.ts';
import { isInsertOnly } from '../changelog.ts';
import type { PhysicalNode } from './node.ts';

export interface CallStyle {
  /** Behind the name of the function: `_RETRACT`. */
  readonly suffix?: string;
  /** Before it: `Partial_`, `Final_`. */
  readonly prefix?: string;
  /** Printed in place of the arguments: the accumulators of a final phase. */
  readonly args?: string;
}

/** The call without its name. */
export function printCall(call: AggregateCall, input: Schema, style: CallStyle = {}): string {
  const name = (index: number): string => input.fields[index]!.name;
  const columns = call.args.map(name);
  const literals = (call.literals ?? []).map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
  const args = style.args ?? (columns.length === 0 ? '*' : [...columns, ...literals].join(', '));
  const distinct = call.distinct && style.args === undefined ? 'DISTINCT ' : '';
  const filter = call.filter === null || style.args !== undefined ? '' : ` FILTER ${name(call.filter)}`;
  return `${style.prefix ?? ''}${call.fn}${style.suffix ?? ''}(${distinct}${args})${filter}`;
}

/** The rows that calls read. */
export type AggregatedRows = Pick<PhysicalNode, 'schema' | 'traits'>;

export function retracts({ traits }: AggregatedRows): boolean {
  return !isInsertOnly(traits.modify);
}

/** Behind the name of a function that has to take rows back. */
export function retractSuffix(call: AggregateCall, rows: AggregatedRows): string {
  return retracts(rows) && needsRetraction(call, rows) ? '_RETRACT' : '';
}

/** MAX of a column that only grows never has to take back its maximum. */
function needsRetraction(call: AggregateCall, { traits }: AggregatedRows): boolean {
  const column = call.args.length === 1 ? traits.monotonicity?.[call.args[0]!] : undefined;
  if (call.fn === 'MAX') return column !== 'INCREASING' && column !== 'CONSTANT';
  return call.fn === 'MIN' ? column !== 'DECREASING' && column !== 'CONSTANT' : true;
}

/** Names of the accumulators of each call, numbered through, as EXPLAIN has them between two phases. */
export function accumulatorNames(
  calls: readonly AggregateCall[],
  suffixes: readonly string[] = [],
): readonly (readonly string[])[] {
  let next = 0;
  return calls.map((call, i) => accumulatorLabels(call, suffixes[i] ?? '').map((label) => `${label}$${next++}`));
}

/** `a$0`, or where there are several `(a$0, b$1)`. */
export function printAccumulators(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `(${names.join(', ')})`;
}

function accumulatorLabels(call: AggregateCall, suffix: string): readonly string[] {
  if (call.fn === 'COUNT') return [call.args.length === 0 ? 'count1' : 'count'];
  if (call.fn === 'AVG' || (call.fn === 'SUM' && suffix !== '')) return ['sum', 'count'];
  return [call.fn === '$SUM0' ? 'sum' : call.fn.toLowerCase()];
}
