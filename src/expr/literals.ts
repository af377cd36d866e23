/**
 * Literals of SQL text as typed expressions: which type `1.50` or `TIMESTAMP '…'` has, and what is not a literal at
 * all.
 */
import { EngineError, type Span } from '../base/errors.ts';
import {
  BIGINT,
  BOOLEAN,
  binary,
  char,
  DATE,
  DOUBLE,
  decimal,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  MAX_DECIMAL_PRECISION,
  NULL_TYPE,
  time,
  timestamp,
  timestampLtz,
} from '../types/data-type.ts';
import { parseIntervalLiteral, type TimeUnit } from '../types/interval.ts';
import { parseDateLiteral, parseTimeLiteral, parseTimestampLiteral } from '../types/temporal.ts';
import { type Literal, literal } from './expr.ts';

export const NULL_LITERAL: Literal = literal(null, NULL_TYPE);

export function booleanLiteral(value: boolean): Literal {
  return literal(value, BOOLEAN);
}

/** CHAR of as many UTF-16 units as the text has: Flink's length of a literal. @param text without quotes */
export function stringLiteral(text: string): Literal {
  return literal(text, char(text.length));
}

/** @param hex an even number of hexadecimal digits */
export function binaryLiteral(hex: string): Literal {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return literal(bytes, binary(bytes.length));
}

/**
 * `1` is INT or BIGINT, `1.50` DECIMAL(3, 2), `1E3` DOUBLE.
 *
 * @param negative the text stands behind a unary minus: -2147483648 is an INT
 */
export function numberLiteral(text: string, negative = false, span?: Span): Literal {
  if (/[eE]/.test(text)) {
    if (!Number.isFinite(Number(text))) throw outOfRange(text, span);
    return literal(negative ? -Number(text) : Number(text), DOUBLE);
  }
  const [whole = '', fraction] = text.replace(/\.$/, '').split('.');
  const value = BigInt(`${whole}${fraction ?? ''}` || '0') * (negative ? -1n : 1n);
  if (fraction === undefined) {
    if (BigInt.asIntN(32, value) === value) return literal(Number(value), INT);
    if (BigInt.asIntN(64, value) === value) return literal(value, BIGINT);
    throw outOfRange(text, span);
  }
  const precision = whole.length + fraction.length;
  if (precision > MAX_DECIMAL_PRECISION || BigInt.asIntN(64, value) !== value) throw outOfRange(text, span);
  return literal(value, decimal(precision, fraction.length));
}

function outOfRange(text: string, span: Span | undefined): EngineError {
  return new EngineError('SQL-TYPE', `number ${text} is out of range`, {
    span,
    hint: "longer ones are written as CAST('…' AS DECIMAL(38, 10)), or with an exponent as a DOUBLE",
  });
}

export type DateTimeLiteralType = 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ';

/** A TIMESTAMP_LTZ literal is read in UTC, whatever the session's time zone, as in Flink. */
export function datetimeLiteral(type: DateTimeLiteralType, text: string, span?: Span): Literal {
  const found = readDatetime(type, text);
  if (found !== null) return found;
  const form = { DATE: 'yyyy-MM-dd', TIME: 'HH:mm:ss', TIMESTAMP: 'yyyy-MM-dd HH:mm:ss' };
  throw new EngineError('SQL-TYPE', `'${text}' is not a ${type} literal`, {
    span,
    hint: `write it as ${form[type === 'TIMESTAMP_LTZ' ? 'TIMESTAMP' : type]}`,
  });
}

function readDatetime(type: DateTimeLiteralType, text: string): Literal | null {
  switch (type) {
    case 'DATE': {
      const value = parseDateLiteral(text);
      return value === null ? null : literal(value, DATE);
    }
    case 'TIME': {
      const parsed = parseTimeLiteral(text);
      return parsed === null ? null : literal(parsed.value, time(parsed.precision));
    }
    case 'TIMESTAMP': {
      const parsed = parseTimestampLiteral(text);
      return parsed === null ? null : literal(parsed.value, timestamp(parsed.precision));
    }
    case 'TIMESTAMP_LTZ': {
      const parsed = parseTimestampLiteral(text);
      return parsed === null ? null : literal(parsed.value, timestampLtz(parsed.precision));
    }
  }
}

/** The units of an INTERVAL literal, as written. */
export interface IntervalUnits {
  readonly from: string;
  readonly to?: string | undefined;
  readonly leadingPrecision?: number | undefined;
  readonly fractionalPrecision?: number | undefined;
}

/** Digits of the first field when none are given. */
const DEFAULT_LEADING_PRECISION = 2;

/** @param sign the one before the quote */
export function intervalLiteral(sign: 1 | -1, text: string, units: IntervalUnits, span?: Span): Literal {
  const from = units.from as TimeUnit;
  const to = (units.to ?? units.from) as TimeUnit;
  const value = parseIntervalLiteral(text, from, to);
  if (value === null) {
    const written = units.to === undefined ? units.from : `${units.from} TO ${units.to}`;
    throw new EngineError('SQL-TYPE', `'${text}' is not an interval in ${written}`, { span });
  }
  checkLeadingField(text, units, span);
  if (typeof value === 'number') return literal(sign * value, INTERVAL_YEAR_MONTH);
  return literal(BigInt(sign) * value, INTERVAL_DAY_TIME);
}

function checkLeadingField(text: string, units: IntervalUnits, span: Span | undefined): void {
  const limit = units.leadingPrecision ?? DEFAULT_LEADING_PRECISION;
  const digits = /\d+/.exec(text)?.[0].replace(/^0+(?=\d)/, '') ?? '';
  if (digits.length <= limit) return;
  throw new EngineError('SQL-TYPE', `${digits} has more than ${limit} digits`, {
    span,
    hint: `write ${units.from}(${digits.length})`,
  });
}
