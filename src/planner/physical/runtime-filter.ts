/**
 * A small side that must not be sent to every subtask, since a row of it may come out once only, still tells which rows
 * of the large side can matter: its keys are sent everywhere, and what meets none of them is not sent on. Flink: a
 * runtime filter, which is a Bloom filter there; this one is a semi-join.
 */
import { call, type Expr, inputRef } from '../../expr/expr.ts';
import { BOOLEAN } from '../../types/data-type.ts';
import { columnOf, join as joinOf, projectColumns } from '../logical-build.ts';
import { takesOneSubtask } from '../parallelism.ts';
import { allOf } from '../predicates.ts';
import { type BatchJoin, broadcastSides, type Side } from './batch-join.ts';
import type { Planner } from './strategy.ts';

/** How many times as many rows the other side has to have: of the small one only keys are sent. */
const WORTHWHILE = 4;

/** The join with its large side filtered by the keys of the small one; null: that is not possible or not worth it. */
export function withRuntimeFilter(join: BatchJoin, planner: Planner): BatchJoin | null {
  const { plan, split, left, right } = join;
  const small: Side = left.traits.size.rows <= right.traits.size.rows ? 'left' : 'right';
  const [build, probe] = small === 'left' ? [left, right] : [right, left];
  if (planner.context.parallelism === 1 || !build.traits.size.known || !probe.traits.size.known) return null;
  if (broadcastSides(plan.type).includes(small) || keepsAll(join, small === 'left' ? 'right' : 'left')) return null;
  if (build.traits.size.rows * WORTHWHILE > probe.traits.size.rows) return null;
  // Of what one subtask reads nothing is sent.
  if (takesOneSubtask(probe, planner.context)) return null;
  const [rows, others] = small === 'left' ? [plan.right, plan.left] : [plan.left, plan.right];
  const [rowKeys, otherKeys] = small === 'left' ? [split.rightKeys, split.leftKeys] : [split.leftKeys, split.rightKeys];
  const keys = projectColumns(others, otherKeys);
  const width = rows.schema.fields.length;
  const equal = rowKeys.map((column, i): Expr => {
    const fn = split.nullSafe[i] === true ? 'IS NOT DISTINCT FROM' : '=';
    return call(fn, [columnOf(rows, column), inputRef(width + i, keys.schema.fields[i]!.type)], BOOLEAN);
  });
  const filtered = planner.plan(joinOf('SEMI', rows, keys, allOf(equal)!));
  return small === 'left' ? { ...join, right: filtered } : { ...join, left: filtered };
}

/** Rows of the side come out whether they meet others or not. */
function keepsAll({ plan: { type } }: BatchJoin, side: Side): boolean {
  if (type === 'FULL') return true;
  return side === 'left' ? type !== 'INNER' && type !== 'RIGHT' : type === 'RIGHT';
}
