/**
 * Literals of SQL text as typed expressions: which type `1.50` or `TIMESTAMP '…'` has, and what is not a literal at
 * all. Both are as Flink's validator has them, also where it is narrow: a DECIMAL literal has at most 19 digits.
 */
import { EngineError, notSupported, type Span } from '../base/errors.ts';
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
import { MILLIS_PER, MONTHS_PER, parseIntervalLiteral, type TimeUnit } from '../types/interval.ts';
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
    const value = Number(text);
    if (!Number.isFinite(value)) throw outOfRange(text, span);
    return literal(negative && value !== 0 ? -value : value, DOUBLE);
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
  return new EngineError('SQL-LITERAL', `number ${text} is out of range`, {
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
  throw new EngineError('SQL-LITERAL', `illegal ${type} literal '${text}'`, {
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
  /** Digits of the first field. */
  readonly leadingPrecision?: number | undefined;
  /** Digits of the fraction of a second. */
  readonly fractionalPrecision?: number | undefined;
}

const DEFAULT_PRECISION = { leading: 2, fractional: 6 };
const MAX_PRECISION = { leading: 10, fractional: 9 };

/** @param sign the one before the quote */
export function intervalLiteral(sign: 1 | -1, text: string, units: IntervalUnits, span?: Span): Literal {
  const from = intervalUnit(units.from, span);
  const value = parseIntervalLiteral(text, from, units.to === undefined ? from : intervalUnit(units.to, span));
  if (value === null) {
    const written = units.to === undefined ? units.from : `${units.from} TO ${units.to}`;
    throw new EngineError('SQL-LITERAL', `illegal interval literal '${text}' ${written}`, { span });
  }
  checkPrecisions(text, units, span);
  if (typeof value === 'number') return literal(value === 0 ? 0 : sign * value, INTERVAL_YEAR_MONTH);
  return literal(BigInt(sign) * value, INTERVAL_DAY_TIME);
}

/** One unit, as in `INTERVAL n unit`. */
export function unitInterval(unit: string, span?: Span): Literal {
  return intervalLiteral(1, '1', { from: unit }, span);
}

function intervalUnit(unit: string, span: Span | undefined): TimeUnit {
  if (unit in MONTHS_PER || unit in MILLIS_PER) return unit as TimeUnit;
  throw notSupported(`an INTERVAL of ${unit}`, span);
}

/** The first field and the fraction of a second may have no more digits than the precisions say. */
function checkPrecisions(text: string, units: IntervalUnits, span: Span | undefined): void {
  const leading = /\d+/.exec(text)?.[0].replace(/^0+(?=\d)/, '') ?? '';
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const refuse = (message: string, hint?: string): never => {
    throw new EngineError('SQL-LITERAL', message, { span, hint });
  };
  for (const [which, digits, precision] of [
    ['leading', leading, units.leadingPrecision],
    ['fractional', fraction, units.fractionalPrecision],
  ] as const) {
    const most = MAX_PRECISION[which];
    if (precision !== undefined && (precision < 1 || precision > most)) {
      refuse(`the ${which} precision of an interval must be between 1 and ${most}, not ${precision}`);
    }
    const limit = precision ?? DEFAULT_PRECISION[which];
    if (digits.length <= limit) continue;
    const wide = which === 'leading' && units.to === undefined ? `write ${units.from}(${digits.length})` : undefined;
    refuse(`${digits} has more than ${limit} digits`, wide);
  }
}
