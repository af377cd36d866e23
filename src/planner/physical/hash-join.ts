/**
 * BATCH: builds a hash table of one side, which must fit in memory, and probes it with the other. The small side is
 * sent to every subtask if it is small enough (broadcast), otherwise both sides are sent by hash of the keys. Subtasks
 * of one process need not send anything for that: they keep one table together (operators/join/shared-build.ts).
 */
import { operatorSpec } from '../../operators/define.ts';
import { enforce } from '../enforce.ts';
import { allOf } from '../predicates.ts';
import { HASH_COST, printBytes } from '../stats/cost.ts';
import {
  type BatchJoin,
  batchJoinOf,
  broadcastSides,
  bytesOf,
  isHashable,
  joinHint,
  joinTraits,
  printSize,
  type Side,
} from './batch-join.ts';
import { type JoinPlan, joinItems } from './join-plan.ts';
import { type DescriptionItem, defineAlgorithm, type PhysicalNode } from './node.ts';
import type { Planner, Strategy } from './strategy.ts';

export interface HashJoinPlan extends JoinPlan {
  readonly build: Side;
  readonly broadcast: boolean;
  /** The subtasks keep one table: the exchanges stand for what need not be sent. */
  readonly shared: boolean;
  readonly reason: string;
}

export const hashJoin = defineAlgorithm<HashJoinPlan>({
  name: 'HashJoin',
  provides({ params, inputs }) {
    const probe = inputs[params.build === 'left' ? 1 : 0]!;
    const leftOnly =
      params.type === 'SEMI' || params.type === 'ANTI' || params.type === 'INNER' || params.type === 'LEFT';
    const hashed = { kind: 'hash', keys: params.leftKeys } as const;
    const shuffled = leftOnly ? hashed : ({ kind: 'any' } as const);
    // Build rows that met nothing come out of any subtask.
    const stays = params.build === 'right' && leftOnly;
    const kept = stays ? probe.traits.distribution : ({ kind: 'any' } as const);
    return { ...joinTraits(params, inputs), distribution: params.broadcast || params.shared ? kept : shuffled };
  },
  requires({ params }, input) {
    const side: Side = input === 0 ? 'left' : 'right';
    const { shared } = params;
    if (params.broadcast) {
      return { distribution: { kind: side === params.build ? 'broadcast' : 'any' }, ordering: [], shared };
    }
    const keys = side === 'left' ? params.leftKeys : params.rightKeys;
    return { distribution: { kind: 'hash', keys }, ordering: [], shared };
  },
  cost({ params, inputs }) {
    const build = inputs[params.build === 'left' ? 0 : 1]!;
    const probe = inputs[params.build === 'left' ? 1 : 0]!;
    const cpu = HASH_COST * probe.traits.size.rows + (HASH_COST + 1) * build.traits.size.rows;
    return { cpu, memory: tableBytes(build) };
  },
  reason: ({ params }) => params.reason,
  describe({ params, schema }, format) {
    const broadcast: readonly DescriptionItem[] = params.broadcast ? [['isBroadcast', '[true]']] : [];
    return {
      items: [...joinItems(params, schema, format), ...broadcast, ['build', `[${params.build}]`]],
    };
  },
  lower({ params, inputs, schema }, { name }) {
    const build = inputs[params.build === 'left' ? 0 : 1]!.traits.size;
    const spec = operatorSpec(
      'hash-join',
      name,
      {
        type: params.type,
        leftKeys: params.leftKeys,
        rightKeys: params.rightKeys,
        nullSafe: params.nullSafe,
        condition: allOf(params.rest),
        buildSide: params.build,
        nullAware: params.nullAware,
        estimatedBuildRows: build.known ? Math.ceil(build.rows) : null,
      },
      inputs.map((input) => input.schema),
      schema,
    );
    const meets = params.shared ? { meets: true } : {};
    return { kind: 'operator', spec: { ...spec, ...meets }, priorities: params.build === 'left' ? [0, 1] : [1, 0] };
  },
});

