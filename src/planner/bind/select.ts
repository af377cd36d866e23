/**
 * SELECT, clause by clause in the order of evaluation: FROM, WHERE, GROUP BY, HAVING, OVER, QUALIFY, the items,
 * DISTINCT, ORDER BY. Expressions are bound over the columns of FROM first and then rewritten over what the clauses
 * before left.
 */
import { EngineError, type Span } from '../../base/errors.ts';
import type { SortField } from '../../dataflow/traits.ts';
import { type Expr, exprToJson } from '../../expr/expr.ts';
import { resolveField } from '../../expr/operators.ts';
import type * as ast from '../../sql/ast.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction, conjunctsOf } from '../logical-predicate.ts';
import { bindGroupBy, everySetHasKey, group } from './aggregate.ts';
import type { Binder, Environment } from './binder.ts';
import {
  AGGREGATE,
  Collected,
  GROUPING,
  hasPlaceholder,
  indexOfExpr,
  placeholderIndex,
  SUBQUERY,
  WINDOW,
} from './collect.ts';
import { bindExpr, bindPredicate } from './expr.ts';
import { type ExprContext, plainContext } from './expr-context.ts';
import { bindFrom } from './from.ts';
import type { FromItem } from './from-item.ts';
import { aggregateHints, bindHints, checkHintTables } from './hints.ts';
import { endsWith, findIn, type Scope, starColumns } from './scope.ts';
import { placeExpr, placeFilter, placement } from './subquery.ts';
import { placeWindows } from './window.ts';

interface Item {
  readonly expr: Expr;
  readonly name: string;
  /** By which ORDER BY and QUALIFY know it. */
  readonly alias: string | null;
}

interface OrderBy {
  readonly expr: Expr;
  readonly item: ast.OrderItem;
  /** The item that an ordinal or alias means. */
  readonly ordinal: number | null;
}

/** The rows of the SELECT, sorted, without OFFSET and LIMIT. */
export function bindSelect(
  binder: Binder,
  node: ast.Select,
  env: Environment,
  orderBy: readonly ast.OrderItem[],
): LogicalPlan {
  const hints = bindHints(node.hints);
  const names: string[] = [];
  const from: FromItem =
    node.from === undefined
      ? { plan: build.oneRow(), columns: [], name: null }
      : bindFrom(node.from, { binder, env, hints, lateral: null, names });
  checkHintTables(hints, names);
  const scope: Scope = { id: binder.nextScope(), columns: from.columns, outer: env.outer };
  const itemNames = new Set(node.items.flatMap((item) => (item.alias === undefined ? [] : [item.alias.name])));
  const filtered = bindWhere(node, from.plan, { ...plainContext(binder, env, scope, 'WHERE'), itemNames });

  const collected = new Collected();
  const base: ExprContext = {
    ...plainContext(binder, env, scope, 'SELECT'),
    collected,
    allows: { aggregates: true, windows: true },
    neverEmpty: everySetHasKey(node.groupBy),
    windows: node.windows,
    itemNames,
  };
  const grouping = bindGroupBy(node.groupBy, {
    ...base,
    clause: 'GROUP BY',
    allows: { aggregates: false, windows: false },
  });
  const items = bindItems(node, base);
  const having =
    node.having === undefined
      ? null
      : bindPredicate(node.having, { ...base, clause: 'HAVING', allows: { aggregates: true, windows: false } });
  const alias = aliasOf(items);
  const qualify =
    node.qualify === undefined ? null : bindPredicate(node.qualify, { ...base, clause: 'QUALIFY', alias });
  const order = orderBy.map((item) => bindOrder(item, items, { ...base, clause: 'ORDER BY', alias, aliasFirst: true }));

  const bound = [...items.map((item) => item.expr), ...order.map((field) => field.expr)];
  const isGrouped =
    node.groupBy !== undefined ||
    having !== null ||
    collected.aggregates.length > 0 ||
    bound.some((expr) => hasPlaceholder(expr, GROUPING));

  let at = placement(filtered, scope.id, collected.subqueries);
  let rewrite = (expr: Expr): Expr => expr;
  if (isGrouped) {
    const grouped = group(at, {
      grouping,
      collected,
      hints: aggregateHints(hints, from.name),
      names: aggregateNames(items),
      spanOf: (expr) => binder.spans.get(expr),
    });
    rewrite = grouped.rewrite;
    at = placement(grouped.plan, scope.id, collected.subqueries, grouped);
    if (having !== null) placeFilter(rewrite(having), at);
  }
  const fillWindows = placeWindows(collected.windows, at, rewrite);
  const final = (expr: Expr): Expr => placeExpr(fillWindows(rewrite(expr)), at);
  if (qualify !== null) {
    requireWindow(node, collected, qualify);
    placeFilter(fillWindows(rewrite(qualify)), at);
  }
  const exprs = items.map((item) => final(item.expr));
  const sortExprs = order.map((field) => (field.ordinal === null ? final(field.expr) : exprs[field.ordinal]!));
  return finish(node, at.plan, items, exprs, order, sortExprs);
}

