/** Literals as written → typed values. Types are those that Flink's validator gives them. */
import { unreachable } from '../../base/assert.ts';
import { EngineError, notSupported, type Span } from '../../base/errors.ts';
import { type Expr, literal } from '../../expr/expr.ts';
import type {
  BinaryLiteral,
  BooleanLiteral,
  DateTimeLiteral,
  IntervalLiteral,
  NullLiteral,
  NumberLiteral,
  StringLiteral,
  TimeUnit as SyntaxUnit,
} from '../../sql/ast.ts';
import {
  BIGINT,
  BOOLEAN,
  binary,
  char,
  DATE,
  DOUBLE,
  decimal,
  INT,
  MAX_DECIMAL_PRECISION,
  NULL_TYPE,
  time,
  timestamp,
  timestampLtz,
} from '../../types/data-type.ts';
import { MILLIS_PER, MONTHS_PER, parseIntervalLiteral, type TimeUnit } from '../../types/interval.ts';
import { parseDateLiteral, parseTimeLiteral, parseTimestampLiteral, toInstant } from '../../types/temporal.ts';
import { timeZone } from '../../types/time-zone.ts';
import { intervalType } from './type.ts';

export type LiteralNode =
  | NumberLiteral
  | StringLiteral
  | BinaryLiteral
  | BooleanLiteral
  | NullLiteral
  | DateTimeLiteral
  | IntervalLiteral;

/**
 * @param zone has `table.local-time-zone`, for TIMESTAMP WITH LOCAL TIME ZONE; it is asked only then, which costs
 * something
 */
export function bindLiteral(node: LiteralNode, zone: { readonly timeZone: string }): Expr {
  switch (node.kind) {
    case 'number':
      return bindNumber(node.text, false, node.span);
    case 'string':
      return literal(node.value, char(node.value.length));
    case 'binary-string':
      return literal(bytesOf(node.hex), binary(node.hex.length / 2));
    case 'boolean':
      return literal(node.value, BOOLEAN);
    case 'null':
      return literal(null, NULL_TYPE);
    case 'datetime':
      return bindDateTime(node, zone);
    case 'interval':
      return bindInterval(node);
    default:
      return unreachable(node);
  }
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

const INT_LIMIT = 2n ** 31n;
const BIGINT_LIMIT = 2n ** 63n;

/** `1` INT or BIGINT or DECIMAL, `2.50` DECIMAL(3, 2), `1E3` DOUBLE; the sign does not change the type. */
export function bindNumber(text: string, negative: boolean, span: Span): Expr {
  if (/[eE]/.test(text)) return literal(negative ? -Number(text) : Number(text), DOUBLE);
  const [whole = '', fraction = ''] = text.split('.');
  const digits = `${whole}${fraction}`;
  const unscaled = BigInt(digits);
  const value = negative ? -unscaled : unscaled;
  if (fraction === '') {
    if (unscaled < INT_LIMIT) return literal(Number(value), INT);
    if (unscaled < BIGINT_LIMIT) return literal(value, BIGINT);
  }
  const precision = fraction === '' ? unscaled.toString().length : digits.length;
  if (precision > MAX_DECIMAL_PRECISION) {
    throw new EngineError('SQL-LITERAL', `the number ${text} has more than ${MAX_DECIMAL_PRECISION} digits`, { span });
  }
  return literal(value, decimal(precision, fraction.length));
}

function bindDateTime(node: DateTimeLiteral, zone: { readonly timeZone: string }): Expr {
  const { text, span } = node;
  if (node.type === 'DATE') {
    const days = parseDateLiteral(text);
    if (days === null) throw invalid(node.type, text, "'2024-12-31'", span);
    return literal(days, DATE);
  }
  if (node.type === 'TIME') {
    const parsed = parseTimeLiteral(text);
    if (parsed === null) throw invalid(node.type, text, "'23:59:59'", span);
    return literal(parsed.value, time(parsed.precision));
  }
  const parsed = parseTimestampLiteral(text);
  if (parsed === null) throw invalid('TIMESTAMP', text, "'2024-12-31 23:59:59.123'", span);
  if (node.type === 'TIMESTAMP') return literal(parsed.value, timestamp(parsed.precision));
  return literal(toInstant(parsed.value, timeZone(zone.timeZone)), timestampLtz(parsed.precision));
}

function invalid(type: string, text: string, example: string, span: Span): EngineError {
  return new EngineError('SQL-LITERAL', `illegal ${type} literal '${text}'`, {
    span,
    hint: `it looks like ${example}`,
  });
}

function bindInterval(node: IntervalLiteral): Expr {
  const { from, to = from } = node.qualifier;
  const units = [intervalUnit(from, node.span), intervalUnit(to, node.span)] as const;
  const value = parseIntervalLiteral(node.text, units[0], units[1]);
  if (value === null) {
    const qualifier = from === to ? from : `${from} TO ${to}`;
    throw new EngineError('SQL-LITERAL', `illegal interval literal '${node.text}' ${qualifier}`, { span: node.span });
  }
  const signed = node.sign < 0 ? -value : value;
  return literal(typeof signed === 'number' && Object.is(signed, -0) ? 0 : signed, intervalType(node.qualifier));
}

function intervalUnit(unit: SyntaxUnit, span: Span): TimeUnit {
  if (unit in MONTHS_PER || unit in MILLIS_PER) return unit as TimeUnit;
  throw notSupported(`an INTERVAL of ${unit}`, span);
}

/** INTERVAL '1' unit, for `INTERVAL n unit`. */
export function unitInterval(unit: SyntaxUnit, span: Span): Expr {
  const known = intervalUnit(unit, span);
  const type = intervalType({ from: unit });
  const months = MONTHS_PER[known];
  return months === undefined ? literal(MILLIS_PER[known]!, type) : literal(months, type);
}
