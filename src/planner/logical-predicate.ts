/** Conditions taken apart and put together. */
import { type Expr, inputsOf, literal } from '../expr/expr.ts';
import { resolveCall } from '../expr/resolve.ts';
import { BOOLEAN } from '../types/data-type.ts';

/** The operands of a tree of ANDs, left to right; none for TRUE. */
export function conjunctsOf(expr: Expr): readonly Expr[] {
  if (expr.kind === 'call' && expr.fn === 'AND') return expr.args.flatMap(conjunctsOf);
  return expr.kind === 'literal' && expr.value === true ? [] : [expr];
}

/** The operands of a tree of ORs. */
export function disjunctsOf(expr: Expr): readonly Expr[] {
  return expr.kind === 'call' && expr.fn === 'OR' ? expr.args.flatMap(disjunctsOf) : [expr];
}

/** `a AND b AND …` without what is TRUE; TRUE for none. */
export function conjunction(conjuncts: readonly Expr[]): Expr {
  const deciding = conjuncts.filter((conjunct) => conjunct.kind !== 'literal' || conjunct.value !== true);
  if (deciding.length === 0) return literal(true, BOOLEAN);
  return deciding.reduce((left, right) => resolveCall('AND', [left, right]));
}

/** `a OR b OR …`; FALSE for none. */
export function disjunction(disjuncts: readonly Expr[]): Expr {
  if (disjuncts.length === 0) return literal(false, BOOLEAN);
  return disjuncts.reduce((left, right) => resolveCall('OR', [left, right]));
}

/** Does the expression read only columns `from` ≤ i < `to`? True if it reads none. */
export function readsOnly(expr: Expr, from: number, to: number): boolean {
  return inputsOf(expr).every((index) => index >= from && index < to);
}

export interface EquiKey {
  /** Over the left input. */
  readonly left: Expr;
  /** Over the right input, its columns counted from 0. */
  readonly right: Expr;
}
