/**
 * Expressions of the syntax tree → typed expressions over the columns of a scope. Functions and operators are resolved
 * by expr/resolve.ts and expr/operators.ts; aggregates, OVER calls and subqueries are put aside (collect.ts).
 */
import { unreachable } from '../../base/assert.ts';
import { EngineError, notSupported, type Span } from '../../base/errors.ts';
import { type Expr, literal } from '../../expr/expr.ts';
import { numberLiteral, unitInterval } from '../../expr/literals.ts';
import {
  resolveBetween,
  resolveCast,
  resolveField,
  resolveIn,
  resolveIntervalCast,
  resolveLike,
  resolveRow,
  symbol,
} from '../../expr/operators.ts';
import { resolveCall } from '../../expr/resolve.ts';
import type * as ast from '../../sql/ast.ts';
import { NULL_TYPE } from '../../types/data-type.ts';
import { printType } from '../../types/print.ts';
import type { LogicalPlan } from '../logical.ts';
import { columnOf } from '../logical-build.ts';
import { bindCall } from './call.ts';
import { type Collected, OPERAND, placeholder } from './collect.ts';
import type { ExprContext } from './expr-context.ts';
import { bindLiteral } from './literal.ts';
import { resolveName } from './scope.ts';
import { bindType } from './type.ts';

export function bindExpr(node: ast.Expr, context: ExprContext): Expr {
  const expr = bindNode(node, context);
  if (expr.kind !== 'literal' && !context.binder.spans.has(expr)) context.binder.spans.set(expr, node.span);
  return expr;
}

/** @throws EngineError SQL-TYPE if the expression is not BOOLEAN */
export function bindPredicate(node: ast.Expr, context: ExprContext): Expr {
  const expr = bindExpr(node, { ...context, asFilter: true });
  if (expr.type.kind === 'BOOLEAN') return expr;
  if (expr.kind === 'literal' && expr.value === null) return literal(null, { kind: 'BOOLEAN', nullable: true });
  throw new EngineError('SQL-TYPE', `${context.clause} clause must be a condition, not ${printType(expr.type)}`, {
    span: node.span,
  });
}

function bindNode(node: ast.Expr, context: ExprContext): Expr {
  // Only AND and OR pass the mark on.
  const inner = context.asFilter ? { ...context, asFilter: false } : context;
  const bind = (child: ast.Expr): Expr => bindExpr(child, inner);
  const { span } = node;
  switch (node.kind) {
    case 'number':
    case 'string':
    case 'binary-string':
    case 'boolean':
    case 'null':
    case 'datetime':
    case 'interval':
      return bindLiteral(node);
    case 'interval-of':
      return resolveCall('*', [bind(node.value), unitInterval(node.qualifier.from, span)], span);
    case 'column-ref':
      return bindColumn(node, context);
    case 'symbol':
      return symbol(node.value);
    case 'unary':
      return bindUnary(node, bind);
    case 'binary':
      return bindBinary(node, context);
    case 'is':
      return bindIs(node, bind);
    case 'between': {
      const options = { negated: node.negated, symmetric: node.symmetric };
      return resolveBetween(bind(node.operand), bind(node.low), bind(node.high), options, span);
    }
    case 'in-list':
      return bindInList(node, bind);
    case 'in-query':
      return negated(bindAny('=', node.operand, node.query, span, node.negated ? inner : context), node.negated, span);
    case 'quantified':
      return bindQuantified(node, context);
    case 'exists': {
      if (node.op === 'UNIQUE') throw notSupported('UNIQUE (subquery)', span);
      const plan = subqueryPlan(node.query, context);
      return collectedOf(context, span).addSubquery({ kind: 'exists', plan, span });
    }
    case 'subquery': {
      const plan = subqueryPlan(node.query, context);
      oneColumn(plan, span);
      return collectedOf(context, span).addSubquery({ kind: 'scalar', plan, span });
    }
    case 'like': {
      const escapeChar = node.escape === undefined ? null : bind(node.escape);
      if (node.op === 'ILIKE' || node.op === 'RLIKE') throw notSupported(node.op, span, 'use LIKE, or REGEXP(a, b)');
      return resolveLike(node.op, bind(node.operand), bind(node.pattern), escapeChar, node.negated, span);
    }
    case 'case':
      return bindCase(node, bind);
    case 'datetime-difference': {
      const unit = symbol(node.qualifier.from);
      return resolveCall('MINUS_DATE', [unit, bind(node.left), bind(node.right)], span);
    }
    case 'cast': {
      if (node.op === 'SAFE_CAST') throw notSupported('SAFE_CAST', span, 'use TRY_CAST');
      const [operand, tryCast] = [bind(node.operand), node.op === 'TRY_CAST'];
      if (node.type === undefined) return resolveIntervalCast(operand, node.interval!, tryCast, span);
      return resolveCast(operand, bindType(node.type), tryCast, span);
    }
    case 'call':
      return bindCall(node, inner, bindExpr);
    case 'row':
      return resolveRow(node.items.map(bind));
    case 'collection':
      if (node.type === 'MULTISET') throw notSupported('MULTISET[…]', span, 'use COLLECT');
      return resolveCall(node.type, node.items.map(bind), span);
    case 'element-access':
      return resolveCall('ITEM', [bind(node.operand), bind(node.index)], span);
    case 'field-access':
      return resolveField(bind(node.operand), node.field.name, node.field.span);
    case 'star':
      throw new EngineError('SQL-SYNTAX', '* is not an expression', { span, hint: 'it stands in SELECT and COUNT(*)' });
    case 'default':
      throw new EngineError('SQL-SYNTAX', 'DEFAULT is allowed only as a value of INSERT', { span });
    case 'parameter':
      throw notSupported('a dynamic parameter (?)', span);
    case 'collection-query':
      throw notSupported(`${node.type} (SELECT …)`, span, 'use ARRAY_AGG in a scalar subquery');
    case 'named-argument':
      throw notSupported(`the named argument ${node.name.name}`, span);
    case 'table-argument':
    case 'model-argument':
    case 'descriptor':
      throw notSupported('a table, model or descriptor as an argument', span);
    default:
      return unreachable(node);
  }
}

