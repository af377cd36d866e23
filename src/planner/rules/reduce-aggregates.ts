/**
 * An aggregation that is joined by its key to a few rows need not group what they do not ask for: its input is first
 * joined SEMI with their keys. Whole groups are left out, so the groups that are left are the same. This is what
 * correlated aggregates become (TPC-H Q2, Q17, Q20): "the average quantity of this part" for the few parts that are
 * looked at.
 *
 * Source: Mumick and Pirahesh, "Implementation of Magic-sets in a Relational Database System" (1994).
 */
import { inputRef } from '../../expr/expr.ts';
import { resolveCall } from '../../expr/resolve.ts';
import type { Aggregate, Join, LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction, conjunctsOf } from '../logical-predicate.ts';
import { rewriteAll, withInputs } from '../logical-visit.ts';
import { Estimator } from '../stats/row-count.ts';
import { equalColumns } from './equivalence.ts';
import type { Rule } from './rule.ts';
import { sharedNodes } from './sharing.ts';

/** So many groups per asking row make the second reading of these rows worth it. */
const GROUPS_PER_ROW = 4;

export const reduceAggregates: Rule = {
  name: 'reduce-aggregates',
  reason: 'after the join order is chosen, which says what an aggregation is joined to first',
  apply: (roots, { profile }) => {
    // In a stream both readings would keep state.
    if (profile.keyedInput === 'arrival-order') return roots;
    const shared = sharedNodes(roots);
    const estimator = new Estimator();
    return rewriteAll(roots, (node) => {
      if (node.kind !== 'join' || node.nullAware || node.hints.length > 0) return node;
      const right = node.type === 'INNER' || node.type === 'LEFT' ? reduced(node, 'right', shared, estimator) : node;
      return right === node && node.type === 'INNER' ? reduced(node, 'left', shared, estimator) : right;
    });
  },
};

function reduced(join: Join, side: 'left' | 'right', shared: ReadonlySet<LogicalPlan>, estimator: Estimator): Join {
  const width = build.widthOf(join.left);
  const asking = side === 'left' ? join.right : join.left;
  const path = aggregateBelow(join[side], shared);
  if (path === null || isReduced(path.aggregate)) return join;
  const asks = estimator.estimate(asking).rows;
  if (asks * GROUPS_PER_ROW > estimator.estimate(path.aggregate).rows) return join;
  const keys: { readonly key: number; readonly asked: number }[] = [];
  for (const conjunct of conjunctsOf(join.condition)) {
    const pair = equalColumns(conjunct);
    if (pair === null) continue;
    const [low, high] = [Math.min(...pair), Math.max(...pair)];
    if (low >= width || high < width) continue;
    const key = path.keyOf(side === 'left' ? low : high - width);
    if (key !== null) keys.push({ key, asked: side === 'left' ? high - width : low });
  }
  if (keys.length === 0) return join;
  const wanted = build.projectColumns(
    asking,
    keys.map(({ asked }) => asked),
  );
  const { input } = path.aggregate;
  const start = build.widthOf(input);
  const condition = keys.map(({ key }, i) =>
    resolveCall('=', [build.columnOf(input, key), inputRef(start + i, wanted.schema.fields[i]!.type)]),
  );
  const filtered = build.join('SEMI', input, wanted, conjunction(condition));
  const made = path.rebuilt(withInputs(path.aggregate, [filtered]));
  return side === 'left'
    ? build.join(join.type, made, join.right, join.condition, join)
    : build.join(join.type, join.left, made, join.condition, join);
}

interface AggregatePath {
  readonly aggregate: Aggregate;
  /** Column of the top → column of the aggregation's input, if it is a key. */
  readonly keyOf: (column: number) => number | null;
  /** The nodes above over another aggregation. */
  readonly rebuilt: (aggregate: LogicalPlan) => LogicalPlan;
}

/** Through projections and filters, which nobody else reads. */
function aggregateBelow(plan: LogicalPlan, shared: ReadonlySet<LogicalPlan>): AggregatePath | null {
  if (shared.has(plan)) return null;
  if (plan.kind === 'aggregate') {
    return { aggregate: plan, keyOf: (column) => plan.keys[column] ?? null, rebuilt: (aggregate) => aggregate };
  }
  if (plan.kind !== 'project' && plan.kind !== 'filter') return null;
  const below = aggregateBelow(plan.input, shared);
  if (below === null) return null;
  const rebuilt = (aggregate: LogicalPlan): LogicalPlan => withInputs(plan, [below.rebuilt(aggregate)]);
  if (plan.kind === 'filter') return { ...below, rebuilt };
  const keyOf = (column: number): number | null => {
    const expr = plan.exprs[column]!;
    return expr.kind === 'input-ref' ? below.keyOf(expr.index) : null;
  };
  return { ...below, keyOf, rebuilt };
}

function isReduced(aggregate: Aggregate): boolean {
  return aggregate.input.kind === 'join' && aggregate.input.type === 'SEMI';
}
