/** Function calls: scalar functions, aggregates, OVER calls, and what is refused by name. */
import { EngineError, notSupported } from '../../base/errors.ts';
import { type Expr, literal } from '../../expr/expr.ts';
import { functions } from '../../expr/functions/index.ts';
import { isJsonFunction } from '../../expr/json-clauses.ts';
import { resolveAggregate, resolveCall } from '../../expr/resolve.ts';
import type * as ast from '../../sql/ast.ts';
import { BIGINT, type DataType } from '../../types/data-type.ts';
import { printType } from '../../types/print.ts';
import { groupingCall } from './collect.ts';
import type { ExprContext } from './expr-context.ts';
import { bindJsonCall, jsonAggregateName } from './json-call.ts';
import { isWindowOnly, resolveWindowFunction, type WindowFunctionCall } from './window-function.ts';
import { bindFrame, resolveWindowSpec } from './window-spec.ts';

type BindExpr = (node: ast.Expr, context: ExprContext) => Expr;

const WINDOW_TABLE_FUNCTIONS: ReadonlySet<string> = new Set(['TUMBLE', 'HOP', 'SESSION', 'CUMULATE']);
const GROUP_WINDOW_AUXILIARY = /^(TUMBLE|HOP|SESSION)_(START|END|ROWTIME|PROCTIME)$/;
const MATCH_FUNCTIONS: ReadonlySet<string> = new Set([
  'MATCH_ROWTIME',
  'MATCH_PROCTIME',
  'MATCH_NUMBER',
  'CLASSIFIER',
  'PREV',
  'NEXT',
]);

export function bindCall(node: ast.CallExpr, context: ExprContext, bindExpr: BindExpr): Expr {
  const name = functionName(node);
  refuse(node, name);
  if (name === 'GROUPING' || name === 'GROUPING_ID' || name === 'GROUP_ID') {
    return bindGrouping(node, name, context, bindExpr);
  }
  if (node.over !== undefined) return bindOver(node, name, node.over, context, bindExpr);
  if (isWindowOnly(name)) {
    throw new EngineError('SQL-AGGREGATE', `${name} needs an OVER clause`, {
      span: node.span,
      hint: `write ${name}(…) OVER (PARTITION BY … ORDER BY …)`,
    });
  }
  if (functions.aggregate(name) !== undefined && functions.scalar(name) === undefined) {
    return bindAggregate(node, name, context, bindExpr);
  }
  if (node.quantifier !== undefined || node.filter !== undefined) {
    const clause = node.filter === undefined ? node.quantifier! : 'FILTER';
    throw new EngineError('SQL-AGGREGATE', `${name} is no aggregate function and takes no ${clause}`, {
      span: node.span,
    });
  }
  if (isJsonFunction(name)) return bindJsonCall(node, name, (arg) => bindExpr(arg, context));
  const args = node.args.map((arg) => bindExpr(arg, context));
  return resolveCall(name, args, node.span);
}

function functionName(node: ast.CallExpr): string {
  const { parts } = node.name;
  const last = parts.at(-1)!;
  if (parts.length > 1) {
    const path = parts.map((part) => part.name).join('.');
    throw new EngineError('SQL-FUNCTION-UNKNOWN', `unknown function ${path}`, { span: node.span });
  }
  return last.name.toUpperCase();
}

function refuse(node: ast.CallExpr, name: string): void {
  if (WINDOW_TABLE_FUNCTIONS.has(name)) throw notSupported(`the group window ${name}`, node.span);
  if (GROUP_WINDOW_AUXILIARY.test(name)) throw notSupported(`the group window function ${name}`, node.span);
  if (MATCH_FUNCTIONS.has(name)) throw notSupported(`${name} (MATCH_RECOGNIZE)`, node.span);
  if (node.withinGroup !== undefined) throw notSupported('WITHIN GROUP', node.span);
  if (node.withinDistinct !== undefined) throw notSupported('WITHIN DISTINCT', node.span);
  if (node.orderBy !== undefined) throw notSupported(`ORDER BY inside ${name}(…)`, node.span);
  if (node.nulls !== undefined) throw notSupported(`${node.nulls} NULLS`, node.span);
  if (node.semantics !== undefined) throw notSupported(node.semantics, node.span);
}

function bindAggregate(node: ast.CallExpr, name: string, context: ExprContext, bindExpr: BindExpr): Expr {
  const { span } = node;
  if (context.inside === 'aggregate') {
    throw new EngineError('SQL-AGGREGATE', 'aggregate expressions cannot be nested', {
      span,
      hint: 'aggregate in a subquery first',
    });
  }
  if (context.collected === null || !context.allows.aggregates) {
    throw new EngineError('SQL-AGGREGATE', `aggregate expression is illegal in ${context.clause} clause`, {
      span,
      hint: context.clause === 'WHERE' ? 'use HAVING' : undefined,
    });
  }
  const inner: ExprContext = { ...context, inside: 'aggregate', asFilter: false };
  const filter = node.filter === undefined ? null : bindFilter(node.filter, inner, bindExpr);
  const distinct = node.quantifier === 'DISTINCT';
  const resolved = resolveAggregate(
    jsonAggregateName(node, name),
    aggregateArguments(node, name, inner, bindExpr),
    { distinct, neverEmpty: context.neverEmpty && filter === null },
    span,
  );
  const ignores = functions.aggregate(resolved.fn)?.ignoresDistinct === true;
  return context.collected.addAggregate({ ...resolved, distinct: distinct && !ignores, filter, span });
}

