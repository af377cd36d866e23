/** Constant rows. */
import { operatorSpec } from '../../operators/define.ts';
import type { Value } from '../../types/value.ts';
import { printLiteral, recordType } from '../explain-expr.ts';
import { defineAlgorithm } from './node.ts';
import { type Strategy, sizeOf } from './strategy.ts';

export interface ValuesPlan {
  readonly rows: readonly (readonly Value[])[];
}

export const values = defineAlgorithm<ValuesPlan>({
  name: 'Values',
  provides: ({ params, schema }) => ({
    monotonicity: schema.fields.map(() => 'CONSTANT' as const),
    upsertKeys: params.rows.length < 2 ? [[]] : [],
    uniqueKeys: params.rows.length < 2 ? [[]] : [],
  }),
  describe({ params, schema }, format) {
    const print = (row: readonly Value[]): string =>
      `{ ${row.map((value, i) => printLiteral(value, schema.fields[i]!.type, format)).join(', ')} }`;
    const tuples = ['tuples', `[[${params.rows.map(print).join(', ')}]]`] as const;
    if (format === 'infix') return { items: [tuples] };
    return { items: [['type', `[${recordType(schema.fields.map(({ name, type }) => [name, type]))}]`], tuples] };
  },
  lower: ({ params, schema }, { name }) => ({
    kind: 'operator',
    spec: operatorSpec('values', name, { rows: params.rows }, [], schema),
  }),
});

export const constantRows: Strategy = {
  name: 'Values',
  keyedInput: 'either',
  implement(plan, planner) {
    if (plan.kind === 'values') return [values({ rows: plan.rows }, plan.schema, [], sizeOf(plan, planner))];
    if (plan.kind === 'sort' && plan.fetch === 0) {
      return [values({ rows: [] }, plan.schema, [], { rows: 0, width: 0, known: true })];
    }
    return [];
  },
};
