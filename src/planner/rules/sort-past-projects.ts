/**
 * ORDER BY … LIMIT over upserts is decided before a projection, as in Flink. The rows that a table of upserts is
 * normalised to then keep all their columns, so that an update of any of them reaches the top-N.
 */
import { RowKind } from '../../types/row-kind.ts';
import type { LogicalPlan, Sort } from '../logical.ts';
import * as build from '../logical-build.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';
import { sharedNodes } from './sharing.ts';

export const sortPastProjects: Rule = {
  name: 'sort-past-projects',
  reason: 'before columns are pruned, which leaves such sorts all columns',
  apply: (roots) => {
    const shared = sharedNodes(roots);
    return rewriteAll(roots, (node) => {
      if (node.kind !== 'sort' || node.input.kind !== 'project' || shared.has(node.input)) return node;
      if (!limitsUpserts(node)) return node;
      const { input: project } = node;
      const order = node.order.flatMap((field) => {
        const expr = project.exprs[field.index]!;
        return expr.kind === 'input-ref' ? [{ ...field, index: expr.index }] : [];
      });
      if (order.length < node.order.length) return node;
      const sorted = build.sort(project.input, order, node.offset, node.fetch);
      return build.project(sorted, project.exprs, build.namesOf(project));
    });
  },
};

/** A LIMIT over the rows of a table that carries updates without the row before. */
export function limitsUpserts(sort: Sort): boolean {
  return (sort.fetch !== null || sort.offset > 0) && readsUpserts(sort.input);
}

function readsUpserts(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case 'project':
    case 'filter':
    case 'watermark':
      return readsUpserts(plan.input);
    case 'scan': {
      const { changelogMode } = plan.table;
      return changelogMode.has(RowKind.UPDATE_AFTER) && !changelogMode.has(RowKind.UPDATE_BEFORE);
    }
    default:
      return false;
  }
}
