/** What the BATCH joins share: which side may be built, hints, and whether a side can have more than one row. */
import type { JoinType } from '../../operators/specs.ts';
import type { Hint, Join, LogicalPlan } from '../logical.ts';
import { printBytes } from '../stats/cost.ts';
import { joinKeys } from '../upsert-keys.ts';
import { type JoinPlan, joinPlanOf, joinSchema } from './join-plan.ts';
import type { PhysicalNode, PhysicalTraits, Size } from './node.ts';
import { type Planner, sizeOf } from './strategy.ts';

export type Side = 'left' | 'right';

export interface BatchJoin {
  readonly plan: Join;
  readonly split: JoinPlan;
  readonly left: PhysicalNode;
  readonly right: PhysicalNode;
  readonly schema: ReturnType<typeof joinSchema>;
  readonly size: Size;
}

export function batchJoinOf(plan: LogicalPlan, planner: Planner): BatchJoin | null {
  if (plan.kind !== 'join') return null;
  const left = planner.plan(plan.left);
  const right = planner.plan(plan.right);
  const split = joinPlanOf(plan, left, right);
  return { plan, split, left, right, schema: joinSchema(plan, left, right), size: sizeOf(plan, planner) };
}

export function bytesOf(node: PhysicalNode): number {
  return node.traits.size.rows * node.traits.size.width;
}

export function printSize(node: PhysicalNode): string {
  return node.traits.size.known ? printBytes(Math.ceil(bytesOf(node))) : 'unknown size';
}

/** Sides that a broadcast join may send to every subtask without losing or repeating outer rows. */
export function broadcastSides(type: JoinType): readonly Side[] {
  if (type === 'INNER') return ['left', 'right'];
  if (type === 'RIGHT') return ['left'];
  return type === 'FULL' ? [] : ['right'];
}

const JOIN_HINTS: ReadonlySet<string> = new Set(['BROADCAST', 'SHUFFLE_HASH', 'SHUFFLE_MERGE', 'NEST_LOOP']);

export interface JoinHint {
  readonly name: string;
  /** Sides that the hint names, in order. */
  readonly sides: readonly Side[];
}

/**
 * The first join hint that names a side of this join (the binder has put LEFT and RIGHT for tables); semi-joins take
 * none.
 */
export function joinHint(plan: Join): JoinHint | null {
  if (plan.type === 'SEMI' || plan.type === 'ANTI') return null;
  for (const hint of plan.hints) {
    if (!JOIN_HINTS.has(hint.name)) continue;
    const sides = sidesOf(hint);
    if (sides.length > 0) return { name: hint.name, sides };
  }
  return null;
}

function sidesOf(hint: Hint): readonly Side[] {
  return hint.args.flatMap((arg): readonly Side[] => (arg === 'LEFT' ? ['left'] : arg === 'RIGHT' ? ['right'] : []));
}

/** Traits that do not depend on the algorithm. */
export function joinTraits(
  params: JoinPlan,
  inputs: readonly PhysicalNode[],
): Pick<PhysicalTraits, 'upsertKeys' | 'uniqueKeys' | 'monotonicity' | 'ordering'> {
  const [left, right] = [inputs[0]!, inputs[1]!];
  const pairs = { left: params.leftKeys, right: params.rightKeys };
  const keys = joinKeys(params.type, left.traits.uniqueKeys, right.traits.uniqueKeys, pairs, left.schema.fields.length);
  return { upsertKeys: keys, uniqueKeys: keys, monotonicity: null, ordering: [] };
}

/** At most one row comes: an aggregate without keys, or one row of constants. */
export function isSingleRow(node: PhysicalNode): boolean {
  return node.traits.uniqueKeys.some((key) => key.length === 0);
}

/** A hash table finds all matches: there is an equality, and NOT IN has nothing but one. */
export function isHashable(split: JoinPlan): boolean {
  if (split.nullAware) return split.leftKeys.length === 1 && split.rest.length === 0;
  return split.leftKeys.length > 0;
}
