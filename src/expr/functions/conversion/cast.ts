/** CAST and TRY_CAST between all types, in Flink's (not legacy) behaviour. */
import { unreachable } from '../../../base/assert.ts';
import { EngineError } from '../../../base/errors.ts';
import { type DataType, isBinary, isCharacter, isInteger, isNumeric, sameType } from '../../../types/data-type.ts';
import { parseDecimal, toDecimal } from '../../../types/decimal.ts';
import { parseDouble } from '../../../types/float.ts';
import { printKind } from '../../../types/print.ts';
import {
  MILLIS_PER_DAY,
  NANOS_PER_MILLI,
  parseDate,
  parseTime,
  parseTimestamp,
  splitTimestamp,
  timestampOf,
  toInstant,
  toLocal,
  trimSpace,
  truncateTimestamp,
} from '../../../types/temporal.ts';
import type { TimeZone } from '../../../types/time-zone.ts';
import type { Entries, Value } from '../../../types/value.ts';
import { defineScalar, type Inference, zoneOf } from '../define.ts';
import { castNumber, wrapInteger } from '../numbers.ts';
import { toText } from './to-text.ts';

const TYPE_FROM_TEXT: Inference = { error: 'the target type is part of the syntax: CAST(value AS type)' };

export const cast = defineScalar({
  name: 'CAST',
  syntax: 'special',
  arity: 1,
  signature: '(value AS type)',
  doc:
    'The value as another type. Integers wrap around; a DECIMAL that does not fit is NULL; ' +
    'text that cannot be read fails.',
  examples: [
    ["CAST('12' AS INT)", '12'],
    ['CAST(1.55 AS DECIMAL(2, 1))', '1.6'],
  ],
  infer: () => TYPE_FROM_TEXT,
  evaluate: ([value], call) => castValue(value!, call.argTypes[0]!, call.type, zoneOf(call)),
});

export const tryCast = defineScalar({
  name: 'TRY_CAST',
  syntax: 'special',
  arity: 1,
  signature: '(value AS type)',
  doc: 'As CAST, but NULL instead of an error.',
  examples: [["TRY_CAST('x' AS INT)", 'CAST(NULL AS INT)']],
  infer: () => TYPE_FROM_TEXT,
  evaluate: ([value], call) => {
    try {
      return castValue(value!, call.argTypes[0]!, call.type, zoneOf(call));
    } catch (error) {
      if (error instanceof EngineError && error.code === 'RUN-CAST') return null;
      throw error;
    }
  },
});

/**
 * @param value not null
 * @throws EngineError RUN-CAST if the value has no counterpart in the type
 */
export function castValue(value: Value, from: DataType, to: DataType, zone: TimeZone): Value {
  if (isCharacter(to)) return fitText(toText(value, from, zone), to);
  if (sameType(from, to)) return value;
  if (isNumeric(to)) return toNumeric(value, from, to, zone);
  switch (to.kind) {
    case 'BOOLEAN':
      return isCharacter(from) ? parsed(parseBoolean(value as string), value, from, to, zone) : Number(value) !== 0;
    case 'BINARY':
    case 'VARBINARY':
      return fitBytes(
        isBinary(from) ? (value as Uint8Array) : new TextEncoder().encode(value as string),
        to.length,
        to.kind === 'BINARY',
      );
    case 'DATE':
      return toDate(value, from, to, zone);
    case 'TIME':
      return toTime(value, from, to, zone);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return toTimestamp(value, from, to, zone);
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
      return castNested(value, from, to, zone);
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return value;
    default:
      return unreachable(to as never);
  }
}

/** What a reader found, or the error if it found nothing. */
function parsed<T extends Value>(result: T | null, value: Value, from: DataType, to: DataType, zone: TimeZone): T {
  if (result !== null) return result;
  throw new EngineError('RUN-CAST', `cannot cast '${toText(value, from, zone)}' to ${printKind(to)}`, {
    hint: 'TRY_CAST gives NULL instead',
  });
}

function toNumeric(value: Value, from: DataType, to: DataType, zone: TimeZone): Value {
  if (from.kind === 'BOOLEAN') return castNumber(value === true ? 1 : 0, { kind: 'INT', nullable: false }, to);
  if (isCharacter(from)) return parsed(parseNumber(value as string, to), value, from, to, zone);
  if (to.kind === 'DECIMAL' && typeof value === 'number' && !Number.isFinite(value)) {
    return parsed<bigint>(null, value, from, to, zone);
  }
  return castNumber(value, from, to);
}

function parseNumber(text: string, to: DataType): Value {
  if (isInteger(to)) return parseInteger(text, to);
  if (to.kind === 'DECIMAL') {
    const number = parseDecimal(trimSpace(text));
    return number === null ? null : toDecimal(number, to);
  }
  const number = parseDouble(text);
  if (number === null) return null;
  return to.kind === 'FLOAT' ? Math.fround(number) : number;
}

