/**
 * Special syntax as calls: the one place that says which catalogue entry, with which arguments, stands for CASE,
 * CAST, IN, BETWEEN, LIKE, EXTRACT and the rest. The binder passes what the AST holds.
 *
 * | syntax | call |
 * |---|---|
 * | a = b, <>, <, <=, >, >=, +, -, *, /, %, \|\|, AND, OR | the operator itself; `!=` is `<>` |
 * | -a, +a | `NEGATE`(a), `UNARY_PLUS`(a) |
 * | NOT a; a IS [NOT] NULL, TRUE, FALSE, UNKNOWN | `NOT`(a); `IS NULL`(a), `IS NOT NULL`(a), `IS TRUE`(a), … |
 * | a IS [NOT] DISTINCT FROM b | `IS DISTINCT FROM`(a, b), `IS NOT DISTINCT FROM`(a, b) |
 * | a BETWEEN b AND c; a NOT BETWEEN b AND c | `>=` AND `<=`; `<` OR `>` |
 * | a [NOT] IN (b, c) | `IN`(a, b, c), under NOT |
 * | a [NOT] LIKE b ESCAPE c; SIMILAR TO | `LIKE`(a, b, c); `SIMILAR TO`(a, b, c), under NOT |
 * | CASE a WHEN b THEN c … ELSE d END | `CASE`(a = b, c, …, d) |
 * | CAST(a AS t), TRY_CAST(a AS t) | `CAST`(a), `TRY_CAST`(a) of type t |
 * | EXTRACT(u FROM a) | `EXTRACT`('u', a) |
 * | FLOOR(a TO u), CEIL(a TO u) | `FLOOR`(a, 'u'), `CEIL`(a, 'u') |
 * | TIMESTAMPADD(u, n, a), TIMESTAMPDIFF(u, a, b) | `TIMESTAMPADD`('u', n, a), `TIMESTAMPDIFF`('u', a, b) |
 * | TRIM([BOTH] a FROM b) | `TRIM`('BOTH', a, b) |
 * | POSITION(a IN b); SUBSTRING(a FROM b FOR c); OVERLAY(…) | `POSITION`(a, b); `SUBSTRING`(a, b, c); `OVERLAY`(…) |
 * | a[b]; a.b; ROW(…), (a, b); ARRAY[…]; MAP[…] | `ITEM`(a, b); `GET`(a, index); `ROW`(…); `ARRAY`(…); `MAP`(…) |
 * | (a - b) DAY | `MINUS_DATE`('DAY', a, b) |
 */
import { EngineError, type Span } from '../base/errors.ts';
import { char, type DataType, INT, isExactNumeric, NULL_TYPE } from '../types/data-type.ts';
import { printType } from '../types/print.ts';
import { call, type Expr, literal } from './expr.ts';
import { isCastable } from './functions/conversion/castability.ts';
import { type IntervalUnits, unitInterval } from './literals.ts';
import { resolveCall } from './resolve.ts';

/** `CAST(expr AS type)`; with `tryCast` the result is nullable, and NULL instead of an error. */
export function resolveCast(expr: Expr, type: DataType, tryCast: boolean, span?: Span): Expr {
  if (!isCastable(expr.type, type)) {
    throw new EngineError('SQL-TYPE', `cannot cast ${printType(expr.type)} to ${printType(type)}`, { span });
  }
  const target: DataType = { ...type, nullable: tryCast || expr.type.nullable };
  return call(tryCast ? 'TRY_CAST' : 'CAST', [expr], target);
}

/** `CAST(expr AS INTERVAL unit)`: a number is so many of the unit. */
export function resolveIntervalCast(expr: Expr, units: IntervalUnits, tryCast: boolean, span?: Span): Expr {
  const unit = unitInterval(units.from, span);
  if (isExactNumeric(expr.type) && units.to === undefined) return resolveCall('*', [expr, unit], span);
  return resolveCast(expr, unit.type, tryCast, span);
}

/** `CASE [operand] WHEN … THEN … ELSE otherwise END`; without ELSE `otherwise` is null. */
export function resolveCase(
  operand: Expr | null,
  whens: readonly { readonly when: Expr; readonly result: Expr }[],
  otherwise: Expr | null,
  span?: Span,
): Expr {
  const args = whens.flatMap(({ when, result }) => [
    operand === null ? when : resolveCall('=', [operand, when], span),
    result,
  ]);
  return resolveCall('CASE', [...args, otherwise ?? literal(null, NULL_TYPE)], span);
}

/** `value [NOT] IN (list)`. */
export function resolveIn(value: Expr, list: readonly Expr[], negated: boolean, span?: Span): Expr {
  return negate(resolveCall('IN', [value, ...list], span), negated);
}

/** `value [NOT] BETWEEN [SYMMETRIC] low AND high`. */
export function resolveBetween(
  value: Expr,
  low: Expr,
  high: Expr,
  options: { readonly negated: boolean; readonly symmetric: boolean },
  span?: Span,
): Expr {
  const [over, under, both, one] = options.negated ? ['<', '>', 'OR', 'AND'] : ['>=', '<=', 'AND', 'OR'];
  const range = (from: Expr, to: Expr): Expr =>
    resolveCall(both!, [resolveCall(over!, [value, from], span), resolveCall(under!, [value, to], span)], span);
  return options.symmetric ? resolveCall(one!, [range(low, high), range(high, low)], span) : range(low, high);
}

/** `value [NOT] LIKE pattern [ESCAPE escape]` and `SIMILAR TO`. */
export function resolveLike(
  operator: 'LIKE' | 'SIMILAR TO',
  value: Expr,
  pattern: Expr,
  escapeChar: Expr | null,
  negated: boolean,
  span?: Span,
): Expr {
  const args = escapeChar === null ? [value, pattern] : [value, pattern, escapeChar];
  return negate(resolveCall(operator, args, span), negated);
}

/** `NOT expr`, or `expr` itself. */
export function negate(expr: Expr, negated: boolean): Expr {
  return negated ? resolveCall('NOT', [expr]) : expr;
}

/** A keyword as an argument: the unit of EXTRACT, FLOOR … TO, TIMESTAMPADD; the side of TRIM. */
export function symbol(name: string): Expr {
  return literal(name.toUpperCase(), char(name.length));
}

/** `expr.field` of a ROW, by the field's name. */
export function resolveField(expr: Expr, name: string, span?: Span): Expr {
  const type = expr.type;
  if (type.kind !== 'ROW') {
    throw new EngineError('SQL-TYPE', `${printType(type)} has no field ${name}`, { span });
  }
  const index = type.fields.findIndex((field) => field.name === name);
  if (index < 0) {
    const names = type.fields.map((field) => field.name).join(', ');
    throw new EngineError('SQL-TYPE', `unknown field ${name}`, { span, hint: `the row has ${names}` });
  }
  return resolveCall('GET', [expr, literal(index, INT)], span);
}

/** `ROW(a, b)`: fields are named EXPR$0, EXPR$1, … as in Flink. */
export function resolveRow(args: readonly Expr[], span?: Span): Expr {
  return resolveCall('ROW', args, span);
}
