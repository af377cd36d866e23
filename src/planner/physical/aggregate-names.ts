/** Aggregate calls as EXPLAIN prints them: `COUNT_RETRACT(DISTINCT a) FILTER $f1 AS n`. */
import type { AggregateCall } from '../../expr/expr.ts';
import type { Schema } from '../../types/schema.ts';

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