function bindFilter(node: ast.Expr, context: ExprContext, bindExpr: BindExpr): Expr {
  const filter = bindExpr(node, { ...context, clause: 'FILTER' });
  if (filter.type.kind === 'BOOLEAN') return filter;
  const message = `FILTER must be a condition, not ${printType(filter.type)}`;
  throw new EngineError('SQL-TYPE', message, { span: node.span });
}

/** COUNT(*) has none; COUNT(a, b) counts rows where none is NULL. */
function aggregateArguments(
  node: ast.CallExpr,
  name: string,
  context: ExprContext,
  bindExpr: BindExpr,
): readonly Expr[] {
  if (node.args.length === 1 && node.args[0]!.kind === 'star') {
    if (name === 'COUNT' && node.quantifier === undefined) return [];
    throw new EngineError(
      'SQL-AGGREGATE',
      `${name}(${node.quantifier === undefined ? '' : `${node.quantifier} `}*) makes no sense`,
      { span: node.span },
    );
  }
  return node.args.map((arg) => bindExpr(arg, context));
}

function bindGrouping(node: ast.CallExpr, name: string, context: ExprContext, bindExpr: BindExpr): Expr {
  if (!context.allows.aggregates || context.inside === 'aggregate') {
    throw new EngineError('SQL-AGGREGATE', `${name} is illegal in ${context.clause} clause`, { span: node.span });
  }
  if (name === 'GROUP_ID') {
    if (node.args.length === 0) return literal(0n, BIGINT);
    throw new EngineError('SQL-ARGUMENT-TYPE', 'GROUP_ID takes no arguments', { span: node.span });
  }
  if (node.args.length === 0) {
    throw new EngineError('SQL-ARGUMENT-TYPE', `${name} takes at least 1 argument`, { span: node.span });
  }
  return groupingCall(node.args.map((arg) => bindExpr(arg, context)));
}

function bindOver(
  node: ast.CallExpr,
  name: string,
  over: ast.WindowSpec | ast.WindowName,
  context: ExprContext,
  bindExpr: BindExpr,
): Expr {
  const { span } = node;
  if (context.inside !== null || context.collected === null || !context.allows.windows) {
    const place = context.inside === 'over' ? 'another OVER' : context.inside === 'aggregate' ? 'an aggregate' : null;
    throw new EngineError('SQL-WINDOW', `OVER is not allowed in ${place ?? `${context.clause} clause`}`, {
      span,
      hint: place === null ? 'filter with QUALIFY, or in a query around this one' : 'compute it in a subquery first',
    });
  }
  const inner: ExprContext = { ...context, inside: 'over', asFilter: false };
  const spec = resolveWindowSpec(over, context.windows);
  const partition = spec.partitionBy.map((expr) => bindExpr(expr, inner));
  const order = spec.orderBy.map((item) => ({
    expr: bindExpr(item.expr, inner),
    descending: item.descending,
    nulls: item.nulls ?? (item.descending ? ('LAST' as const) : ('FIRST' as const)),
  }));
  const frame = spec.frame === undefined ? null : bindFrame(spec.frame, (expr) => bindExpr(expr, inner), span);
  const filter = node.filter === undefined ? null : bindFilter(node.filter, inner, bindExpr);
  const call = windowCall(node, name, order.length > 0, filter, inner, bindExpr);
  if (isWindowOnly(name) && frame !== null) {
    throw new EngineError('SQL-WINDOW', `${name} takes no ROWS or RANGE frame`, { span });
  }
  return context.collected.addWindow({ ...call, filter, partition, order, frame, span });
}

function windowCall(
  node: ast.CallExpr,
  name: string,
  ordered: boolean,
  filter: Expr | null,
  context: ExprContext,
  bindExpr: BindExpr,
): WindowFunctionCall & { readonly distinct: boolean } {
  const args = aggregateArguments(node, name, context, bindExpr);
  const distinct = node.quantifier === 'DISTINCT';
  if (isWindowOnly(name)) return { ...resolveWindowFunction(name, args, ordered, node.span), distinct: false };
  const resolved = resolveAggregate(name, args, { distinct, neverEmpty: filter === null }, node.span);
  const type: DataType = node.over === undefined ? resolved.type : windowResultType(resolved.type, node, context);
  return { ...resolved, type, distinct };
}

/** A frame that may be empty gives NULL for all but counts; the default frame holds the row itself. */
function windowResultType(type: DataType, node: ast.CallExpr, context: ExprContext): DataType {
  const spec = resolveWindowSpec(node.over!, context.windows);
  const holdsCurrentRow =
    spec.frame === undefined ||
    spec.frame.end === undefined ||
    spec.frame.end.kind === 'current-row' ||
    spec.frame.end.kind === 'unbounded-following';
  const isCount = functions.aggregate(node.name.parts[0]!.name)?.name === 'COUNT';
  return holdsCurrentRow || isCount ? type : { ...type, nullable: true };
}
