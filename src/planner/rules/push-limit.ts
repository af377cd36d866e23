/**
 * LIMIT without ORDER BY: through projections, into the branches of UNION ALL, and to the source as the rows that are
 * enough.
 */
import type { LogicalPlan, Sort } from '../logical.ts';
import * as build from '../logical-build.ts';
import { rewriteAll, withInputs } from '../logical-visit.ts';
import type { Rule } from './rule.ts';
import { sharedNodes } from './sharing.ts';

export const pushLimit: Rule = {
  name: 'push-limit',
  reason: 'last but for clean-up: nothing may put a filter below a limit that a source was told of',
  apply: (roots) => {
    const shared = sharedNodes(roots);
    const kept = new Set<LogicalPlan>(shared);
    return rewriteAll(roots, (node) => {
      const made = node.kind === 'sort' && node.order.length === 0 && node.fetch !== null ? limit(node, kept) : node;
      if (shared.has(node)) kept.add(made);
      return made;
    });
  },
};

function limit(node: Sort, kept: ReadonlySet<LogicalPlan>): LogicalPlan {
  const enough = node.offset + node.fetch!;
  return withInputs(node, [limited(node.input, enough, kept)]);
}

/** The plan, which need give no more than so many rows. */
function limited(plan: LogicalPlan, enough: number, kept: ReadonlySet<LogicalPlan>): LogicalPlan {
  if (kept.has(plan)) return plan;
  switch (plan.kind) {
    case 'project':
      return withInputs(plan, [limited(plan.input, enough, kept)]);
    case 'scan': {
      // A source that takes rows back cannot stop early.
      if (plan.table.changelogMode.size > 1 || plan.table.spec.filters.length > 0) return plan;
      const least = Math.min(plan.table.spec.limit ?? enough, enough);
      return { ...plan, table: { ...plan.table, spec: { ...plan.table.spec, limit: least } } };
    }
    case 'set-operation': {
      if (plan.op !== 'UNION' || !plan.all) return plan;
      const inputs = plan.inputs.map((input) => limited(input, enough, kept));
      return withInputs(plan, inputs);
    }
    case 'values':
      return plan.rows.length > enough ? { ...plan, rows: plan.rows.slice(0, enough) } : plan;
    case 'sort':
      return plan.fetch !== null && plan.fetch <= enough
        ? plan
        : build.sort(plan.input, plan.order, plan.offset, Math.min(plan.fetch ?? enough, enough));
    default:
      return plan;
  }
}
