/**
 * DISTINCT over rows that are distinct already: what was grouped, by all of its keys. Flink: FlinkAggregateRemoveRule.
 */
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';

export const removeDistinct: Rule = {
  name: 'remove-distinct',
  reason: 'after projections are merged, which shows the grouping below; before join order counts the rows',
  apply: (roots) =>
    rewriteAll(roots, (node) => {
      if (node.kind !== 'aggregate' || node.calls.length > 0 || node.keys.length === 0) return node;
      const unique = uniqueColumns(node.input);
      return unique?.every((column) => node.keys.includes(column)) ? build.projectColumns(node.input, node.keys) : node;
    }),
};

/** Columns of which no two rows have the same values; null if none are known. A declared key is not taken on trust. */
function uniqueColumns(plan: LogicalPlan): readonly number[] | null {
  switch (plan.kind) {
    case 'aggregate':
      return [...plan.keys.keys()];
    case 'filter':
    case 'sort':
      return uniqueColumns(plan.input);
    case 'join':
      return plan.type === 'SEMI' || plan.type === 'ANTI' ? uniqueColumns(plan.left) : null;
    case 'project': {
      const below = uniqueColumns(plan.input);
      const columns = below?.map((column) =>
        plan.exprs.findIndex((expr) => expr.kind === 'input-ref' && expr.index === column),
      );
      return columns === undefined || columns.includes(-1) ? null : columns;
    }
    default:
      return null;
  }
}
