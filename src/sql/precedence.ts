/**
 * Arranges a flat list of operands and operators into a tree, as Flink's parser does: the grammar reads `a + b * c = d`
 * as a list, and the table below says what binds first. All operators are left-associative.
 */
import type { Span } from '../base/errors.ts';
import type { Expr } from './ast.ts';

export interface PrefixOperator {
  readonly op: '-' | '+' | 'NOT';
  readonly span: Span;
}

/** An operand with prefix operators whose reach is not known yet. Never leaves the parser. */
export interface PrefixedOperand {
  readonly kind: 'prefixed';
  readonly operators: readonly PrefixOperator[];
  readonly operand: Expr;
}

export type OperatorTail =
  | { readonly type: 'infix'; readonly op: string; readonly right: Expr | PrefixedOperand; readonly negated?: boolean }
  /** A predicate that closes its operand: `parts` is the node without it. */
  | { readonly type: 'postfix'; readonly span: Span; readonly parts: Readonly<Record<string, unknown>> };

/** Higher binds tighter. The numbers are Calcite's. */
export const PRECEDENCE: Readonly<Record<string, number>> = {
  OR: 22,
  AND: 24,
  NOT: 26,
  is: 28,
  quantified: 30,
  between: 32,
  'in-list': 32,
  'in-query': 32,
  like: 32,
  '+': 40,
  '-': 40,
  '*': 60,
  '/': 60,
  '%': 60,
  '||': 60,
  'MULTISET UNION': 14,
  'MULTISET UNION ALL': 14,
  'MULTISET EXCEPT': 14,
  'MULTISET EXCEPT ALL': 14,
  'MULTISET INTERSECT': 18,
  'MULTISET INTERSECT ALL': 18,
};

/** Comparisons, IS DISTINCT FROM, OVERLAPS and the like, MEMBER OF. */
export const COMPARISON_PRECEDENCE = 30;
export const SIGN_PRECEDENCE = 80;
/** What the operands of BETWEEN and LIKE, frame bounds and the like bind at least as tightly as. */
export const ADDITIVE_LEVEL = 40;

type Pending =
  | { readonly type: 'prefix'; readonly precedence: number; readonly operator: PrefixOperator }
  | { readonly type: 'infix'; readonly precedence: number; readonly op: string; readonly negated: boolean };

export function foldOperators(first: Expr | PrefixedOperand, tails: readonly OperatorTail[]): Expr {
  if (tails.length === 0 && first.kind !== 'prefixed') return first;
  const operands: Expr[] = [];
  const pending: Pending[] = [];
  const push = (operand: Expr | PrefixedOperand): void => {
    if (operand.kind !== 'prefixed') {
      operands.push(operand);
      return;
    }
    for (const operator of operand.operators) {
      const precedence = operator.op === 'NOT' ? PRECEDENCE.NOT! : SIGN_PRECEDENCE;
      pending.push({ type: 'prefix', precedence, operator });
    }
    operands.push(operand.operand);
  };
  /** Applies what binds at least as tightly as an operator to come. */
  const reduce = (precedence: number): void => {
    for (let top = pending.at(-1); top !== undefined && top.precedence >= precedence; top = pending.at(-1)) {
      pending.pop();
      const right = operands.pop()!;
      operands.push(top.type === 'prefix' ? unary(top.operator, right) : binary(top, operands.pop()!, right));
    }
  };
  push(first);
  for (const tail of tails) {
    if (tail.type === 'infix') {
      const precedence = PRECEDENCE[tail.op] ?? COMPARISON_PRECEDENCE;
      reduce(precedence);
      pending.push({ type: 'infix', precedence, op: tail.op, negated: tail.negated ?? false });
      push(tail.right);
    } else {
      reduce(PRECEDENCE[tail.parts.kind as string] ?? COMPARISON_PRECEDENCE);
      operands.push(postfix(operands.pop()!, tail.span, tail.parts));
    }
  }
  reduce(0);
  return operands[0]!;
}

function unary({ op, span }: PrefixOperator, operand: Expr): Expr {
  return { kind: 'unary', span: join(span, operand.span), op, operand };
}

function binary(operator: { op: string; negated: boolean }, left: Expr, right: Expr): Expr {
  const span = join(left.span, right.span);
  const { op, negated } = operator;
  if (op === 'IS DISTINCT FROM') {
    return { kind: 'is', span, negated, test: 'DISTINCT FROM', operand: left, other: right };
  }
  return { kind: 'binary', span, op, left, right } as Expr;
}

function postfix(operand: Expr, end: Span, parts: Readonly<Record<string, unknown>>): Expr {
  const node: Record<string, unknown> = { kind: parts.kind, span: join(operand.span, end), operand };
  for (const [key, part] of Object.entries(parts)) {
    if (key !== 'kind' && key !== 'span' && part !== null && part !== undefined) node[key] = part;
  }
  return node as unknown as Expr;
}

function join(first: Span, last: Span): Span {
  const { offset, line, column } = first;
  return { offset, length: last.offset + last.length - offset, line, column };
}
