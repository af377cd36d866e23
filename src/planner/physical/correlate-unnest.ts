/** UNNEST of a collection that each row computes. Flink: a Correlate with $UNNEST_ROWS$1. */
import { type Expr, visitExpr } from '../../expr/expr.ts';
import { operatorSpec } from '../../operators/define.ts';
import { printExpr, recordType } from '../explain-expr.ts';
import { namesOf, renamed } from './names.ts';
import { defineAlgorithm, forwardDelete, forwardUpdate } from './node.ts';
import { type Strategy, sizeOf } from './strategy.ts';

export interface CorrelateUnnestPlan {
  readonly collection: Expr;
  readonly outer: boolean;
  readonly withOrdinality: boolean;
}

export const correlateUnnest = defineAlgorithm<CorrelateUnnestPlan>({
  name: 'Correlate',
  provides: () => ({ upsertKeys: [], uniqueKeys: [], monotonicity: null }),
  cost: ({ size }) => ({ cpu: size.rows }),
  describe({ params, inputs, schema }, format) {
    const names = namesOf(inputs[0]!.schema);
    let correlated = false;
    visitExpr(params.collection, (node) => {
      correlated ||= node.kind === 'input-ref';
    });
    const qualified = correlated ? names.map((name) => `$cor0.${name}`) : names;
    const fn = params.withOrdinality ? '$UNNEST_ROWS_WITH_ORDINALITY$1' : '$UNNEST_ROWS$1';
    const call = `${fn}(${printExpr(params.collection, qualified, format)})`;
    return {
      items: [
        ['invocation', `[${call}]`],
        ['correlate', `[table(${call})]`],
        ['select', `[${namesOf(schema).join(',')}]`],
        ['rowType', `[${recordType(schema.fields.map(({ name, type }) => [name, type] as const))}]`],
        ['joinType', params.outer ? '[LEFT]' : '[INNER]'],
      ],
    };
  },
  satisfyUpdate: forwardUpdate,
  satisfyDelete: forwardDelete,
  lower({ params, inputs, schema }, { name }) {
    const unnest = { ...params, condition: null };
    return { kind: 'operator', spec: operatorSpec('correlate-unnest', name, unnest, [inputs[0]!.schema], schema) };
  },
});

export const unnests: Strategy = {
  name: 'Correlate',
  keyedInput: 'either',
  implement(plan, planner) {
    if (plan.kind !== 'unnest') return [];
    const input = planner.plan(plan.input);
    const { collection, outer, withOrdinality } = plan;
    const names = [...input.schema.fields, ...plan.schema.fields.slice(input.schema.fields.length)];
    const schema = renamed(plan.schema, names);
    return [correlateUnnest({ collection, outer, withOrdinality }, schema, [input], sizeOf(plan, planner))];
  },
};
