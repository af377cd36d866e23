/**
 * Dates and times in kernels: any DATE, TIME or TIMESTAMP as a day and the microseconds of that day. An instant
 * (TIMESTAMP_LTZ) is first put on the clock of the session's zone, whose offset is asked for once per quarter of an
 * hour: no zone changes within one.
 */
import {
  extern,
  type F64,
  f64,
  type I32,
  type I64,
  i32,
  i64,
  call as invoke,
  libraryFunction,
} from '../../kernel/build.ts';
import type { DataType } from '../../types/data-type.ts';
import type { CompileContext } from './context.ts';
import { calendarLibrary } from './library/calendar.ts';
import { asI32, asI64, type Operand } from './operand.ts';

export const MICROS_PER_DAY = 86_400_000_000n;
const MICROS_PER_QUARTER = 900_000_000n;

/** `zone_offset(second)`: seconds ahead of UTC in the session's zone. */
const ZONE_OFFSET = extern('zone_offset', ['f64'], 'f64');

/** Whether the zone never differs from UTC. */
export function isUtc(context: CompileContext): boolean {
  return ['UTC', 'Z', 'GMT', 'Etc/UTC'].includes(context.host.timeZone);
}

/** DATE, TIME, and timestamps of microseconds. */
export function isNarrow(type: DataType): boolean {
  switch (type.kind) {
    case 'DATE':
    case 'TIME':
      return true;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return type.precision <= 6;
    default:
      return false;
  }
}

export function calendar(name: string, ...args: readonly (I32 | I64)[]): I32 {
  return invoke(libraryFunction(calendarLibrary, name), ...args) as I32;
}

/** Division by a positive constant, rounded down. */
export function floorDivide(value: I64, divisor: bigint): I64 {
  const by = i64.const(divisor);
  return i64.sub(i64.div_s(value, by), i64.extend_i32_u(i64.lt_s(i64.rem_s(value, by), i64.const(0))));
}

/** Microseconds on the local clock of a narrow date, time or timestamp. */
export function localMicros(value: Operand, context: CompileContext): I64 {
  switch (value.type.kind) {
    case 'DATE':
      return i64.mul(i64.extend_i32_s(asI32(value)), i64.const(MICROS_PER_DAY));
    case 'TIME':
      return i64.mul(i64.extend_i32_s(asI32(value)), i64.const(1000));
    case 'TIMESTAMP_LTZ':
      return isUtc(context) ? asI64(value) : onClock(asI64(value), context);
    default:
      return asI64(value);
  }
}

/** An instant on the clock of the session's zone. The last quarter of an hour and its offset are kept in memory. */
function onClock(instant: I64, context: CompileContext): I64 {
  const { f } = context;
  const cell = i32.address(context.host.zoneCell);
  const quarter = context.local('quarter', floorDivide(instant, MICROS_PER_QUARTER));
  f.if(i64.ne(i64.load(cell), quarter), () => {
    const second = i64.mul(quarter, i64.const(900));
    const offset = invoke(ZONE_OFFSET, f64.convert_i64_s(second)) as F64;
    f.do(i64.store(cell, i64.mul(i64.trunc_sat_f64_s(offset), i64.const(1_000_000)), 8));
    f.do(i64.store(cell, quarter));
  });
  return context.local('local', i64.add(instant, i64.load(cell, 8)));
}

/** The day of a narrow date or timestamp. */
export function daysOf(value: Operand, context: CompileContext): I32 {
  if (value.type.kind === 'DATE') return asI32(value);
  return i32.wrap_i64(floorDivide(localMicros(value, context), MICROS_PER_DAY));
}

/** Microseconds since midnight. */
export function microOfDay(value: Operand, context: CompileContext): I64 {
  if (value.type.kind === 'DATE') return i64.const(0);
  if (value.type.kind === 'TIME') return localMicros(value, context);
  const rest = context.local('rest', i64.rem_s(localMicros(value, context), i64.const(MICROS_PER_DAY)));
  return i64.add(rest, i64.and(i64.shr_s(rest, i64.const(63)), i64.const(MICROS_PER_DAY)));
}
