/** The negative of a number or interval literal. */
import type { Literal } from '../../expr/expr.ts';

export function negateLiteral(expr: Literal): Literal {
  const { value } = expr;
  if (typeof value === 'bigint') return { ...expr, value: -value };
  return typeof value === 'number' ? { ...expr, value: value === 0 ? 0 : -value } : expr;
}
