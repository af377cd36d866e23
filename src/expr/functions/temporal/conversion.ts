/**
 * Dates and times from and to text and numbers: DATE_FORMAT, TO_DATE, TO_TIMESTAMP[_LTZ], FROM_UNIXTIME,
 * UNIX_TIMESTAMP.
 */
import { EngineError } from '../../../base/errors.ts';
import {
  BIGINT,
  DATE,
  type DataType,
  DOUBLE,
  isApproximate,
  isCharacter,
  STRING,
  timestamp,
  timestampLtz,
} from '../../../types/data-type.ts';
import {
  floorDiv,
  NANOS_PER_MILLI,
  NANOS_PER_SECOND,
  parseDate,
  parseTimestamp,
  splitTimestamp,
  toInstant,
  toLocal,
  truncateTimestamp,
} from '../../../types/temporal.ts';
import { findTimeZone, type TimeZone, UTC } from '../../../types/time-zone.ts';
import type { Value } from '../../../types/value.ts';
import { type CallShape, defineScalar, type Evaluation, zoneOf } from '../define.ts';
import { CHARACTER, either, firstOf, INTEGER_NUMERIC, infer, NUMERIC, orNull, TIMESTAMPS } from '../infer.ts';
import { integer, toBigint, toNumber } from '../numbers.ts';
import { checkPattern, formatTimestampPattern, isPattern, parsePattern } from './pattern.ts';

const DEFAULT_PATTERN = 'yyyy-MM-dd HH:mm:ss';

/** The last moment that TO_TIMESTAMP_LTZ gives; later and earlier ones are NULL. */
const MAX_SECOND = 253_402_300_799n;
const MIN_SECOND = -62_135_596_800n;

function offsetAt(zone: TimeZone, instant: bigint): number {
  return zone.offsetAt(Number(floorDiv(instant, NANOS_PER_SECOND)));
}

export const dateFormat = defineScalar({
  name: 'DATE_FORMAT',
  arity: 2,
  signature: '(TIMESTAMP, pattern STRING) → STRING\n(text STRING, pattern STRING) → STRING',
  doc: 'A timestamp, or a text that reads as one, by a pattern in Java’s letters.',
  examples: [["DATE_FORMAT(TIMESTAMP '2020-02-29 12:34:56', 'yyyyMMdd')", "CAST('20200229' AS STRING)"]],
  infer: infer([either(TIMESTAMPS, CHARACTER), CHARACTER], () => STRING, 'always'),
  evaluate: ([value, pattern], call) => {
    const zone = zoneOf(call);
    const type = call.argTypes[0]!;
    const local =
      type.kind === 'TIMESTAMP_LTZ'
        ? toLocal(value as bigint, zone)
        : type.kind === 'TIMESTAMP'
          ? (value as bigint)
          : parsePlain(value as string);
    const dialect = isCharacter(type) ? 'simple' : 'formatter';
    checkPattern(pattern as string, dialect, type.kind !== 'TIMESTAMP');
    if (local === null) return null;
    const shown = { name: zone.name, offset: offsetAt(zone, toInstant(local, zone)) };
    return formatTimestampPattern(local, pattern as string, dialect, shown);
  },
});

/** `2020-02-29 12:34:56[.fraction]`, the time needed. */
function parsePlain(text: string): bigint | null {
  return /:/.test(text) ? parseTimestamp(text) : null;
}

export const toDate = defineScalar({
  name: 'TO_DATE',
  arity: [1, 2],
  signature: '(text STRING) → DATE\n(text STRING, pattern STRING) → DATE',
  doc: 'The text as a date, by default in the pattern yyyy-MM-dd; NULL if it is none.',
  examples: [["TO_DATE('29/02/2020', 'dd/MM/yyyy')", "DATE '2020-02-29'"]],
  infer: infer([CHARACTER, CHARACTER], () => DATE, 'always'),
  evaluate: ([text, pattern]) => {
    if (pattern === undefined) return parseDate(text as string);
    const parsed = parsePattern(text as string, pattern as string, 'simple');
    return parsed === null ? null : splitTimestamp(parsed).days;
  },
});

