/**
 * BATCH: every row of one side meets every row of the other. The only way without an equality, and cheap if one side is
 * one row; with an equality it is taken only by hint or when the others are disabled, since a wrong estimate would be
 * dear.
 */
import { operatorSpec } from '../../operators/define.ts';
import { enforce } from '../enforce.ts';
import { allOf } from '../predicates.ts';
import {
  type BatchJoin,
  batchJoinOf,
  bytesOf,
  isHashable,
  isSingleRow,
  joinHint,
  joinTraits,
  printSize,
  type Side,
} from './batch-join.ts';
import { type JoinPlan, joinItems } from './join-plan.ts';
import { type DescriptionItem, defineAlgorithm } from './node.ts';
import type { Strategy } from './strategy.ts';

export interface NestedLoopJoinPlan extends JoinPlan {
  readonly build: Side;
  readonly singleRow: boolean;
  readonly reason: string;
}

export const nestedLoopJoin = defineAlgorithm<NestedLoopJoinPlan>({
  name: 'NestedLoopJoin',
  provides({ params, inputs }) {
    const { distribution } = inputs[params.build === 'left' ? 1 : 0]!.traits;
    const keeps = params.build === 'right' || distribution.kind !== 'hash';
    return { ...joinTraits(params, inputs), distribution: keeps ? distribution : { kind: 'any' } };
  },
  requires({ params }, input) {
    if (params.type === 'FULL') return { distribution: { kind: 'singleton' }, ordering: [] };
    const isBuild = (input === 0 ? 'left' : 'right') === params.build;
    return { distribution: { kind: isBuild ? 'broadcast' : 'any' }, ordering: [] };
  },
  cost({ params, inputs }) {
    const [left, right] = inputs.map((input) => Math.max(1, input.traits.size.rows)) as [number, number];
    const cpu = left * right * (params.singleRow ? 0.99 : 1);
    return { cpu, memory: bytesOf(inputs[params.build === 'left' ? 0 : 1]!) };
  },
  reason: ({ params }) => params.reason,
  describe({ params, schema }, format) {
    const single: readonly DescriptionItem[] = params.singleRow ? [['singleRowJoin', '[true]']] : [];
    return {
      items: [...joinItems(params, schema, format), ['build', `[${params.build}]`], ...single],
    };
  },
  lower({ params, inputs, schema }, { name }) {
    const join = {
      type: params.type,
      condition: allOf(params.conjuncts),
      buildSide: params.build,
      nullAware: params.nullAware,
    };
    const schemas = inputs.map((input) => input.schema);
    const spec = operatorSpec('nested-loop-join', name, join, schemas, schema);
    return { kind: 'operator', spec, priorities: params.build === 'left' ? [0, 1] : [1, 0] };
  },
});

export const nestedLoopJoins: Strategy = {
  name: 'NestedLoopJoin',
  keyedInput: 'sorted-by-key',
  implement(plan, planner) {
    const join = batchJoinOf(plan, planner);
    if (join === null) return [];
    const hint = joinHint(join.plan);
    const single = hint === null ? singleRowSide(join) : null;
    if (isHashable(join.split)) {
      const others = planner.disabled('ShuffleHashJoin') && planner.disabled('SortMergeJoin');
      const wanted = hint === null ? single !== null || others : hint.name === 'NEST_LOOP';
      if (!wanted || planner.disabled('NestedLoopJoin')) return [];
    }
    const build = single ?? buildSide(join, hint?.name === 'NEST_LOOP' ? hint.sides[0]! : null);
    const params = { ...join.split, build, singleRow: single !== null, reason: reasonOf(join, build, single !== null) };
    return [enforce(nestedLoopJoin(params, join.schema, [join.left, join.right], join.size))];
  },
};

function singleRowSide({ plan, left, right }: BatchJoin): Side | null {
  if (plan.type !== 'RIGHT' && isSingleRow(right)) return 'right';
  const leftMayBuild = plan.type === 'INNER' || plan.type === 'FULL' || plan.type === 'RIGHT';
  return leftMayBuild && isSingleRow(left) ? 'left' : null;
}

function buildSide({ plan, left, right }: BatchJoin, hinted: Side | null): Side {
  if (plan.type === 'RIGHT') return 'left';
  if (plan.type !== 'INNER' && plan.type !== 'FULL') return 'right';
  return hinted ?? (bytesOf(left) <= bytesOf(right) ? 'left' : 'right');
}

function reasonOf(join: BatchJoin, build: Side, single: boolean): string {
  const node = build === 'left' ? join.left : join.right;
  if (joinHint(join.plan)?.name === 'NEST_LOOP') return 'hint NEST_LOOP';
  if (single) return `nested loop: ${build} is a single row`;
  if (join.split.leftKeys.length === 0)
    return `nested loop: no equality between the sides; ${build} is kept (${printSize(node)})`;
  return 'nested loop: the other joins are disabled';
}
