/**
 * NOT IN over a stream: what a null-aware ANTI join means is written into its condition, `a = b` as `a IS NULL OR b IS
 * NULL OR a = b`, so that an ordinary ANTI join takes it. In BATCH a hash join that knows of NULLs is far better.
 */
import type { Expr } from '../../expr/expr.ts';
import { resolveCall } from '../../expr/resolve.ts';
import { conjunction, conjunctsOf, disjunction } from '../logical-predicate.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';

export const spellOutNotIn: Rule = {
  name: 'spell-out-not-in',
  reason: 'before conditions are taken apart: from here on there is only one kind of ANTI join in a stream',
  apply: (roots, { profile }) => {
    if (profile.keyedInput !== 'arrival-order') return roots;
    return rewriteAll(roots, (node) => {
      if (node.kind !== 'join' || !node.nullAware) return node;
      return { ...node, nullAware: false, condition: conjunction(conjunctsOf(node.condition).map(notFalse)) };
    });
  },
};

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

function notFalse(conjunct: Expr): Expr {
  if (!conjunct.type.nullable) return conjunct;
  if (conjunct.kind !== 'call' || !COMPARISONS.has(conjunct.fn)) return resolveCall('IS NOT FALSE', [conjunct]);
  const unknowns = conjunct.args.filter((arg) => arg.type.nullable).map((arg) => resolveCall('IS NULL', [arg]));
  return disjunction([...unknowns, conjunct]);
}
