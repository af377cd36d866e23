/** Conditions taken apart and put together. */
import { type Expr, inputsOf, literal } from '../expr/expr.ts';
import { resolveCall } from '../expr/resolve.ts';
import { BOOLEAN } from '../types/data-type.ts';

/** The operands of a tree of ANDs, left to right; none for TRUE. */
export function conjunctsOf(expr: Expr): readonly Expr[] {
  return operandsOf(expr, 'AND').filter((operand) => operand.kind !== 'literal' || operand.value !== true);
}

/** The operands of a tree of ORs. */
export function disjunctsOf(expr: Expr): readonly Expr[] {
  return operandsOf(expr, 'OR');
}

/** With a stack of its own: conditions may be thousands of operands long. */
function operandsOf(expr: Expr, fn: 'AND' | 'OR'): readonly Expr[] {
  const operands: Expr[] = [];
  const pending: Expr[] = [expr];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === 'call' && next.fn === fn) pending.push(...next.args.toReversed());
    else operands.push(next);
  }
  return operands;
}

/** `a AND b AND …` without what is TRUE; TRUE for none. */
export function conjunction(conjuncts: readonly Expr[]): Expr {
  const deciding = conjuncts.filter((conjunct) => conjunct.kind !== 'literal' || conjunct.value !== true);
  if (deciding.length === 0) return literal(true, BOOLEAN);
  return combined('AND', deciding);
}

/** `a OR b OR …`; FALSE for none. */
export function disjunction(disjuncts: readonly Expr[]): Expr {
  if (disjuncts.length === 0) return literal(false, BOOLEAN);
  return combined('OR', disjuncts);
}

/** Left-deep, as written by hand; long lists as a balanced tree, whose depth is their logarithm. */
export function combined(fn: 'AND' | 'OR', operands: readonly Expr[]): Expr {
  if (operands.length <= 32) return operands.reduce((left, right) => resolveCall(fn, [left, right]));
  const middle = operands.length >> 1;
  return resolveCall(fn, [combined(fn, operands.slice(0, middle)), combined(fn, operands.slice(middle))]);
}

/** Does the expression read only columns `from` ≤ i < `to`? True if it reads none. */
export function readsOnly(expr: Expr, from: number, to: number): boolean {
  return inputsOf(expr).every((index) => index >= from && index < to);
}