export const hashJoins: Strategy = {
  name: 'HashJoin',
  keyedInput: 'sorted-by-key',
  implement(plan, planner) {
    const join = batchJoinOf(plan, planner);
    if (join === null || !isHashable(join.split)) return [];
    const hint = joinHint(join.plan);
    if (hint !== null && hint.name !== 'BROADCAST' && hint.name !== 'SHUFFLE_HASH') return [];
    if (join.split.nullAware) return [broadcastOf(join, 'right', planner, 'hash: NOT IN needs the right side whole')];
    return [...broadcastJoin(join, planner), ...shuffledJoin(join, planner)];
  },
};

function broadcastJoin(join: BatchJoin, planner: Planner): readonly PhysicalNode[] {
  const { left, right, plan } = join;
  const { parallelism, configuration } = planner.context;
  const legal = broadcastSides(plan.type);
  const hint = joinHint(plan);
  if (hint !== null) {
    const side = hint.name === 'BROADCAST' ? hint.sides.find((named) => legal.includes(named)) : undefined;
    return side === undefined ? [] : [broadcastOf(join, side, planner, `hint BROADCAST(${side})`)];
  }
  if (parallelism === 1 || planner.disabled('BroadcastHashJoin')) return [];
  const threshold = configuration.number('table.optimizer.join.broadcast-threshold');
  const small = (side: Side): boolean => {
    const build = side === 'left' ? left : right;
    if (!build.traits.size.known) return false;
    return bytesOf(build) <= threshold && tableBytes(build) <= planner.context.memory;
  };
  const sides = legal
    .filter(small)
    .sort((a, b) => bytesOf(a === 'left' ? left : right) - bytesOf(b === 'left' ? left : right));
  const side = sides[0];
  if (side === undefined) return [];
  const node = side === 'left' ? left : right;
  const reason = `hash, broadcast: ${side} is ${printSize(node)}, within 'table.optimizer.join.broadcast-threshold'`;
  return [broadcastOf(join, side, planner, reason)];
}

function shuffledJoin(join: BatchJoin, planner: Planner): readonly PhysicalNode[] {
  const { left, right, plan } = join;
  if (planner.disabled('ShuffleHashJoin')) return [];
  const hint = joinHint(plan);
  if (hint?.name === 'BROADCAST' && hint.sides.some((side) => broadcastSides(plan.type).includes(side))) return [];
  if (hint?.name === 'SHUFFLE_HASH') {
    return [joinOf(join, hint.sides[0]!, BY_HASH, `hint SHUFFLE_HASH(${hint.sides[0]})`)];
  }
  const oneSided = plan.type === 'SEMI' || plan.type === 'ANTI';
  const known = left.traits.size.known && right.traits.size.known;
  const smaller: Side = bytesOf(right) < bytesOf(left) ? 'right' : 'left';
  const side: Side = !known && oneSided ? 'right' : smaller;
  const build = side === 'left' ? left : right;
  const { memory } = planner.context;
  const fits = !build.traits.size.known || tableBytes(build) <= memory;
  if (!fits && !planner.disabled('SortMergeJoin')) return [];
  const budget = `${fits ? 'fits in' : 'is more than'} ${printBytes(memory)}`;
  const why = known
    ? `${side} is smaller (${printSize(left)} against ${printSize(right)})`
    : `sizes are unknown, ${side} is built`;
  const reason = `hash: build ${printSize(build)} ${budget}; ${why}`;
  const sent = joinOf(join, side, BY_HASH, reason);
  return planner.context.parallelism === 1 ? [sent] : [sent, joinOf(join, side, { ...BY_HASH, shared: true }, reason)];
}

type TablePlan = Pick<HashJoinPlan, 'broadcast' | 'shared'>;

const BY_HASH: TablePlan = { broadcast: false, shared: false };

function broadcastOf(join: BatchJoin, build: Side, { context }: Planner, reason: string): PhysicalNode {
  return joinOf(join, build, { broadcast: true, shared: context.parallelism > 1 }, reason);
}

function joinOf(join: BatchJoin, build: Side, table: TablePlan, reason: string): PhysicalNode {
  const params: HashJoinPlan = { ...join.split, ...table, build, reason };
  return enforce(hashJoin(params, join.schema, [join.left, join.right], join.size));
}

/** Memory of a hash table over all rows of a node. */
function tableBytes(build: PhysicalNode): number {
  return build.traits.size.rows * (build.traits.size.width + ENTRY_OVERHEAD);
}

/** Bytes per entry of a hash table besides the row. */
const ENTRY_OVERHEAD = 16;