/** NULL for an invalid pattern too. */
function parseByPattern(text: string, pattern: string, dialect: 'formatter' | 'simple'): bigint | null {
  try {
    return parsePattern(text, pattern, dialect);
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

export const toTimestamp = defineScalar({
  name: 'TO_TIMESTAMP',
  arity: [1, 2],
  signature: '(text STRING) → TIMESTAMP(3)\n(text STRING, pattern STRING) → TIMESTAMP(3)',
  doc: 'The text as a timestamp, by default in the pattern yyyy-MM-dd HH:mm:ss; NULL if it is none.',
  examples: [["TO_TIMESTAMP('2020-02-29 12:34:56')", "TIMESTAMP '2020-02-29 12:34:56.000'"]],
  infer: infer([CHARACTER, CHARACTER], () => timestamp(3), 'always'),
  evaluate: ([text, pattern]) => {
    const parsed =
      pattern === undefined
        ? parseTimestamp(text as string)
        : parseByPattern(text as string, pattern as string, 'formatter');
    return parsed === null ? null : truncateTimestamp(parsed, 3);
  },
});

/** The unit is 10^-precision seconds; a literal above 3 is also the precision of the result. */
function epochType(shape: CallShape): DataType {
  const precision = shape.literals[1];
  return timestampLtz(typeof precision === 'number' && precision > 3 ? precision : 3);
}

export const toTimestampLtz = defineScalar({
  name: 'TO_TIMESTAMP_LTZ',
  arity: [1, 3],
  signature:
    '(number NUMERIC) → TIMESTAMP_LTZ(3)\n(number NUMERIC, precision INT) → TIMESTAMP_LTZ(3)\n' +
    '(text STRING) → TIMESTAMP_LTZ(3)\n(text STRING, pattern STRING) → TIMESTAMP_LTZ(3)\n' +
    '(text STRING, pattern STRING, zone STRING) → TIMESTAMP_LTZ(3)',
  doc:
    'Seconds (precision 0), milliseconds (3, the default) or smaller units since 1970, ' +
    'or a text in a time zone (UTC), as an instant.',
  examples: [['TO_TIMESTAMP_LTZ(0, 0)', 'TO_TIMESTAMP_LTZ(0, 3)']],
  infer: firstOf(
    (shape) =>
      shape.types.length > 2
        ? { error: 'a zone needs a text' }
        : infer([orNull(NUMERIC, BIGINT), INTEGER_NUMERIC], epochType, 'always')(shape),
    infer(
      [CHARACTER, CHARACTER, CHARACTER],
      (shape) => {
        const [, pattern, zone] = shape.literals;
        if (typeof pattern === 'string' && !isPattern(pattern)) return `invalid pattern ${pattern}`;
        return typeof zone === 'string' && findTimeZone(zone) === null ? `unknown time zone ${zone}` : timestampLtz(3);
      },
      'always',
    ),
  ),
  evaluate: ([value, second, zone], call) => {
    if (typeof value !== 'string') return fromEpoch(value!, second === undefined ? 3 : Number(second), call);
    const parsed = second === undefined ? parseTimestamp(value) : parseByPattern(value, second as string, 'formatter');
    if (parsed === null) {
      if (second !== undefined) return null;
      throw new EngineError('RUN-CAST', `cannot read '${value}' as a timestamp`);
    }
    const source = zone === undefined ? UTC : findTimeZone(zone as string);
    return source === null ? null : truncateTimestamp(toInstant(parsed, source), 3);
  },
});

function fromEpoch(value: Value, precision: number, call: Evaluation): Value {
  const type = call.argTypes[0]!;
  if (precision < 0 || precision > 9) {
    throw new EngineError('RUN-ARGUMENT', `the precision of TO_TIMESTAMP_LTZ must be from 0 to 9, not ${precision}`);
  }
  const unit = 10n ** BigInt(9 - precision);
  const nanos = isApproximate(type)
    ? toBigint(Math.floor(toNumber(value, type) * (precision === 0 ? 1000 : 1)), DOUBLE, 64) *
      (precision === 0 ? NANOS_PER_MILLI : unit)
    : toBigint(value, type, 64) * unit;
  const second = floorDiv(nanos, NANOS_PER_SECOND);
  if (second > MAX_SECOND || second < MIN_SECOND) return null;
  return truncateTimestamp(nanos, call.type.kind === 'TIMESTAMP_LTZ' ? call.type.precision : 3);
}

export const fromUnixtime = defineScalar({
  name: 'FROM_UNIXTIME',
  arity: [1, 2],
  signature: '(seconds BIGINT) → STRING\n(seconds BIGINT, pattern STRING) → STRING',
  doc: 'Seconds since 1970 as text in the session’s time zone, by default in the pattern yyyy-MM-dd HH:mm:ss.',
  examples: [['FROM_UNIXTIME(0)', "CAST('1970-01-01 00:00:00' AS STRING)"]],
  infer: infer([INTEGER_NUMERIC, CHARACTER], () => STRING, 'always'),
  evaluate: ([seconds, pattern], call) => {
    const zone = zoneOf(call);
    const instant = integer(seconds!) * NANOS_PER_SECOND;
    const shown = { name: shortZoneName(zone), offset: offsetAt(zone, instant) };
    return formatTimestampPattern(toLocal(instant, zone), (pattern as string) ?? DEFAULT_PATTERN, 'simple', shown);
  },
});

const SHORT_NAMES: Readonly<Record<string, string>> = { 'Asia/Seoul': 'KST', 'Asia/Tokyo': 'JST' };

function shortZoneName(zone: TimeZone): string {
  return SHORT_NAMES[zone.name] ?? zone.name;
}

export const unixTimestamp = defineScalar({
  name: 'UNIX_TIMESTAMP',
  arity: [0, 2],
  signature: '() → BIGINT\n(text STRING) → BIGINT\n(text STRING, pattern STRING) → BIGINT',
  doc:
    'Seconds since 1970: now, or those of a text in the session’s time zone; ' +
    'the smallest BIGINT if it cannot be read.',
  deterministic: false,
  examples: [["UNIX_TIMESTAMP('1970-01-01 00:01:00')", 'CAST(60 AS BIGINT)']],
  infer: infer([CHARACTER, CHARACTER], () => BIGINT),
  evaluate: ([text, pattern], call) => {
    if (text === undefined) return floorDiv(call.context.now, NANOS_PER_SECOND);
    const parsed = parsePattern(text as string, (pattern as string) ?? DEFAULT_PATTERN, 'simple');
    if (parsed === null) return -(2n ** 63n);
    return floorDiv(toInstant(parsed, zoneOf(call), 'later'), NANOS_PER_SECOND);
  },
});

/** A zone by its name; offsets such as -08:00 are not names and so UTC, as in java.util.TimeZone. */
function namedZone(name: string): TimeZone {
  return /^[+-]/.test(name) ? UTC : (findTimeZone(name) ?? UTC);
}

export const convertTz = defineScalar({
  name: 'CONVERT_TZ',
  arity: 3,
  signature: '(text STRING, from STRING, to STRING) → STRING',
  doc: 'A timestamp as text (yyyy-MM-dd HH:mm:ss), moved from one time zone to another. An unknown zone is UTC.',
  infer: infer([CHARACTER, CHARACTER, CHARACTER], () => STRING, 'always'),
  evaluate: ([text, from, to]) => {
    const parsed = parseByPattern(text as string, DEFAULT_PATTERN, 'simple');
    if (parsed === null) return null;
    const [source, target] = [namedZone(from as string), namedZone(to as string)];
    const instant = toInstant(parsed, source, 'later');
    const shown = { name: target.name, offset: offsetAt(target, instant) };
    return formatTimestampPattern(toLocal(instant, target), DEFAULT_PATTERN, 'simple', shown);
  },
});
