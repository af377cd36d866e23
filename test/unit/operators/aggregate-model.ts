/**
 * GROUP BY by the definition, over one STRING key, one INT and one BIGINT: the model that the algorithms are checked
 * against.
 */
import type { AggregateCall } from '../../../src/expr/expr.ts';
import { BIGINT, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';

export const AGGREGATE_INPUT = [nullable(STRING), nullable(INT), BIGINT, nullable(STRING)];

export const AGGREGATE_CALLS: readonly AggregateCall[] = [
  { fn: 'COUNT', args: [], distinct: false, filter: null, type: BIGINT },
  { fn: 'SUM', args: [1], distinct: false, filter: null, type: nullable(INT) },
  { fn: 'MIN', args: [2], distinct: false, filter: null, type: nullable(BIGINT) },
  { fn: 'MAX', args: [3], distinct: false, filter: null, type: nullable(STRING) },
];

export const DISTINCT_CALLS: readonly AggregateCall[] = [
  { fn: 'COUNT', args: [3], distinct: true, filter: null, type: BIGINT },
  { fn: 'SUM', args: [1], distinct: true, filter: null, type: nullable(INT) },
];

export const REFERENCE_CALLS: readonly AggregateCall[] = [
  { fn: 'LISTAGG', args: [3], distinct: false, filter: null, type: nullable(STRING) },
];

type Row = readonly Value[];

function resultOf({ fn, args, distinct }: AggregateCall, rows: readonly Row[]): Value {
  const all = args.length === 0 ? rows.map(() => 1) : rows.map((row) => row[args[0]!]!).filter((v) => v !== null);
  const values = distinct ? [...new Set(all)] : all;
  if (fn === 'COUNT') return BigInt(values.length);
  if (values.length === 0) return null;
  switch (fn) {
    case 'SUM':
      return (values as number[]).reduce((a, b) => a + b, 0);
    case 'MIN':
      return values.reduce((a, b) => (b! < a! ? b : a));
    case 'MAX':
      return values.reduce((a, b) => (b! > a! ? b : a));
    default:
      return values.join(',');
  }
}

/** Keys, then results, in no order. */
export function modelAggregate(keys: readonly number[], calls: readonly AggregateCall[], rows: readonly Row[]): Row[] {
  const groups = new Map<string, Row[]>();
  if (keys.length === 0) groups.set('[]', []);
  for (const row of rows) {
    const key = JSON.stringify(keys.map((i) => (typeof row[i] === 'bigint' ? String(row[i]) : row[i])));
    const group = groups.get(key) ?? [];
    group.push(row);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => [
    ...keys.map((i) => group[0]![i]!),
    ...calls.map((call) => resultOf(call, group)),
  ]);
}
