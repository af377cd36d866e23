/** UNION ALL: no operator, the consumer reads several edges. */
import { unionModify } from '../changelog.ts';
import { namesOf } from './names.ts';
import { defineAlgorithm, forwardDelete, forwardUpdate } from './node.ts';
import { type Strategy, sizeOf } from './strategy.ts';

export const union = defineAlgorithm<Record<never, never>>({
  name: 'Union',
  provides: ({ inputs }) => ({
    modify: unionModify(...inputs.map((input) => input.traits.modify)),
    distribution: { kind: 'any' },
    ordering: [],
    upsertKeys: [],
    uniqueKeys: [],
    monotonicity: null,
  }),
  describe: ({ schema }) => ({
    items: [
      ['all', '[true]'],
      ['union', `[${namesOf(schema).join(', ')}]`],
    ],
  }),
  satisfyUpdate: forwardUpdate,
  satisfyDelete: forwardDelete,
  lower: () => ({ kind: 'union' }),
});

export const unionAll: Strategy = {
  name: 'Union',
  keyedInput: 'either',
  implement(plan, planner) {
    if (plan.kind !== 'set-operation' || plan.op !== 'UNION' || !plan.all) return [];
    const inputs = plan.inputs.map((input) => planner.plan(input));
    return [union({}, plan.schema, inputs, sizeOf(plan, planner))];
  },
};