function bindWhere(node: ast.Select, plan: LogicalPlan, context: ExprContext): LogicalPlan {
  if (node.where === undefined) return plan;
  const collected = new Collected();
  const predicate = bindPredicate(node.where, { ...context, collected });
  const at = placement(plan, context.scope.id, collected.subqueries);
  if (collected.subqueries.length === 0) {
    at.plan = build.filter(at.plan, predicate);
    return at.plan;
  }
  const conjuncts = conjunctsOf(predicate);
  placeFilter(conjunction(conjuncts), at);
  return at.plan;
}

function bindItems(node: ast.Select, context: ExprContext): readonly Item[] {
  const items: Item[] = [];
  for (const item of node.items) {
    if (item.expr.kind === 'star') {
      const qualifier = item.expr.qualifier?.parts.map((part) => part.name) ?? null;
      const row = qualifier === null ? null : rowColumn(context.scope, qualifier, item.span);
      if (row !== null) {
        for (const { name } of row.fields) {
          const expr = resolveField(row.expr, name, item.span);
          context.binder.spans.set(expr, item.span);
          items.push({ expr, name, alias: name });
        }
        continue;
      }
      const columns = starColumns(context.scope, qualifier, item.span);
      if (columns.length === 0) {
        throw new EngineError('SQL-SYNTAX', 'SELECT * needs a FROM clause', { span: item.span });
      }
      for (const column of columns) {
        const expr = { ...column.expr };
        context.binder.spans.set(expr, item.span);
        items.push({ expr, name: column.name, alias: column.name });
      }
      continue;
    }
    const own = item.alias?.name ?? impliedName(item.expr);
    items.push({ expr: bindExpr(item.expr, context), name: own ?? `EXPR$${items.length}`, alias: own });
  }
  return items;
}

/** `r.*` of a ROW column, where no table has that name: its fields. */
function rowColumn(scope: Scope, path: readonly string[], span: Span) {
  if (scope.columns.some((column) => endsWith(column.relation, path))) return null;
  const found = findIn(scope, path, span);
  if (found === null) return null;
  const expr = found.fields.reduce((row, field) => resolveField(row, field, span), { ...found.expr });
  return expr.type.kind === 'ROW' ? { expr, fields: expr.type.fields } : null;
}

/** A column is named by its last part. */
function impliedName(expr: ast.Expr): string | null {
  if (expr.kind === 'column-ref') return expr.name.parts.at(-1)!.name;
  return expr.kind === 'field-access' ? expr.field.name : null;
}

/** Only a name that means one item. */
function aliasOf(items: readonly Item[]): (name: string) => Expr | null {
  return (name) => {
    const found = items.filter((item) => item.alias === name);
    const digests = new Set(found.map((item) => exprToJson(item.expr)));
    return digests.size === 1 ? found[0]!.expr : null;
  };
}

function bindOrder(item: ast.OrderItem, items: readonly Item[], context: ExprContext): OrderBy {
  const ordinal = ordinalOf(item.expr, items.length);
  if (ordinal !== null) return { expr: items[ordinal]!.expr, item, ordinal };
  const expr = bindExpr(item.expr, context);
  const known = items.findIndex((candidate) => candidate.expr === expr);
  return { expr, item, ordinal: known < 0 ? null : known };
}

/** `ORDER BY 2`. @throws EngineError SQL-ORDER if there is no such item */
export function ordinalOf(expr: ast.Expr, count: number): number | null {
  if (expr.kind !== 'number' || !/^\d+$/.test(expr.text)) return null;
  const ordinal = Number(expr.text);
  if (ordinal >= 1 && ordinal <= count) return ordinal - 1;
  throw new EngineError('SQL-ORDER', 'ordinal out of range', {
    span: expr.span,
    hint: `the query has ${count} column${count === 1 ? '' : 's'}`,
  });
}

