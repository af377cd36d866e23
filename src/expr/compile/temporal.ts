/** EXTRACT, FLOOR and CEIL of dates and times to a unit. Timestamps of nanoseconds are interpreted. */
import { type I32, type I64, i32, i64, select } from '../../kernel/build.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Expr } from '../expr.ts';
import { type UnitLength, unitLength, unitName } from '../functions/temporal/units.ts';
import { strictly } from './attempt.ts';
import { calendar, daysOf, floorDivide, isNarrow, isUtc, localMicros, MICROS_PER_DAY, microOfDay } from './clock.ts';
import type { CompileContext } from './context.ts';
import { toIntegral } from './math.ts';
import { asI32, asI64, type Operand, operand } from './operand.ts';
import type { CallCompiler, CompilerTable } from './table.ts';

interface CivilDate {
  readonly year: I32;
  readonly month: I32;
  readonly day: I32;
}

/** Days since 1970-01-01 → proleptic Gregorian date, by eras of 400 years that begin in March. */
function civilFromDays(days: I32, context: CompileContext): CivilDate {
  const c = i32.const;
  const z = context.local('z', i32.add(days, c(719468)));
  const era = context.local('era', i32.div_s(i32.sub(z, i32.and(i32.shr_s(z, c(31)), c(146096))), c(146097)));
  const doe = context.local('doe', i32.sub(z, i32.mul(era, c(146097))));
  const leaps = i32.add(i32.sub(i32.div_s(doe, c(1460)), i32.div_s(doe, c(36524))), i32.div_s(doe, c(146096)));
  const yoe = context.local('yoe', i32.div_s(i32.sub(doe, leaps), c(365)));
  const dayOfYear = i32.sub(i32.add(i32.mul(yoe, c(365)), i32.div_s(yoe, c(4))), i32.div_s(yoe, c(100)));
  const doy = context.local('doy', i32.sub(doe, dayOfYear));
  const mp = context.local('mp', i32.div_s(i32.add(i32.mul(doy, c(5)), c(2)), c(153)));
  const late = context.local('late', i32.ge_s(mp, c(10)));
  return {
    day: i32.add(i32.sub(doy, i32.div_s(i32.add(i32.mul(mp, c(153)), c(2)), c(5))), c(1)),
    month: i32.sub(i32.add(mp, c(3)), i32.mul(late, c(12))),
    year: i32.add(i32.add(yoe, i32.mul(era, c(400))), late),
  };
}

/** Fields of the calendar. */
const CALENDAR: Readonly<Record<string, (days: I32, context: CompileContext) => I32>> = {
  YEAR: (days, context) => civilFromDays(days, context).year,
  MONTH: (days, context) => civilFromDays(days, context).month,
  DAY: (days, context) => civilFromDays(days, context).day,
  QUARTER: (days, context) => i32.div_s(i32.add(civilFromDays(days, context).month, i32.const(2)), i32.const(3)),
  DECADE: (days, context) => calendar('floor_div', civilFromDays(days, context).year, i32.const(10)),
  CENTURY: (days, context) => perYears(days, 100, context),
  MILLENNIUM: (days, context) => perYears(days, 1000, context),
  ISOYEAR: (days) => calendar('iso_year', days),
  WEEK: (days) => calendar('iso_week', days),
  DOY: (days) => calendar('day_of_year', days),
  ISODOW: (days) => calendar('iso_day_of_week', days),
  DOW: (days) => i32.add(i32.rem_s(calendar('iso_day_of_week', days), i32.const(7)), i32.const(1)),
};

/** The number of the century or millennium, which begins with the first year of its hundred or thousand. */
function perYears(days: I32, years: number, context: CompileContext): I32 {
  return calendar('floor_div', i32.add(civilFromDays(days, context).year, i32.const(years - 1)), i32.const(years));
}

/** Fields of the clock: microseconds of the unit, units of the next one; `scaled` for parts of a second. */
const CLOCK: Readonly<Record<string, readonly [unit: bigint, modulo: bigint, scale: bigint]>> = {
  HOUR: [3_600_000_000n, 24n, 1n],
  MINUTE: [60_000_000n, 60n, 1n],
  SECOND: [1_000_000n, 60n, 1n],
  MILLISECOND: [1000n, 1000n, 1n],
  MICROSECOND: [1n, 1_000_000n, 1n],
  NANOSECOND: [1n, 1_000_000n, 1000n],
};

function clockField(unit: string, value: Operand, context: CompileContext): I64 {
  const [length, modulo, scale] = CLOCK[unit]!;
  const field = i64.rem_u(i64.div_u(microOfDay(value, context), i64.const(length)), i64.const(modulo));
  return i64.mul(field, i64.const(scale));
}

/** Fields of intervals of milliseconds and of months: divisor and, where there is one, the next unit's length in it. */
const DAY_FIELDS: Readonly<Record<string, readonly [divisor: bigint, modulo: bigint]>> = {
  DAY: [86_400_000n, 0n],
  HOUR: [3_600_000n, 24n],
  MINUTE: [60_000n, 60n],
  SECOND: [1000n, 60n],
  EPOCH: [1000n, 0n],
  MILLISECOND: [1n, 1000n],
};

