/**
 * In BATCH the current date and time are those at which the query began, the same for every row. In STREAMING they are
 * taken per record, so there the calls stay.
 */
import { evaluate } from '../../expr/evaluate.ts';
import { type Expr, literal, mapExpr } from '../../expr/expr.ts';
import { functions } from '../../expr/functions/index.ts';
import { mapExprs, rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';

export const fixQueryTime: Rule = {
  name: 'fix-query-time',
  reason: 'first of all: what is fixed is a constant for every other rule',
  apply: (roots, { evaluation, profile }) => {
    if (profile.scheduling === 'all-at-once') return roots;
    const fix = (expr: Expr): Expr => {
      if (expr.kind !== 'call' || functions.scalar(expr.fn)?.dynamic !== true) return expr;
      return literal(evaluate(expr, [], evaluation), expr.type);
    };
    return rewriteAll(roots, (node) => (node.kind === 'scan' ? node : mapExprs(node, (expr) => mapExpr(expr, fix))));
  },
};