function aggregateNames(items: readonly Item[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { expr, name } of items) {
    const index = placeholderIndex(expr, AGGREGATE);
    if (index !== null && !names.has(index)) names.set(index, name);
  }
  return names;
}

function requireWindow(node: ast.Select, collected: Collected, qualify: Expr): void {
  if (collected.windows.length > 0 || hasPlaceholder(qualify, WINDOW)) return;
  throw new EngineError('SQL-WINDOW', 'QUALIFY needs a window function in the SELECT list or in its condition', {
    span: node.qualify?.span as Span,
    hint: 'a plain condition belongs in WHERE or HAVING',
  });
}

function finish(
  node: ast.Select,
  input: LogicalPlan,
  items: readonly Item[],
  exprs: readonly Expr[],
  order: readonly OrderBy[],
  sortExprs: readonly Expr[],
): LogicalPlan {
  const names = items.map((item) => item.name);
  const placed = order.map((field, i) => field.ordinal ?? indexOfExpr(exprs, sortExprs[i]!));
  if (node.distinct) {
    const distinct = build.aggregate(projectItems(input, exprs, names), [...exprs.keys()], []);
    const over = order.map((field, i) =>
      placed[i]! >= 0 ? null : overItems(sortExprs[i]!, exprs, distinct, field.item.span),
    );
    return sorted(distinct, build.columnsOf(distinct), names, order, placed, over, false);
  }
  const hidden = sortExprs.map((expr, i) => (placed[i]! >= 0 ? null : expr));
  return sorted(input, exprs, names, order, placed, hidden, true);
}

/**
 * Projects the items and what else is sorted by, sorts, and drops the latter.
 *
 * @param placed for each sort field its item, or negative: then `hidden` has the expression
 */
function sorted(
  input: LogicalPlan,
  exprs: readonly Expr[],
  names: readonly string[],
  order: readonly OrderBy[],
  placed: readonly number[],
  hidden: readonly (Expr | null)[],
  projects: boolean,
): LogicalPlan {
  const columns = [...exprs];
  const allNames = [...names];
  const indices = hidden.map((expr, i) => {
    if (expr === null) return placed[i]!;
    const known = indexOfExpr(columns, expr);
    if (known >= 0) return known;
    allNames.push(`$${columns.length}`);
    return columns.push(expr) - 1;
  });
  const projected = projects || columns.length > exprs.length ? projectItems(input, columns, allNames) : input;
  const fields = order.map((field, i) => sortField(field.item, indices[i]!));
  const plan = build.sort(projected, dedupe(fields), 0, null);
  return columns.length === exprs.length ? plan : build.projectColumns(plan, [...exprs.keys()]);
}

/** What SELECT DISTINCT is sorted by may be computed from its items only. */
function overItems(expr: Expr, items: readonly Expr[], distinct: LogicalPlan, span: Span): Expr {
  const known = indexOfExpr(items, expr);
  if (known >= 0) return build.columnOf(distinct, known);
  if (expr.kind === 'literal') return expr;
  if (expr.kind === 'call') return { ...expr, args: expr.args.map((arg) => overItems(arg, items, distinct, span)) };
  throw new EngineError('SQL-ORDER', 'expression of ORDER BY is not in the select list of SELECT DISTINCT', { span });
}

/** No projection where the plan has just these columns. */
function projectItems(input: LogicalPlan, exprs: readonly Expr[], names: readonly string[]): LogicalPlan {
  const fields = input.schema.fields;
  const same =
    input.kind === 'aggregate' &&
    fields.length === exprs.length &&
    exprs.every((expr, i) => expr.kind === 'input-ref' && expr.index === i && fields[i]!.name === names[i]);
  return same && !exprs.some((expr) => hasPlaceholder(expr, SUBQUERY)) ? input : build.project(input, exprs, names);
}

export function sortField(item: ast.OrderItem, index: number): SortField {
  return {
    index,
    direction: item.descending ? 'DESC' : 'ASC',
    nulls: item.nulls ?? (item.descending ? 'LAST' : 'FIRST'),
  };
}

/** A column that was sorted by cannot change the order any more. */
function dedupe(fields: readonly SortField[]): readonly SortField[] {
  return fields.filter((field, i) => fields.findIndex((other) => other.index === field.index) === i);
}
