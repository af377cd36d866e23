/**
 * Scalars as text, as Flink's csv and json formats read and write them: SQL or ISO-8601 timestamps without trailing
 * zeros, doubles in Java's notation, bytes in base64.
 */
import type { DataType } from '../../types/data-type.ts';
import { formatDecimal, parseDecimal, toDecimal } from '../../types/decimal.ts';
import { formatDouble, formatFloat, parseDouble } from '../../types/float.ts';
import {
  dateOf,
  formatDate,
  formatTime,
  formatTimestamp,
  timestampOf,
  truncateTimestamp,
} from '../../types/temporal.ts';
import type { Value } from '../../types/value.ts';

export type TimestampStandard = 'SQL' | 'ISO-8601';

const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  TINYINT: [-128n, 127n],
  SMALLINT: [-32768n, 32767n],
  INT: [-2147483648n, 2147483647n],
  BIGINT: [-9223372036854775808n, 9223372036854775807n],
};

/** The value of a text, or undefined where it is none of the type. A DECIMAL that does not fit is NULL, as in Flink. */
export function parseScalar(text: string, type: DataType, standard: TimestampStandard): Value | undefined {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return text;
    case 'BOOLEAN':
      return text.trim().toLowerCase() === 'true';
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return parseInteger(text.trim(), type);
    case 'FLOAT':
    case 'DOUBLE': {
      const value = parseDouble(text);
      return value === null ? undefined : type.kind === 'FLOAT' ? Math.fround(value) : value;
    }
    case 'DECIMAL': {
      const parsed = parseDecimal(text.trim());
      return parsed === null ? undefined : toDecimal(parsed, type);
    }
    case 'BINARY':
    case 'VARBINARY':
      return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Uint8Array.from(Buffer.from(text, 'base64')) : undefined;
    case 'DATE':
      return parseIsoDate(text);
    case 'TIME':
      return parseClock(text, standard)?.millis;
    case 'TIMESTAMP':
      return parseIsoTimestamp(text, type.precision, standard);
    case 'TIMESTAMP_LTZ':
      return text.endsWith('Z') ? parseIsoTimestamp(text.slice(0, -1), type.precision, standard) : undefined;
    default:
      return undefined;
  }
}

function parseInteger(text: string, type: DataType): Value | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  const [least, most] = RANGES[type.kind] ?? RANGES[type.kind === 'INTERVAL_YEAR_MONTH' ? 'INT' : 'BIGINT']!;
  if (value < least || value > most) return undefined;
  return type.kind === 'BIGINT' || type.kind === 'INTERVAL_DAY_TIME' ? value : Number(value);
}

function parseIsoDate(text: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return undefined;
  return dateOf(Number(match[1]), Number(match[2]), Number(match[3])) ?? undefined;
}

/** `1:2` is no time; ISO-8601 may leave out the seconds. */
function parseClock(text: string, standard: TimestampStandard): { millis: number; nanos: bigint } | undefined {
  const match = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/.exec(text);
  if (match === null || (match[3] === undefined && standard === 'SQL')) return undefined;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = (match[4] ?? '').padEnd(9, '0');
  const seconds = hour * 3600 + minute * 60 + second;
  return {
    millis: seconds * 1000 + Number(fraction.slice(0, 3)),
    nanos: BigInt(seconds) * 1_000_000_000n + BigInt(fraction),
  };
}

function parseIsoTimestamp(text: string, precision: number, standard: TimestampStandard): bigint | undefined {
  if (text[10] !== (standard === 'SQL' ? ' ' : 'T')) return undefined;
  const days = parseIsoDate(text.slice(0, 10));
  const clock = parseClock(text.slice(11), standard);
  if (days === undefined || clock === undefined) return undefined;
  return truncateTimestamp(timestampOf(days, clock.nanos), precision);
}

/** The text of a scalar; numbers and booleans without quotes in JSON and CSV. */
export function formatScalar(
  value: Exclude<Value, null>,
  type: DataType,
  standard: TimestampStandard,
  plainDecimals: boolean,
): string {
  switch (type.kind) {
    case 'FLOAT':
      return formatFloat(value as number);
    case 'DOUBLE':
      return formatDouble(value as number);
    case 'DECIMAL':
      return plainDecimals ? formatDecimal(value as bigint, type.scale) : shortDecimal(value as bigint, type.scale);
    case 'BINARY':
    case 'VARBINARY':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'DATE':
      return formatDate(value as number);
    case 'TIME':
      return withoutZeros(formatTime(value as number, 3));
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const text = withoutZeros(formatTimestamp(value as bigint, 9));
      return (standard === 'SQL' ? text : text.replace(' ', 'T')) + (type.kind === 'TIMESTAMP_LTZ' ? 'Z' : '');
    }
    default:
      return String(value);
  }
}

/** The text of a scalar as in SQL: what names a partition. */
export function printScalar(value: Exclude<Value, null>, type: DataType): string {
  return formatScalar(value, type, 'SQL', true);
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Java's BigDecimal without trailing zeros: `1.5`, `0`, `1E+2`. */
function shortDecimal(value: bigint, scale: number): string {
  if (value === 0n) return '0';
  let unscaled = value;
  let exponent = -scale;
  while (unscaled % 10n === 0n) {
    unscaled /= 10n;
    exponent++;
  }
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const sign = unscaled < 0n ? '-' : '';
  const adjusted = exponent + digits.length - 1;
  if (exponent <= 0 && adjusted >= -6) return formatDecimal(unscaled, -exponent);
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${sign}${mantissa}E${adjusted < 0 ? '' : '+'}${adjusted}`;
}
