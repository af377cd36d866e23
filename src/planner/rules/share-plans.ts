/**
 * Makes equal parts of a statement one node, so that BATCH computes them once: TPC-H Q11 joins the same three tables
 * for its groups and for their total. Done while the parts still have all their columns; what is read of a shared node
 * is the sum of what its readers read. Scans, filters and projections alone are not shared: each reader has its own
 * columns.
 */
import { type Expr, exprToJson } from '../../expr/expr.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { exprsOf, inputsOf, rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';
import { doesWork } from './sharing.ts';
import { isDeterministic } from './simplify-expr.ts';

export const sharePlans: Rule = {
  name: 'share-plans',
  reason: 'after predicates are in place, before join order and columns make equal parts look different',
  apply: (roots, { profile, configuration }) => {
    // In a stream a plan that is shared is one that cannot be planned for each reader; Flink shares later, and less.
    if (profile.keyedInput === 'arrival-order') return roots;
    if (!configuration.boolean('table.optimizer.reuse-sub-plan-enabled')) return roots;
    const known = new Map<string, { readonly node: LogicalPlan; readonly number: number }>();
    const numbers = new Map<LogicalPlan, number>();
    return rewriteAll(roots, (node) => {
      const digest = digestOf(node, numbers);
      const equal = digest === null ? undefined : known.get(digest);
      const number = equal?.number ?? numbers.size;
      numbers.set(node, number);
      if (equal !== undefined) return doesWork(node) ? equal.node : node;
      if (digest !== null) known.set(digest, { node, number });
      return node;
    });
  },
};

/** Equal for nodes that give the same rows; null for nodes that are never equal to another. */
function digestOf(node: LogicalPlan, numbers: ReadonlyMap<LogicalPlan, number>): string | null {
  if (node.kind === 'sink' || !exprsOf(node).every(isDeterministic)) return null;
  const inputs = inputsOf(node).map((input) => numbers.get(input));
  if (inputs.includes(undefined)) return null;
  return JSON.stringify([node.kind, inputs, build.namesOf(node), ownParts(node)], (_key, value: unknown) =>
    typeof value === 'bigint' ? { $bigint: value.toString() } : value,
  );
}

function ownParts(node: LogicalPlan): unknown {
  const texts = (exprs: readonly Expr[]): readonly string[] => exprs.map(exprToJson);
  switch (node.kind) {
    case 'scan':
      return [node.table.path, node.table.spec.options, node.projection, texts(node.filters)];
    case 'values':
      return [node.schema.fields, node.rows];
    case 'project':
      return texts(node.exprs);
    case 'filter':
      return exprToJson(node.predicate);
    case 'join':
      return [node.type, exprToJson(node.condition), node.nullAware, node.hints];
    case 'aggregate':
      return [node.keys, node.calls, node.hints];
    case 'window':
      return node.calls;
    case 'sort':
      return [node.order, node.offset, node.fetch];
    case 'set-operation':
      return [node.op, node.all];
    case 'expand':
      return node.projections.map(texts);
    case 'unnest':
      return [exprToJson(node.collection), node.outer, node.withOrdinality];
    case 'watermark':
      return [node.rowtime, exprToJson(node.watermark)];
    case 'sink':
      return node.path;
  }
}
