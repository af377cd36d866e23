/** TIMESTAMPADD, TIMESTAMPDIFF and the difference of two dates or times as an interval. */
import { addMonths, civilFromDays } from '../../../types/calendar.ts';
import {
  BIGINT,
  type DataType,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  isDatetime,
  isInteger,
  isInterval,
  isTimestamp,
  nullable,
  timestamp,
} from '../../../types/data-type.ts';
import { MONTHS_PER, type TimeUnit } from '../../../types/interval.ts';
import { floorDiv, NANOS_PER_MILLI, splitTimestamp } from '../../../types/temporal.ts';
import { type CallShape, defineScalar, type Evaluation, type Inference } from '../define.ts';
import { integer } from '../numbers.ts';
import { localNanos } from './extract.ts';
import { plusMonths } from './plus.ts';
import { type UnitLength, unitLength } from './units.ts';

/** The digits of the second that a unit needs. */
function precisionOf(length: UnitLength): number {
  if (length.kind === 'months' || length.nanos >= 1_000_000_000n) return 0;
  return length.nanos === 1_000_000n ? 3 : length.nanos === 1000n ? 6 : 9;
}

function inferAdd(shape: CallShape): Inference {
  const [, count, value] = shape.types as [DataType, DataType, DataType];
  const length = unitLength(String(shape.literals[0]));
  if (length === null) return { error: `${String(shape.literals[0])} is not a unit of time` };
  if (!isInteger(count)) return { error: 'the number of units must be an integer' };
  if (!isDatetime(value)) return { error: 'it takes a date or a time' };
  const precision = precisionOf(length);
  const isNull = count.nullable || value.nullable;
  if (value.kind === 'DATE' && length.kind === 'nanos' && length.nanos < 86_400_000_000_000n) {
    if (precision > 0) return { error: 'a DATE has no fraction of a second' };
    return {
      type: nullable(timestamp(6), isNull),
      args: [undefined, undefined, nullable(timestamp(6), value.nullable)],
    };
  }
  if (isTimestamp(value)) {
    return { type: { kind: value.kind, precision: Math.max(value.precision, precision), nullable: isNull } };
  }
  if (value.kind === 'TIME') {
    if (precision > 3) return { error: 'a TIME has milliseconds at most' };
    return { type: { kind: 'TIME', precision: Math.max(value.precision, precision), nullable: isNull } };
  }
  return { type: nullable(value, isNull) };
}

export const timestampAdd = defineScalar({
  name: 'TIMESTAMPADD',
  syntax: 'special',
  arity: 3,
  signature: '(unit, count INT, DATETIME)',
  doc: 'The date or time, moved by a number of units.',
  examples: [["TIMESTAMPADD(MONTH, 1, DATE '2020-01-31')", "DATE '2020-02-29'"]],
  infer: inferAdd,
  evaluate: ([unit, count, value], call) => {
    const length = unitLength(unit as string)!;
    if (length.kind === 'months') return plusMonths(value!, call.type, Number(integer(count!)) * length.months);
    const nanos = integer(count!) * length.nanos;
    if (call.type.kind === 'DATE') return (value as number) + Number(nanos / 86_400_000_000_000n);
    if (call.type.kind === 'TIME') {
      const moved = BigInt(value as number) + nanos / NANOS_PER_MILLI;
      return Number(splitTimestamp(moved * NANOS_PER_MILLI).nanoOfDay / NANOS_PER_MILLI);
    }
    return (value as bigint) + nanos;
  },
});

/** Flink takes the difference of TIMESTAMP_LTZ only with its own kind. */
function inferDifference(shape: CallShape): Inference {
  const [, a, b] = shape.types as [DataType, DataType, DataType];
  const unit = String(shape.literals[0]);
  const length = unitLength(unit);
  if (length === null) return { error: `${unit} is not a unit of time` };
  if (!isDatetime(a) || !isDatetime(b)) return { error: 'it takes dates or times' };
  if ((a.kind === 'TIMESTAMP_LTZ') !== (b.kind === 'TIMESTAMP_LTZ')) {
    return { error: 'TIMESTAMP_LTZ can only be compared with its own kind' };
  }
  if ((a.kind === 'TIME') !== (b.kind === 'TIME')) return { error: 'TIME can only be compared with its own kind' };
  const type = length.kind === 'nanos' && length.nanos === 1n ? BIGINT : INT;
  return { type: nullable(type, a.nullable || b.nullable) };
}

