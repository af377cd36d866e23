/** Dates and times plus and minus intervals. */
import { addMonths } from '../../../types/calendar.ts';
import { type DataType, isDatetime, isInterval, nullable } from '../../../types/data-type.ts';
import { MILLIS_PER_DAY, NANOS_PER_MILLI, splitTimestamp, timestampOf } from '../../../types/temporal.ts';
import type { Value } from '../../../types/value.ts';
import type { CallShape, Evaluation, Inference } from '../define.ts';

/**
 * datetime + interval and interval + datetime, of the datetime's type (a timestamp of at least millisecond
 * precision).
 */
export function inferDatetimePlus(shape: CallShape): Inference {
  const [a, b] = shape.types as [DataType, DataType];
  const [datetime, interval] = isDatetime(a) ? [a, b] : [b, a];
  if (!isDatetime(datetime) || !isInterval(interval)) return { error: 'the operands have no common type' };
  return { type: nullable(datetime, a.nullable || b.nullable) };
}

export function isDatetimePlus(call: Evaluation): boolean {
  return isDatetime(call.type);
}

export function addInterval(a: Value, b: Value, call: Evaluation, sign: 1 | -1): Value {
  const first = isDatetime(call.argTypes[0]!);
  const [datetime, interval] = first ? [a, b] : [b, a];
  const intervalType = call.argTypes[first ? 1 : 0]!;
  return intervalType.kind === 'INTERVAL_YEAR_MONTH'
    ? plusMonths(datetime, call.type, sign * (interval as number))
    : plusMillis(datetime, call.type, BigInt(sign) * (interval as bigint));
}

/** Moves a DATE or TIMESTAMP by months; a TIME stays. */
export function plusMonths(value: Value, type: DataType, months: number): Value {
  if (type.kind === 'TIME') return value;
  if (type.kind === 'DATE') return addMonths(value as number, months);
  const { days, nanoOfDay } = splitTimestamp(value as bigint);
  return timestampOf(addMonths(days, months), nanoOfDay);
}

/** Moves a DATE (by whole days, truncated), a TIME (around the clock) or a TIMESTAMP by milliseconds. */
export function plusMillis(value: Value, type: DataType, millis: bigint): Value {
  if (type.kind === 'DATE') return (value as number) + Number(millis / BigInt(MILLIS_PER_DAY));
  if (type.kind === 'TIME') {
    const moved = (BigInt(value as number) + millis) % BigInt(MILLIS_PER_DAY);
    return Number(moved < 0n ? moved + BigInt(MILLIS_PER_DAY) : moved);
  }
  return (value as bigint) + millis * NANOS_PER_MILLI;
}
