/** EXTRACT: one field of a date, a time or an interval. */
import { dayOfYear, isoDayOfWeek, isoWeek } from '../../../types/calendar.ts';
import { BIGINT, type DataType, isTimestamp, nullable } from '../../../types/data-type.ts';
import { MILLIS_PER_DAY } from '../../../types/interval.ts';
import {
  type Clock,
  clockOf,
  floorDiv,
  NANOS_PER_MILLI,
  NANOS_PER_SECOND,
  timestampOf,
  toLocal,
} from '../../../types/temporal.ts';
import type { Value } from '../../../types/value.ts';
import { type CallShape, defineScalar, type Evaluation, type Inference, zoneOf } from '../define.ts';
import { unitName } from './units.ts';

const FIELDS: Readonly<Record<string, (clock: Clock) => number>> = {
  MILLENNIUM: (clock) => Math.floor((clock.year + 999) / 1000),
  CENTURY: (clock) => Math.floor((clock.year + 99) / 100),
  DECADE: (clock) => Math.floor(clock.year / 10),
  YEAR: (clock) => clock.year,
  ISOYEAR: (clock) => isoWeek(clock.days).year,
  QUARTER: (clock) => Math.floor((clock.month + 2) / 3),
  MONTH: (clock) => clock.month,
  WEEK: (clock) => isoWeek(clock.days).week,
  DAY: (clock) => clock.day,
  DOY: (clock) => dayOfYear(clock.days),
  DOW: (clock) => (isoDayOfWeek(clock.days) % 7) + 1,
  ISODOW: (clock) => isoDayOfWeek(clock.days),
  HOUR: (clock) => clock.hour,
  MINUTE: (clock) => clock.minute,
  SECOND: (clock) => clock.second,
  MILLISECOND: (clock) => Math.floor(clock.nano / 1_000_000),
  MICROSECOND: (clock) => Math.floor(clock.nano / 1000),
  NANOSECOND: (clock) => clock.nano,
};

const TIME_FIELDS: readonly string[] = ['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'MICROSECOND', 'NANOSECOND'];
const MONTH_FIELDS: readonly string[] = ['MILLENNIUM', 'CENTURY', 'YEAR', 'QUARTER', 'MONTH'];
const DAY_FIELDS: readonly string[] = ['DAY', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'EPOCH'];

function inferExtract(shape: CallShape): Inference {
  const type = shape.types[1]!;
  const unit = unitName(String(shape.literals[0]));
  if (!isFieldOf(unit, type)) return { error: `${unit} is not a field of it` };
  return { type: nullable(BIGINT, type.nullable) };
}

function isFieldOf(unit: string, type: DataType): boolean {
  if (type.kind === 'INTERVAL_YEAR_MONTH') return MONTH_FIELDS.includes(unit);
  if (type.kind === 'INTERVAL_DAY_TIME') return DAY_FIELDS.includes(unit);
  if (type.kind === 'TIME') return TIME_FIELDS.includes(unit) && unit !== 'NANOSECOND' && unit !== 'MICROSECOND';
  if (type.kind === 'DATE') return unit in FIELDS ? unit !== 'NANOSECOND' && unit !== 'MICROSECOND' : unit === 'EPOCH';
  return isTimestamp(type) && (unit in FIELDS || unit === 'EPOCH');
}

export const extract = defineScalar({
  name: 'EXTRACT',
  syntax: 'special',
  arity: 2,
  signature: '(unit FROM DATETIME) → BIGINT\n(unit FROM INTERVAL) → BIGINT',
  doc: 'A field of a date, time or interval. WEEK is the ISO week, DOW counts from Sunday = 1, ISODOW from Monday = 1.',
  examples: [["EXTRACT(DAY FROM DATE '2020-02-29')", 'CAST(29 AS BIGINT)']],
  infer: inferExtract,
  evaluate: ([unit, value], call) => {
    const name = unitName(unit as string);
    const type = call.argTypes[1]!;
    if (type.kind === 'INTERVAL_YEAR_MONTH') return monthField(name, value as number);
    if (type.kind === 'INTERVAL_DAY_TIME') return dayField(name, value as bigint);
    if (name === 'EPOCH') return floorDiv(localNanos(value!, type, call), NANOS_PER_SECOND);
    return BigInt(FIELDS[name]!(clockOfDatetime(value!, type, call)));
  },
});

/** A DATE, TIME or TIMESTAMP (an instant in the session's zone) taken apart. */
function clockOfDatetime(value: Value, type: DataType, call: Evaluation): Clock {
  return clockOf(localNanos(value, type, call));
}

/** A date or time as nanoseconds on the local clock. */
export function localNanos(value: Value, type: DataType, call: Evaluation): bigint {
  switch (type.kind) {
    case 'DATE':
      return timestampOf(value as number, 0n);
    case 'TIME':
      return BigInt(value as number) * NANOS_PER_MILLI;
    case 'TIMESTAMP_LTZ':
      return toLocal(value as bigint, zoneOf(call));
    default:
      return value as bigint;
  }
}

function monthField(unit: string, months: number): bigint {
  if (unit === 'MILLENNIUM') return BigInt(Math.trunc(months / 12_000));
  if (unit === 'CENTURY') return BigInt(Math.trunc(months / 1200));
  if (unit === 'YEAR') return BigInt(Math.trunc(months / 12));
  if (unit === 'QUARTER') return BigInt(Math.trunc((months % 12) / 3) + 1);
  return BigInt(months % 12);
}

function dayField(unit: string, millis: bigint): bigint {
  switch (unit) {
    case 'DAY':
      return millis / MILLIS_PER_DAY;
    case 'HOUR':
      return (millis / 3_600_000n) % 24n;
    case 'MINUTE':
      return (millis / 60_000n) % 60n;
    case 'SECOND':
      return (millis / 1000n) % 60n;
    case 'EPOCH':
      return millis / 1000n;
    default:
      return millis % 1000n;
  }
}