const MONTH_FIELDS: Readonly<Record<string, (months: I64) => I64>> = {
  MILLENNIUM: (months) => i64.div_s(months, i64.const(12_000)),
  CENTURY: (months) => i64.div_s(months, i64.const(1200)),
  YEAR: (months) => i64.div_s(months, i64.const(12)),
  QUARTER: (months) => i64.add(i64.div_s(i64.rem_s(months, i64.const(12)), i64.const(3)), i64.const(1)),
  MONTH: (months) => i64.rem_s(months, i64.const(12)),
};

function extractField(unit: string, value: Operand, context: CompileContext): I64 {
  switch (value.type.kind) {
    case 'INTERVAL_DAY_TIME': {
      const [divisor, modulo] = DAY_FIELDS[unit]!;
      const units = i64.div_s(asI64(value), i64.const(divisor));
      return modulo === 0n ? units : i64.rem_s(units, i64.const(modulo));
    }
    case 'INTERVAL_YEAR_MONTH':
      return MONTH_FIELDS[unit]!(i64.extend_i32_s(asI32(value)));
  }
  if (unit === 'EPOCH') return floorDivide(context.local('us', localMicros(value, context)), 1_000_000n);
  if (unit in CLOCK) return clockField(unit, value, context);
  return i64.extend_i32_s(CALENDAR[unit]!(context.local('days', daysOf(value, context)), context));
}

function unitOf(expr: Expr): string {
  return expr.kind === 'literal' ? unitName(String(expr.value)) : '';
}

function canExtract(unit: string, type: DataType): boolean {
  if (type.kind === 'INTERVAL_DAY_TIME') return unit in DAY_FIELDS;
  if (type.kind === 'INTERVAL_YEAR_MONTH') return unit in MONTH_FIELDS;
  return isNarrow(type) && (unit in CALENDAR || unit in CLOCK || unit === 'EPOCH');
}

const EXTRACT: CallCompiler = {
  accepts: (call) => canExtract(unitOf(call.args[0]!), call.args[1]!.type),
  emit: (call, context, compile) => {
    const value = compile(call.args[1]!);
    const field = (): Operand => operand(call.type, extractField(unitOf(call.args[0]!), value, context), value.valid);
    return value.type.kind === 'TIMESTAMP_LTZ' ? strictly(call, [value], context, field) : field();
  },
};

/** A multiple of the unit, not above the microseconds; of months by the calendar. */
function floorMicros(micros: I64, unit: string, length: UnitLength, context: CompileContext): I64 {
  const days = (): I32 => context.local('days', i32.wrap_i64(floorDivide(micros, MICROS_PER_DAY)));
  const atMidnight = (day: I32): I64 => i64.mul(i64.extend_i32_s(day), i64.const(MICROS_PER_DAY));
  if (unit === 'WEEK') {
    const day = days();
    const sinceSunday = i32.rem_s(calendar('iso_day_of_week', day), i32.const(7));
    return atMidnight(i32.sub(day, sinceSunday));
  }
  if (length.kind === 'months') return atMidnight(calendar('month_floor', days(), i32.const(length.months)));
  if (length.nanos < 1000n) return micros;
  return i64.mul(floorDivide(micros, length.nanos / 1000n), i64.const(length.nanos / 1000n));
}

/** The start of the next unit, unless the floor is the value itself. */
function ceilMicros(micros: I64, unit: string, length: UnitLength, context: CompileContext): I64 {
  const floor = context.local('floor', floorMicros(micros, unit, length, context));
  let next: I64;
  if (length.kind === 'nanos') next = i64.add(floor, i64.const(length.nanos / 1000n));
  else {
    const day = i32.wrap_i64(i64.div_s(floor, i64.const(MICROS_PER_DAY)));
    const moved = i64.extend_i32_s(calendar('add_months', day, i32.const(length.months)));
    next = i64.mul(moved, i64.const(MICROS_PER_DAY));
  }
  return select(i64.eq(floor, micros), micros, next);
}

function isDayOrLonger(length: UnitLength): boolean {
  return length.kind === 'months' || length.nanos >= MICROS_PER_DAY * 1000n;
}

/** FLOOR and CEIL: of a number, or of a date or time to a unit. */
function rounder(up: boolean): CallCompiler {
  const ofNumber = toIntegral(up);
  return {
    accepts: (call, context) => {
      if (call.args.length === 1) return ofNumber.accepts!(call, context);
      const { type } = call.args[0]!;
      const known = unitLength(unitOf(call.args[1]!)) !== null;
      return known && isNarrow(type) && (type.kind !== 'TIMESTAMP_LTZ' || isUtc(context));
    },
    emit: (call, context, compile) => {
      if (call.args.length === 1) return ofNumber.emit(call, context, compile);
      const value = compile(call.args[0]!);
      const unit = unitOf(call.args[1]!);
      const length = unitLength(unit)!;
      const { type } = call;
      if (type.kind === 'TIME' && isDayOrLonger(length)) return { ...value, type };
      const micros = context.local('us', localMicros(value, context));
      const rounded = (up ? ceilMicros : floorMicros)(micros, unit, length, context);
      switch (type.kind) {
        case 'DATE':
          return operand(type, i32.wrap_i64(floorDivide(rounded, MICROS_PER_DAY)), value.valid);
        case 'TIME': {
          const ofDay = i64.rem_s(rounded, i64.const(MICROS_PER_DAY));
          return operand(type, i32.wrap_i64(i64.div_s(ofDay, i64.const(1000))), value.valid);
        }
        default:
          return operand(type, rounded, value.valid);
      }
    },
  };
}

export const TEMPORAL: CompilerTable = { EXTRACT, FLOOR: rounder(false), CEIL: rounder(true) };