/** Functions that may stand without parentheses where no column has their name; the grammar knows the others. */
const CALLED_BY_NAME: ReadonlySet<string> = new Set(['PI']);

function bindColumn(node: ast.ColumnRef, context: ExprContext): Expr {
  const parts = node.name.parts.map((part) => part.name);
  const alias = parts.length === 1 && context.alias !== null ? context.alias : null;
  if (alias !== null && context.aliasFirst) {
    const meant = alias(parts[0]!);
    if (meant !== null) return meant;
  }
  try {
    const { expr, fields } = resolveName(parts, context.scope, node.span);
    const column = fields.reduce((row, field) => resolveField(row, field, node.span), { ...expr });
    context.binder.spans.set(column, node.span);
    return column;
  } catch (error) {
    if (parts.length > 1 || !(error instanceof EngineError) || error.code !== 'SQL-COLUMN-UNKNOWN') throw error;
    const meant = alias?.(parts[0]!) ?? null;
    if (meant !== null) return meant;
    if (CALLED_BY_NAME.has(parts[0]!.toUpperCase())) return resolveCall(parts[0]!, [], node.span);
    if (!context.itemNames.has(parts[0]!)) throw error;
    throw new EngineError(error.code, error.message, {
      ...error.detail,
      hint: `${parts[0]} is an alias of the SELECT list, which ${context.clause} does not see: repeat its expression`,
    });
  }
}

function bindUnary(node: ast.UnaryExpr, bind: (child: ast.Expr) => Expr): Expr {
  const { operand } = node;
  if (node.op === '-' && operand.kind === 'number') return numberLiteral(operand.text, true, node.span);
  const value = bind(operand);
  if (node.op === '+') return value;
  return resolveCall(node.op === '-' ? 'NEGATE' : 'NOT', [value], node.span);
}

const CALLED_OPERATORS: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%', '||']);
const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