export const timestampDiff = defineScalar({
  name: 'TIMESTAMPDIFF',
  syntax: 'special',
  arity: 3,
  signature: '(unit, from DATETIME, to DATETIME) → INT',
  doc: 'The number of whole units from the first date or time to the second.',
  examples: [["TIMESTAMPDIFF(DAY, DATE '2020-01-01', DATE '2020-03-01')", '60']],
  infer: inferDifference,
  evaluate: ([unit, from, to], call) => {
    const length = unitLength(unit as string)!;
    const [a, b] = [comparable(from!, 1, call), comparable(to!, 2, call)];
    const units =
      length.kind === 'months' ? BigInt(Math.trunc(monthsBetween(a, b) / length.months)) : (b - a) / length.nanos;
    return call.type.kind === 'BIGINT' ? BigInt.asIntN(64, units) : Number(BigInt.asIntN(32, units));
  },
});

/** Instants in the session's zone, so that months and days are those of its calendar. */
function comparable(value: Parameters<typeof localNanos>[0], index: number, call: Evaluation): bigint {
  return localNanos(value, call.argTypes[index]!, call);
}

/** Whole months from one timestamp to the other; the time of day only counts on the day itself, as in Calcite. */
function monthsBetween(from: bigint, to: bigint): number {
  const [a, b] = [splitTimestamp(from), splitTimestamp(to)];
  const [x, y] = [civilFromDays(a.days), civilFromDays(b.days)];
  let months = (y.year - x.year) * 12 + y.month - x.month;
  const reached = addMonths(a.days, months);
  if (a.days <= b.days && reached > b.days) months--;
  if (a.days > b.days && reached < b.days) months++;
  return addMonths(a.days, months) === b.days && b.nanoOfDay < a.nanoOfDay ? months - 1 : months;
}

/** `(a - b) unit`. */
export const minusDate = defineScalar({
  name: 'MINUS_DATE',
  syntax: 'special',
  arity: 3,
  signature: '(unit, DATETIME, DATETIME) → INTERVAL',
  doc: 'The difference of two dates or times as an interval: (a - b) DAY.',
  infer: (shape) => {
    const [, a, b] = shape.types as [DataType, DataType, DataType];
    if (!isDatetime(a) || !isDatetime(b)) return { error: 'it takes dates or times' };
    const months = (String(shape.literals[0]) as TimeUnit) in MONTHS_PER;
    return { type: nullable(months ? INTERVAL_YEAR_MONTH : INTERVAL_DAY_TIME, a.nullable || b.nullable) };
  },
  evaluate: ([, a, b], call) => {
    const [x, y] = [comparable(a!, 1, call), comparable(b!, 2, call)];
    if (call.type.kind === 'INTERVAL_YEAR_MONTH') return monthsBetween(y, x);
    return floorDiv(x, NANOS_PER_MILLI) - floorDiv(y, NANOS_PER_MILLI);
  },
});

/** `(start, end) OVERLAPS (start, end)`, where an end may be an interval. */
export const overlaps = defineScalar({
  name: 'OVERLAPS',
  syntax: 'special',
  arity: 4,
  signature: '(start DATETIME, end DATETIME or INTERVAL, start DATETIME, end DATETIME or INTERVAL) → BOOLEAN',
  doc: 'Do the two periods have a moment in common? Their ends count.',
  infer: (shape) => {
    const [a, b, c, d] = shape.types as [DataType, DataType, DataType, DataType];
    const isEnd = (type: DataType): boolean => isDatetime(type) || isInterval(type);
    if (!isDatetime(a) || !isEnd(b) || !isDatetime(c) || !isEnd(d)) return { error: 'it takes two periods of time' };
    return { type: { kind: 'BOOLEAN', nullable: shape.types.some((type) => type.nullable) } };
  },
  evaluate: ([a, b, c, d], call) => {
    const [first, firstEnd] = period(a!, b!, 0, call);
    const [second, secondEnd] = period(c!, d!, 2, call);
    return first <= secondEnd && second <= firstEnd;
  },
});

function period(
  start: Parameters<typeof localNanos>[0],
  end: Parameters<typeof localNanos>[0],
  index: number,
  call: Evaluation,
): readonly [bigint, bigint] {
  const from = localNanos(start, call.argTypes[index]!, call);
  const endType = call.argTypes[index + 1]!;
  const to = isDatetime(endType)
    ? localNanos(end, endType, call)
    : endType.kind === 'INTERVAL_YEAR_MONTH'
      ? (plusMonths(from, timestamp(9), end as number) as bigint)
      : from + (end as bigint) * NANOS_PER_MILLI;
  return from <= to ? [from, to] : [to, from];
}
