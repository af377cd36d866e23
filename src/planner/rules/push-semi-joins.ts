/**
 * SEMI and ANTI joins as filters: below projections and inner joins, to the input that has the columns that they
 * compare, unless the joins above leave fewer rows to look up.
 */
import { inputsOf, remapInputs } from '../../expr/expr.ts';
import type { Join, LogicalPlan, Project } from '../logical.ts';
import * as build from '../logical-build.ts';
import { rewriteAll, withInputs } from '../logical-visit.ts';
import { Estimator } from '../stats/row-count.ts';
import type { Rule } from './rule.ts';
import { sharedNodes } from './sharing.ts';

export const pushSemiJoins: Rule = {
  name: 'push-semi-joins',
  reason: 'before the join order is chosen, which then counts with the rows that are left',
  apply: (roots, { profile }) => {
    // A stream keeps the order that was written: what an update costs is not known from statistics.
    if (profile.keyedInput === 'arrival-order') return roots;
    const shared = sharedNodes(roots);
    const estimator = new Estimator();
    const kept = new Set<LogicalPlan>(shared);
    return rewriteAll(roots, (node) => {
      const made = isSemi(node) ? push(node, kept, estimator) : node;
      if (shared.has(node)) kept.add(made);
      return made;
    });
  },
};

function isSemi(node: LogicalPlan): node is Join {
  return node.kind === 'join' && (node.type === 'SEMI' || node.type === 'ANTI') && node.hints.length === 0;
}

/** A SEMI or ANTI join on its way down. */
interface Pushed {
  /** What stands in place of the join. */
  readonly plan: LogicalPlan;
  /** The join where it has come to rest. */
  readonly join: Join;
}

/**
 * Worth it if the rows that the join reads below, and that the joins above it then read and give, are fewer than the
 * rows that it would read and they give otherwise.
 */
function push(join: Join, kept: ReadonlySet<LogicalPlan>, estimator: Estimator): LogicalPlan {
  const pushed = descend(join, kept);
  if (pushed.join === join) return join;
  const rows = (plan: LogicalPlan): number => estimator.estimate(plan).rows;
  const side = rows(pushed.join.left);
  const above = rows(join.left);
  const share = rows(pushed.join) / Math.max(1, side);
  return share * (side + above) <= 2 * above ? pushed.plan : join;
}

function descend(join: Join, kept: ReadonlySet<LogicalPlan>): Pushed {
  const { left } = join;
  const stays: Pushed = { plan: join, join };
  if (kept.has(left)) return stays;
  if (left.kind === 'filter') {
    const moved = build.join(join.type, left.input, join.right, join.condition, join);
    const below = descend(moved, kept);
    return below.join === moved ? stays : { ...below, plan: build.filter(below.plan, left.predicate) };
  }
  const width = build.widthOf(left);
  const compared = inputsOf(join.condition).filter((column) => column < width);
  if (left.kind === 'project') return throughProject(join, left, compared, kept) ?? stays;
  if (left.kind !== 'join' || left.type !== 'INNER' || left.hints.length > 0 || compared.length === 0) return stays;
  const leftWidth = build.widthOf(left.left);
  const onLeft = compared.every((column) => column < leftWidth);
  const onRight = compared.every((column) => column >= leftWidth);
  if (!onLeft && !onRight) return stays;
  const side = onLeft ? left.left : left.right;
  const sideWidth = build.widthOf(side);
  const condition = remapInputs(join.condition, (column) => {
    if (column >= width) return column - width + sideWidth;
    return onLeft ? column : column - leftWidth;
  });
  const below = descend(build.join(join.type, side, join.right, condition, join), kept);
  const inputs = onLeft ? [below.plan, left.right] : [left.left, below.plan];
  return { ...below, plan: build.join('INNER', inputs[0]!, inputs[1]!, left.condition, left) };
}

/** Only where the compared columns are columns below; null for a projection that computes them. */
function throughProject(
  join: Join,
  left: Project,
  compared: readonly number[],
  kept: ReadonlySet<LogicalPlan>,
): Pushed | null {
  if (!compared.every((column) => left.exprs[column]!.kind === 'input-ref')) return null;
  const width = build.widthOf(left);
  const below = build.widthOf(left.input);
  const condition = remapInputs(join.condition, (column) => {
    if (column >= width) return column - width + below;
    const expr = left.exprs[column]!;
    return expr.kind === 'input-ref' ? expr.index : column;
  });
  const moved = descend(build.join(join.type, left.input, join.right, condition, join), kept);
  return { ...moved, plan: withInputs(left, [moved.plan]) };
}
