/** OVER calls → a window node over a plan that has their arguments, partitions and orders as columns. */
import type { Expr } from '../../expr/expr.ts';
import type { WindowCall } from '../logical.ts';
import * as build from '../logical-build.ts';
import { type CollectedWindow, fillPlaceholders, indexOfExpr, WINDOW } from './collect.ts';
import { type Placement, placeExpr } from './subquery.ts';

/**
 * Puts a window node on the placement's plan.
 *
 * @returns what replaces the placeholders of OVER calls in an expression
 */
export function placeWindows(
  windows: readonly CollectedWindow[],
  at: Placement,
  rewrite: (expr: Expr) => Expr,
): (expr: Expr) => Expr {
  if (windows.length === 0) return (expr) => expr;
  const wanted = windows.map((window) => ({
    args: window.args.map((arg) => placeExpr(rewrite(arg), at)),
    filter: window.filter === null ? null : placeExpr(rewrite(window.filter), at),
    partition: window.partition.map((expr) => placeExpr(rewrite(expr), at)),
    order: window.order.map((item) => placeExpr(rewrite(item.expr), at)),
  }));
  const columns: Expr[] = build.columnsOf(at.plan);
  const names = build.namesOf(at.plan);
  const width = columns.length;
  const use = (expr: Expr): number => {
    if (expr.kind === 'input-ref') return expr.index;
    const known = indexOfExpr(columns, expr);
    if (known >= 0) return known;
    names.push(`$${columns.length}`);
    return columns.push(expr) - 1;
  };
  const calls = windows.map((window, i): WindowCall => {
    const exprs = wanted[i]!;
    return {
      call: {
        fn: window.fn,
        args: exprs.args.map(use),
        distinct: window.distinct,
        filter: exprs.filter === null ? null : use(exprs.filter),
        type: window.type,
        ...(window.literals.length === 0 ? {} : { literals: window.literals }),
        name: `w0$o${i}`,
      },
      partition: [...new Set(exprs.partition.map(use))],
      order: window.order.map((item, j) => ({
        index: use(exprs.order[j]!),
        direction: item.descending ? 'DESC' : 'ASC',
        nulls: item.nulls,
      })),
      frame: window.frame,
    };
  });
  const input = columns.length === width ? at.plan : build.project(at.plan, columns, names);
  const start = columns.length;
  at.plan = build.windowNode(input, calls);
  const results = calls.map((_, i) => build.columnOf(at.plan, start + i));
  return (expr) => fillPlaceholders(expr, WINDOW, (index) => results[index]!);
}