/** The left spine is walked with a loop: chains of AND and OR may be thousands long. */
function bindBinary(node: ast.BinaryExpr, context: ExprContext): Expr {
  const spine: ast.BinaryExpr[] = [];
  let leftmost: ast.Expr = node;
  while (leftmost.kind === 'binary') {
    spine.push(leftmost);
    leftmost = leftmost.left;
  }
  spine.reverse();
  const logical = (op: ast.BinaryOp): boolean => op === 'AND' || op === 'OR';
  // What is associative may be balanced; a sum or product is as deep as it is long.
  const chained = (op: ast.BinaryOp): boolean => logical(op) || op === '||';
  refuseDepth(spine.filter(({ op }) => !chained(op)).length, node.span);
  // The mark holds for an operand if all operators between it and the root are logical.
  const marks: boolean[] = [];
  let mark = context.asFilter;
  for (let i = spine.length - 1; i >= 0; i--) {
    mark &&= logical(spine[i]!.op);
    marks[i] = mark;
  }
  let result: Expr | null = null;
  let start = 0;
  while (start < spine.length) {
    const first = spine[start]!;
    const { op } = first;
    const operand = (child: ast.Expr, at: number): Expr => bindExpr(child, { ...context, asFilter: marks[at]! });
    if (!chained(op)) {
      result = bindOperator(first, result, context);
      context.binder.spans.set(result, first.span);
      start++;
      continue;
    }
    const operands: Expr[] = [result ?? operand(first.left, start)];
    let end = start;
    for (; end < spine.length && spine[end]!.op === op; end++) operands.push(operand(spine[end]!.right, end));
    result = balanced(op, operands, spine[end - 1]!.span);
    start = end;
  }
  return result!;
}

/** Operators of a chain; each is a level of the tree that everything after the binder walks by calling itself. */
const MOST_OPERATORS = 1000;

function refuseDepth(operators: number, span: Span): void {
  if (operators <= MOST_OPERATORS) return;
  throw new EngineError('SQL-NESTING', `a chain of more than ${MOST_OPERATORS} operators is too deep`, {
    span,
    hint: 'put parts of it in parentheses, so that they are computed side by side',
  });
}

/** Pairs of pairs, so that the depth is the logarithm of the length. Short chains stay as written. */
function balanced(op: ast.BinaryOp, operands: readonly Expr[], span: Span): Expr {
  if (operands.length <= 32) return operands.reduce((left, right) => resolveCall(op, [left, right], span));
  const middle = operands.length >> 1;
  const halves = [balanced(op, operands.slice(0, middle), span), balanced(op, operands.slice(middle), span)];
  return resolveCall(op, halves, span);
}

function bindOperator(node: ast.BinaryExpr, boundLeft: Expr | null, context: ExprContext): Expr {
  const inner = { ...context, asFilter: false };
  const { op, left, right, span } = node;
  if (COMPARISONS.has(op)) {
    if (left.kind === 'row' && right.kind === 'row') return compareRows(node, left, right, inner);
    return resolveCall(op, [boundLeft ?? bindExpr(left, inner), bindExpr(right, inner)], span);
  }
  if (CALLED_OPERATORS.has(op)) {
    return resolveCall(op, [boundLeft ?? bindExpr(left, inner), bindExpr(right, inner)], span);
  }
  if (op === 'OVERLAPS' && left.kind === 'row' && right.kind === 'row') {
    const args = [...left.items, ...right.items].map((item) => bindExpr(item, inner));
    return resolveCall('OVERLAPS', args, span);
  }
  throw notSupported(`the operator ${op}`, span);
}

function compareRows(node: ast.BinaryExpr, left: ast.RowExpr, right: ast.RowExpr, context: ExprContext): Expr {
  if (node.op !== '=' && node.op !== '<>') throw notSupported(`${node.op} between rows`, node.span);
  const equal = rowsEqual(
    left.items.map((item) => bindExpr(item, context)),
    right.items.map((item) => bindExpr(item, context)),
    node.span,
  );
  return negated(equal, node.op === '<>', node.span);
}

function rowsEqual(left: readonly Expr[], right: readonly Expr[], span: Span): Expr {
  if (left.length !== right.length) {
    const message = `rows of ${left.length} and ${right.length} values cannot be compared`;
    throw new EngineError('SQL-TYPE', message, { span });
  }
  return left
    .map((value, i) => resolveCall('=', [value, right[i]!], span))
    .reduce((all, equal) => resolveCall('AND', [all, equal], span));
}

