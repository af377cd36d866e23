/**
 * Aggregates, OVER calls, GROUPING calls and subqueries found while an expression is bound. Each is put aside and
 * leaves a placeholder, a call with its number; once the plan that computes it stands, the placeholder becomes a
 * column of it.
 */
import type { Span } from '../../base/errors.ts';
import { call, type Expr, exprsEqual, exprToJson, literal, mapExpr, visitExpr } from '../../expr/expr.ts';
import { BIGINT, BOOLEAN, type DataType, INT } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';
import type { LogicalPlan } from '../logical.ts';

export const AGGREGATE = '$AGGREGATE';
export const WINDOW = '$WINDOW';
export const SUBQUERY = '$SUBQUERY';
export const GROUPING = '$GROUPING';
/** Operand `i` of an IN or ANY subquery, in its condition. */
export const OPERAND = '$OPERAND';

export interface CollectedAggregate {
  readonly fn: string;
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  readonly filter: Expr | null;
  readonly literals: readonly Value[];
  readonly type: DataType;
  readonly span: Span;
}

export interface CollectedOrder {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly nulls: 'FIRST' | 'LAST';
}

export interface CollectedWindow {
  readonly fn: string;
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  readonly filter: Expr | null;
  readonly literals: readonly Value[];
  readonly type: DataType;
  readonly partition: readonly Expr[];
  readonly order: readonly CollectedOrder[];
  /** Offsets as logical.ts has them. */
  readonly frame: { readonly unit: 'ROWS' | 'RANGE'; readonly start: Expr | null; readonly end: Expr | null } | null;
  readonly span: Span;
}

export type CollectedSubquery =
  /** The value of the one column of at most one row. */
  | { readonly kind: 'scalar'; readonly plan: LogicalPlan; readonly span: Span }
  | { readonly kind: 'exists'; readonly plan: LogicalPlan; readonly span: Span }
  /** Does `condition`, over the operands (placeholders) and the columns of the plan, hold for a row? Three-valued. */
  | {
      readonly kind: 'any';
      readonly plan: LogicalPlan;
      readonly operands: readonly Expr[];
      readonly condition: Expr;
      /** UNKNOWN may count as FALSE: the value is used only as a filter, not under NOT. */
      readonly unknownIsFalse: boolean;
      readonly span: Span;
    };

export class Collected {
  readonly aggregates: CollectedAggregate[] = [];
  readonly windows: CollectedWindow[] = [];
  readonly subqueries: CollectedSubquery[] = [];

  /** Equal aggregates are computed once. */
  addAggregate(found: CollectedAggregate): Expr {
    const digest = aggregateDigest(found);
    let index = this.aggregates.findIndex((known) => aggregateDigest(known) === digest);
    if (index < 0) index = this.aggregates.push(found) - 1;
    return placeholder(AGGREGATE, index, found.type);
  }

  addWindow(found: CollectedWindow): Expr {
    return placeholder(WINDOW, this.windows.push(found) - 1, found.type);
  }

  addSubquery(found: CollectedSubquery): Expr {
    const column = found.plan.schema.fields[0]!.type;
    const type: DataType =
      found.kind === 'scalar'
        ? { ...column, nullable: true }
        : found.kind === 'exists'
          ? BOOLEAN
          : { kind: 'BOOLEAN', nullable: found.condition.type.nullable };
    return placeholder(SUBQUERY, this.subqueries.push(found) - 1, type);
  }
}

function aggregateDigest(found: CollectedAggregate): string {
  const parts = [found.fn, String(found.distinct), ...found.args.map(exprToJson)];
  parts.push(found.filter === null ? '' : exprToJson(found.filter), found.literals.map(String).join('\u0000'));
  return parts.join('\u0001');
}

export function placeholder(kind: string, index: number, type: DataType): Expr {
  return call(kind, [literal(index, INT)], type);
}

/** The number of a placeholder of this kind; null for any other expression. */
export function placeholderIndex(expr: Expr, kind: string): number | null {
  if (expr.kind !== 'call' || expr.fn !== kind) return null;
  const [index] = expr.args;
  return index?.kind === 'literal' ? Number(index.value) : null;
}

/** Replaces the placeholders of one kind. */
export function fillPlaceholders(expr: Expr, kind: string, fill: (index: number, node: Expr) => Expr): Expr {
  return mapExpr(expr, (node) => {
    const index = placeholderIndex(node, kind);
    return index === null ? node : fill(index, node);
  });
}

export function hasPlaceholder(expr: Expr, kind: string): boolean {
  let found = false;
  visitExpr(expr, (node) => {
    if (node.kind === 'call' && node.fn === kind) found = true;
  });
  return found;
}

/** GROUPING(a, b): a bit per argument, the first the highest: 1 where the column is rolled up. */
export function groupingCall(args: readonly Expr[]): Expr {
  return call(GROUPING, args, BIGINT);
}

/** The index of an equal expression, or -1. */
export function indexOfExpr(list: readonly Expr[], expr: Expr): number {
  return list.findIndex((candidate) => candidate === expr || exprsEqual(candidate, expr));
}
