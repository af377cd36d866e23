/** Outer references inside whole plans. */
import type { Expr } from '../../expr/expr.ts';
import type { LogicalPlan } from '../logical.ts';
import { exprsOf, mapExprs, nodesOf, rewriteUp } from '../logical-visit.ts';
import { refersTo, replaceOuter } from './scope.ts';

/** Does any node of the plan refer to columns of scope `id`? */
export function planRefersTo(plan: LogicalPlan, id: number): boolean {
  return nodesOf([plan]).some((node) => exprsOf(node).some((expr) => refersTo(expr, id)));
}

/** Replaces the outer references to scope `id` everywhere. */
export function replaceOuterInPlan(
  plan: LogicalPlan,
  id: number,
  replace: (index: number, node: Expr) => Expr,
): LogicalPlan {
  if (!planRefersTo(plan, id)) return plan;
  return rewriteUp(plan, (node) => mapExprs(node, (expr) => replaceOuter(expr, id, replace)));
}

/** Columns of scope `id` that the plan refers to, ascending, with one reference to each. */
export function outerColumnsOf(plan: LogicalPlan, id: number): ReadonlyMap<number, Expr> {
  const found = new Map<number, Expr>();
  for (const node of nodesOf([plan])) {
    for (const expr of exprsOf(node)) {
      replaceOuter(expr, id, (index, reference) => {
        found.set(index, reference);
        return reference;
      });
    }
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}