function bindIs(node: ast.IsExpr, bind: (child: ast.Expr) => Expr): Expr {
  const operands = node.other === undefined ? [bind(node.operand)] : [bind(node.operand), bind(node.other)];
  if (node.test === 'A SET' || node.test === 'EMPTY') throw notSupported(`IS ${node.test}`, node.span);
  if (node.test.startsWith('JSON')) {
    const mode = node.test.slice('JSON '.length);
    return negated(resolveCall('IS JSON', [operands[0]!, symbol(mode)], node.span), node.negated, node.span);
  }
  return resolveCall(`IS ${node.negated ? 'NOT ' : ''}${node.test}`, operands, node.span);
}

function bindInList(node: ast.InListExpr, bind: (child: ast.Expr) => Expr): Expr {
  const { operand, list, span } = node;
  if (operand.kind !== 'row') return resolveIn(bind(operand), list.map(bind), node.negated, span);
  const values = operand.items.map(bind);
  const any = list
    .map((item) => {
      if (item.kind === 'row') return rowsEqual(values, item.items.map(bind), item.span);
      throw new EngineError('SQL-TYPE', 'a row can only be IN a list of rows', { span: item.span });
    })
    .reduce((left, right) => resolveCall('OR', [left, right], span));
  return negated(any, node.negated, span);
}

function bindCase(node: ast.CaseExpr, bind: (child: ast.Expr) => Expr): Expr {
  const operand = node.operand === undefined ? null : bind(node.operand);
  const args = node.branches.flatMap((branch) => {
    const result = bind(branch.result);
    return branch.when.flatMap((when) => {
      const value = bind(when);
      return [operand === null ? value : resolveCall('=', [operand, value], when.span), result];
    });
  });
  const otherwise = node.otherwise === undefined ? literal(null, NULL_TYPE) : bind(node.otherwise);
  return resolveCall('CASE', [...args, otherwise], node.span);
}

function bindQuantified(node: ast.QuantifiedExpr, context: ExprContext): Expr {
  const { op, span } = node;
  const inner = { ...context, asFilter: false };
  if (node.query !== undefined) {
    if (node.quantifier === 'ANY') return bindAny(op, node.operand, node.query, span, context);
    const opposite = { '=': '<>', '<>': '=', '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const;
    return negated(bindAny(opposite[op], node.operand, node.query, span, inner), true, span);
  }
  const operand = bindExpr(node.operand, inner);
  return (node.list ?? [])
    .map((item) => resolveCall(op, [operand, bindExpr(item, inner)], span))
    .reduce((left, right) => resolveCall(node.quantifier === 'ANY' ? 'OR' : 'AND', [left, right], span));
}

function bindAny(op: ast.ComparisonOp, operand: ast.Expr, query: ast.Query, span: Span, context: ExprContext): Expr {
  const inner = { ...context, asFilter: false };
  const nodes = operand.kind === 'row' ? operand.items : [operand];
  const operands = nodes.map((item) => bindExpr(item, inner));
  const plan = subqueryPlan(query, context);
  const columns = plan.schema.fields.length;
  if (columns !== operands.length) {
    const message = `${operands.length} value(s) cannot be compared with a subquery of ${columns} columns`;
    throw new EngineError('SQL-SUBQUERY', message, { span });
  }
  if (operands.length > 1 && op !== '=') throw notSupported(`a row ${op} ANY (subquery)`, span);
  const condition = operands
    .map((value, i) => resolveCall(op, [placeholder(OPERAND, i, value.type), columnOf(plan, i)], span))
    .reduce((left, right) => resolveCall('AND', [left, right], span));
  const unknownIsFalse = context.asFilter || !condition.type.nullable;
  return collectedOf(context, span).addSubquery({ kind: 'any', plan, operands, condition, unknownIsFalse, span });
}

function subqueryPlan(query: ast.Query, context: ExprContext): LogicalPlan {
  return context.binder.bindQuery(query, { ...context.env, outer: context.scope });
}

function collectedOf(context: ExprContext, span: Span): Collected {
  if (context.collected !== null) return context.collected;
  throw notSupported(`a subquery in ${context.clause}`, span);
}

function oneColumn(plan: LogicalPlan, span: Span): void {
  const columns = plan.schema.fields.length;
  if (columns === 1) return;
  const message = `a scalar subquery must have one column, this one has ${columns}`;
  throw new EngineError('SQL-SUBQUERY', message, { span });
}

function negated(expr: Expr, isNegated: boolean, span: Span): Expr {
  return isNegated ? resolveCall('NOT', [expr], span) : expr;
}
