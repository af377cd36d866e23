/**
 * Above a filter `column = literal` the column is that literal: expressions that read it are simplified with it. A CASE
 * over the kind of an event loses its other branches, and with them the columns that only these read.
 */
import { type Expr, type Literal, mapExpr } from '../../expr/expr.ts';
import { isApproximate, sameType } from '../../types/data-type.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunctsOf } from '../logical-predicate.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';
import { simplify } from './simplify-expr.ts';

export const propagateConstants: Rule = {
  name: 'propagate-constants',
  reason: 'after predicates have reached their places, before columns are pruned',
  apply: (roots, { evaluation }) =>
    rewriteAll(roots, (node) => {
      if (node.kind !== 'project') return node;
      const constants = constantsOf(node.input);
      if (constants.size === 0) return node;
      const exprs = node.exprs.map((expr) => {
        // A column alone stays: it is nearer to a copy than a constant is.
        if (expr.kind !== 'call') return expr;
        const replaced = mapExpr(expr, (part) =>
          part.kind === 'input-ref' ? (constants.get(part.index) ?? part) : part,
        );
        return replaced === expr ? expr : simplify(replaced, evaluation);
      });
      const same = exprs.every((expr, i) => expr === node.exprs[i]);
      return same ? node : build.project(node.input, exprs, build.namesOf(node));
    }),
};

/** Columns of the plan that have the same value on every row. */
function constantsOf(plan: LogicalPlan): ReadonlyMap<number, Literal> {
  const constants = new Map<number, Literal>();
  if (plan.kind !== 'filter') return constants;
  for (const conjunct of conjunctsOf(plan.predicate)) {
    const pair = equalToLiteral(conjunct);
    if (pair !== null) constants.set(pair.column, pair.value);
  }
  return constants;
}

/** -0.0 equals 0.0 and is another value, so floating point is left out. */
function equalToLiteral(expr: Expr): { readonly column: number; readonly value: Literal } | null {
  if (expr.kind !== 'call' || expr.fn !== '=') return null;
  const [column, value] = expr.args;
  if (column?.kind !== 'input-ref' || value?.kind !== 'literal' || value.value === null) return null;
  if (isApproximate(column.type) || !sameType(column.type, value.type)) return null;
  return { column: column.index, value: { ...value, type: column.type } };
}