/** Digits after a point are read and dropped; what does not fit the type is no number. */
function parseInteger(text: string, to: DataType): Value {
  const match = /^([+-]?\d*)(?:\.\d*)?$/.exec(trimSpace(text));
  if (match === null || !/\d/.test(trimSpace(text))) return null;
  const digits = match[1]!;
  const number = /\d/.test(digits) ? BigInt(digits.replace('+', '')) : 0n;
  const fitted = wrapInteger(number, to);
  return BigInt(fitted) === number ? fitted : null;
}

const TRUE_TEXTS: readonly string[] = ['t', 'true', 'y', 'yes', '1'];
const FALSE_TEXTS: readonly string[] = ['f', 'false', 'n', 'no', '0'];

function parseBoolean(text: string): boolean | null {
  const lower = text.toLowerCase();
  if (TRUE_TEXTS.includes(lower)) return true;
  return FALSE_TEXTS.includes(lower) ? false : null;
}

function toDate(value: Value, from: DataType, to: DataType, zone: TimeZone): Value {
  switch (from.kind) {
    case 'TIMESTAMP':
      return splitTimestamp(value as bigint).days;
    case 'TIMESTAMP_LTZ':
      return splitTimestamp(toLocal(value as bigint, zone)).days;
    default:
      return parsed(parseDate(value as string), value, from, to, zone);
  }
}

function toTime(value: Value, from: DataType, to: DataType & { kind: 'TIME' }, zone: TimeZone): Value {
  return truncateTime(timeOfDay(value, from, to, zone), to.precision);
}

function timeOfDay(value: Value, from: DataType, to: DataType, zone: TimeZone): number {
  switch (from.kind) {
    case 'TIME':
      return value as number;
    case 'TIMESTAMP':
      return Number(splitTimestamp(value as bigint).nanoOfDay / NANOS_PER_MILLI);
    case 'TIMESTAMP_LTZ':
      return Number(splitTimestamp(toLocal(value as bigint, zone)).nanoOfDay / NANOS_PER_MILLI);
    default:
      return parsed(parseTime(value as string), value, from, to, zone);
  }
}

function truncateTime(millis: number, precision: number): number {
  const unit = 10 ** Math.max(0, 3 - precision);
  return (millis % MILLIS_PER_DAY) - (millis % unit);
}

function toTimestamp(
  value: Value,
  from: DataType,
  to: DataType & { kind: 'TIMESTAMP' | 'TIMESTAMP_LTZ' },
  zone: TimeZone,
): bigint {
  const wanted = to.kind === 'TIMESTAMP_LTZ';
  if (from.kind === 'TIMESTAMP_LTZ') {
    const instant = value as bigint;
    return truncateTimestamp(wanted ? instant : toLocal(instant, zone), to.precision);
  }
  const local = localTimestamp(value, from, to, zone);
  return truncateTimestamp(wanted ? toInstant(local, zone) : local, to.precision);
}

function localTimestamp(value: Value, from: DataType, to: DataType, zone: TimeZone): bigint {
  switch (from.kind) {
    case 'DATE':
      return timestampOf(value as number, 0n);
    case 'TIME':
      return BigInt(value as number) * NANOS_PER_MILLI;
    case 'TIMESTAMP':
      return value as bigint;
    default:
      return parsed(parseTimestamp(value as string), value, from, to, zone);
  }
}

/** Cuts to the length, in characters (code points); CHAR is also padded with blanks. */
function fitText(text: string, to: DataType & { kind: 'CHAR' | 'VARCHAR' }): string {
  if (to.kind === 'VARCHAR' && text.length <= to.length) return text;
  const points = Array.from(text);
  const cut = points.length > to.length ? points.slice(0, to.length).join('') : text;
  return to.kind === 'CHAR' ? cut + ' '.repeat(Math.max(0, to.length - points.length)) : cut;
}

/** Cuts to the length in bytes; BINARY is also padded with zeros. */
function fitBytes(bytes: Uint8Array, length: number, pads: boolean): Uint8Array {
  if (bytes.length > length) return bytes.slice(0, length);
  if (!pads || bytes.length === length) return bytes;
  const padded = new Uint8Array(length);
  padded.set(bytes);
  return padded;
}

function castNested(value: Value, from: DataType, to: DataType, zone: TimeZone): Value {
  const element = (each: Value, source: DataType, target: DataType): Value =>
    each === null ? null : castValue(each, source, target, zone);
  const list = value as readonly Value[];
  if (from.kind === 'ARRAY' && to.kind === 'ARRAY') return list.map((each) => element(each, from.element, to.element));
  if (from.kind === 'ROW' && to.kind === 'ROW') {
    return list.map((each, i) => element(each, from.fields[i]!.type, to.fields[i]!.type));
  }
  if (from.kind === 'MAP' && to.kind === 'MAP') {
    return (value as Entries).map(([k, v]) => [element(k, from.key, to.key), element(v, from.value, to.value)]);
  }
  if (from.kind === 'MULTISET' && to.kind === 'MULTISET') {
    return (value as Entries).map(([k, count]) => [element(k, from.element, to.element), count]);
  }
  return value;
}
