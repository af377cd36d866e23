/** BATCH: sorts both sides by key, spilling, and merges them. Wins when neither side fits in memory, or by hint. */
import { operatorSpec } from '../../operators/define.ts';
import { enforce } from '../enforce.ts';
import { allOf } from '../predicates.ts';
import { COMPARE_COST, printBytes, SPILL_COST_PER_BYTE, sortCpu } from '../stats/cost.ts';
import { batchJoinOf, bytesOf, joinHint, joinTraits } from './batch-join.ts';
import { type JoinPlan, joinItems } from './join-plan.ts';
import { defineAlgorithm } from './node.ts';
import type { Strategy } from './strategy.ts';

export interface SortMergeJoinPlan extends JoinPlan {
  readonly memory: number;
  readonly reason: string;
}

export const sortMergeJoin = defineAlgorithm<SortMergeJoinPlan>({
  name: 'SortMergeJoin',
  provides: ({ params, inputs }) => ({
    ...joinTraits(params, inputs),
    distribution:
      params.type === 'RIGHT' || params.type === 'FULL' ? { kind: 'any' } : { kind: 'hash', keys: params.leftKeys },
  }),
  requires: ({ params }, input) => ({
    distribution: { kind: 'hash', keys: input === 0 ? params.leftKeys : params.rightKeys },
    ordering: [],
  }),
  cost({ params, inputs }) {
    const sizes = inputs.map((input) => input.traits.size.rows);
    const bytes = inputs.reduce((sum, input) => sum + bytesOf(input), 0);
    const sorts = sizes.reduce((sum, rows) => sum + sortCpu(rows, params.leftKeys.length), 0);
    return {
      cpu: sorts + COMPARE_COST * sizes.reduce((sum, rows) => sum + rows, 0),
      memory: Math.min(bytes, params.memory),
      io: SPILL_COST_PER_BYTE * Math.max(0, bytes - params.memory),
    };
  },
  reason: ({ params }) => params.reason,
  describe: ({ params, schema }, format) => ({
    items: [...joinItems(params, schema, format)],
  }),
  lower({ params, inputs, schema }, { name }) {
    const { type, leftKeys, rightKeys, nullSafe } = params;
    const join = { type, leftKeys, rightKeys, nullSafe, condition: allOf(params.rest) };
    const schemas = inputs.map((input) => input.schema);
    return { kind: 'operator', spec: operatorSpec('sort-merge-join', name, join, schemas, schema) };
  },
});

export const sortMergeJoins: Strategy = {
  name: 'SortMergeJoin',
  keyedInput: 'sorted-by-key',
  implement(plan, planner) {
    const join = batchJoinOf(plan, planner);
    if (join === null || join.split.leftKeys.length === 0 || join.split.nullAware) return [];
    if (planner.disabled('SortMergeJoin')) return [];
    const hint = joinHint(join.plan);
    if (hint !== null && hint.name !== 'SHUFFLE_MERGE') return [];
    const { memory } = planner.context;
    const reason =
      hint === null
        ? `sort-merge: no side fits in ${printBytes(memory)} as a hash table, or hash joins are disabled`
        : 'hint SHUFFLE_MERGE';
    const params: SortMergeJoinPlan = { ...join.split, memory, reason };
    return [enforce(sortMergeJoin(params, join.schema, [join.left, join.right], join.size))];
  },
};
