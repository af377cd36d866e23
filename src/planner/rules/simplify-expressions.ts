/** Simplifies every expression; filters that let nothing or everything through go. */
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { mapExprs, rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';
import { simplify, simplifyCondition } from './simplify-expr.ts';

export const simplifyExpressions: Rule = {
  name: 'simplify-expressions',
  reason: 'constants folded and comparisons normalised first, so that later rules see `column ∘ literal`',
  apply: (roots, { evaluation }) => {
    const rewrite = (node: LogicalPlan): LogicalPlan => {
      switch (node.kind) {
        case 'filter': {
          const predicate = simplifyCondition(node.predicate, evaluation);
          if (predicate.kind === 'literal' && predicate.value === false) return build.emptyLike(node);
          return predicate === node.predicate ? node : build.filter(node.input, predicate);
        }
        case 'join': {
          const condition = node.nullAware
            ? simplify(node.condition, evaluation)
            : simplifyCondition(node.condition, evaluation);
          return condition === node.condition ? node : { ...node, condition };
        }
        case 'scan':
          return node;
        default:
          return mapExprs(node, (expr) => simplify(expr, evaluation));
      }
    };
    return rewriteAll(roots, rewrite);
  },
};
