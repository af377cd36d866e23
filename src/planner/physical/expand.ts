/** Each row once per projection: GROUPING SETS. */

import { type Expr, inputsOf } from '../../expr/expr.ts';
import { operatorSpec } from '../../operators/define.ts';
import { printExpr } from '../explain-expr.ts';
import { namesOf } from './names.ts';
import { defineAlgorithm, forwardDelete, forwardUpdate } from './node.ts';
import { type Strategy, sizeOf } from './strategy.ts';

export interface ExpandPlan {
  readonly projections: readonly (readonly Expr[])[];
}

export const expand = defineAlgorithm<ExpandPlan>({
  name: 'Expand',
  provides: () => ({ distribution: { kind: 'any' }, ordering: [], upsertKeys: [], uniqueKeys: [], monotonicity: null }),
  cost: ({ size }) => ({ cpu: size.rows }),
  describe({ params, inputs, schema }, format) {
    const names = namesOf(inputs[0]!.schema);
    const print = (expr: Expr, i: number): string => {
      const name = schema.fields[i]!.name;
      if (expr.kind === 'literal') return `${expr.value === null ? 'null' : String(expr.value)} AS ${name}`;
      const printed = printExpr(expr, names, format);
      return printed === name && inputsOf(expr).length === 1 ? printed : `${printed} AS ${name}`;
    };
    const lists = params.projections.map((list) => `{${list.map(print).join(', ')}}`);
    return { items: [['projects', `[${lists.join(', ')}]`]] };
  },
  satisfyUpdate: forwardUpdate,
  satisfyDelete: forwardDelete,
  lower: ({ params, inputs, schema }, { name }) => ({
    kind: 'operator',
    spec: operatorSpec('expand', name, { projections: params.projections }, [inputs[0]!.schema], schema),
  }),
});

export const expands: Strategy = {
  name: 'Expand',
  keyedInput: 'either',
  implement(plan, planner) {
    if (plan.kind !== 'expand') return [];
    const input = planner.plan(plan.input);
    return [expand({ projections: plan.projections }, plan.schema, [input], sizeOf(plan, planner))];
  },
};
