/** Conditions as algorithms want them: none or one expression, and the keys of an equi-join apart. */
import { type Expr, visitExpr } from '../expr/expr.ts';
import { functions } from '../expr/functions/index.ts';
import { conjunction, conjunctsOf } from './logical-predicate.ts';

/** The AND of the expressions; null of none. */
export function allOf(exprs: readonly Expr[]): Expr | null {
  return exprs.length === 0 ? null : conjunction(exprs);
}

export interface JoinCondition {
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  readonly nullSafe: readonly boolean[];
  /** What is left, over the fields of both sides. */
  readonly rest: readonly Expr[];
  /** All conjuncts in the order written: what EXPLAIN prints. */
  readonly conjuncts: readonly Expr[];
}

/** Splits a join condition into pairs of columns that must be equal and the rest. */
export function splitJoinCondition(condition: Expr, leftWidth: number): JoinCondition {
  const leftKeys: number[] = [];
  const rightKeys: number[] = [];
  const nullSafe: boolean[] = [];
  const rest: Expr[] = [];
  const conjuncts = conjunctsOf(condition);
  for (const conjunct of conjuncts) {
    const pair = equiPair(conjunct, leftWidth);
    if (pair === null) rest.push(conjunct);
    else {
      leftKeys.push(pair.left);
      rightKeys.push(pair.right);
      nullSafe.push(pair.nullSafe);
    }
  }
  return { leftKeys, rightKeys, nullSafe, rest, conjuncts };
}

interface EquiPair {
  readonly left: number;
  readonly right: number;
  readonly nullSafe: boolean;
}

function equiPair(expr: Expr, leftWidth: number): EquiPair | null {
  if (expr.kind !== 'call' || (expr.fn !== '=' && expr.fn !== 'IS NOT DISTINCT FROM')) return null;
  const [a, b] = expr.args;
  if (a?.kind !== 'input-ref' || b?.kind !== 'input-ref') return null;
  const left = Math.min(a.index, b.index);
  const right = Math.max(a.index, b.index);
  if (left >= leftWidth || right < leftWidth) return null;
  return { left, right: right - leftWidth, nullSafe: expr.fn === 'IS NOT DISTINCT FROM' };
}

/** Two evaluations over the same row give the same value: the expression may be repeated. */
export function isDeterministic(expr: Expr): boolean {
  let deterministic = true;
  visitExpr(expr, (node) => {
    if (node.kind === 'call') deterministic &&= functions.scalar(node.fn)?.deterministic ?? true;
  });
  return deterministic;
}
