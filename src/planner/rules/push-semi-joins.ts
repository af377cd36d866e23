/**
 * SEMI and ANTI joins as filters: below projections and inner joins, to the input that has the columns that they
 * compare, where their right side is small against it. A large right side is better met late, by few rows.
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

function push(join: Join, kept: ReadonlySet<LogicalPlan>, estimator: Estimator): LogicalPlan {
  const { left } = join;
  if (kept.has(left)) return join;
  const width = build.widthOf(left);
  const compared = inputsOf(join.condition).filter((column) => column < width);
  if (left.kind === 'filter') {
    const below = push(over(join, left.input), kept, estimator);
    return below.kind === 'join' && isSemi(below) && below.left === left.input
      ? join
      : build.filter(below, left.predicate);
  }
  if (left.kind === 'project') return pushThroughProject(join, left, compared, kept, estimator);
  if (left.kind !== 'join' || left.type !== 'INNER' || left.hints.length > 0 || compared.length === 0) return join;
  const leftWidth = build.widthOf(left.left);
  const onLeft = compared.every((column) => column < leftWidth);
  const onRight = compared.every((column) => column >= leftWidth);
  if (!onLeft && !onRight) return join;
  const side = onLeft ? left.left : left.right;
  if (estimator.estimate(join.right).rows > estimator.estimate(side).rows) return join;
  const sideWidth = build.widthOf(side);
  const condition = remapInputs(join.condition, (column) => {
    if (column >= width) return column - width + sideWidth;
    return onLeft ? column : column - leftWidth;
  });
  const pushed = push(build.join(join.type, side, join.right, condition, join), kept, estimator);
  return onLeft
    ? build.join('INNER', pushed, left.right, left.condition, left)
    : build.join('INNER', left.left, pushed, left.condition, left);
}

/** Only where the compared columns are columns below; a projection that computes them stays below. */
function pushThroughProject(
  join: Join,
  left: Project,
  compared: readonly number[],
  kept: ReadonlySet<LogicalPlan>,
  estimator: Estimator,
): LogicalPlan {
  if (!compared.every((column) => left.exprs[column]!.kind === 'input-ref')) return join;
  const width = build.widthOf(left);
  const below = build.widthOf(left.input);
  const condition = remapInputs(join.condition, (column) => {
    if (column >= width) return column - width + below;
    const expr = left.exprs[column]!;
    return expr.kind === 'input-ref' ? expr.index : column;
  });
  const moved = build.join(join.type, left.input, join.right, condition, join);
  return withInputs(left, [push(moved, kept, estimator)]);
}

function over(join: Join, left: LogicalPlan): Join {
  return build.join(join.type, left, join.right, join.condition, join);
}
