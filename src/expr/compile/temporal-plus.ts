/**
 * Dates and times plus and minus intervals, sums of intervals, TIMESTAMPADD, TIMESTAMPDIFF and the difference of two
 * dates or times. Timestamps of nanoseconds are interpreted where months are counted.
 */
import { physicalType } from '../../columnar/physical.ts';
import { type I32, type I64, i32, i64, or } from '../../kernel/build.ts';
import { type DataType, isDatetime, isInteger, isInterval, isTimestamp } from '../../types/data-type.ts';
import type { Call, Expr } from '../expr.ts';
import { type UnitLength, unitLength } from '../functions/temporal/units.ts';
import { attempt, strictly } from './attempt.ts';
import { calendar, daysOf, floorDivide, isNarrow, isUtc, localMicros, MICROS_PER_DAY, microOfDay } from './clock.ts';
import type { CompileContext } from './context.ts';
import { addWide, exact, rescaleOperand } from './decimal.ts';
import { asI32, asI64, bothValid, type Operand, operand } from './operand.ts';
import type { CallCompiler, Compile, CompilerTable } from './table.ts';

const MILLIS_PER_DAY = 86_400_000n;

/** What a literal unit is worth; null if it is none. */
function lengthOfUnit(unit: Expr): UnitLength | null {
  return unit.kind === 'literal' && typeof unit.value === 'string' ? unitLength(unit.value) : null;
}

/** The remainder of a division by a positive constant, never negative. */
function modulo(value: I64, divisor: bigint, context: CompileContext): I64 {
  const rest = context.local('rest', i64.rem_s(value, i64.const(divisor)));
  return i64.add(rest, i64.and(i64.shr_s(rest, i64.const(63)), i64.const(divisor)));
}

/** Moves a DATE by whole days, a TIME around the clock, a TIMESTAMP by the sum. */
function plusMillis(value: Operand, millis: I64, type: DataType, context: CompileContext): Operand {
  switch (type.kind) {
    case 'DATE': {
      const days = i32.wrap_i64(i64.div_s(millis, i64.const(MILLIS_PER_DAY)));
      return operand(type, i32.add(asI32(value), days), null);
    }
    case 'TIME': {
      const moved = modulo(i64.add(i64.extend_i32_s(asI32(value)), millis), MILLIS_PER_DAY, context);
      return operand(type, i32.wrap_i64(moved), null);
    }
    default:
      return plusUnits(value, millis, 1_000_000n, type, context);
  }
}

/** A timestamp plus a number of units of so many nanoseconds. */
function plusUnits(value: Operand, count: I64, nanos: bigint, type: DataType, context: CompileContext): Operand {
  if (physicalType(type) === 'i64') {
    return operand(type, i64.add(asI64(value), i64.mul(count, i64.const(nanos / 1000n))), null);
  }
  const range = [-(2n ** 62n), 2n ** 62n] as const;
  const micros = {
    ...value,
    physical: 'i64' as const,
    value: i64.mul(count, i64.const(nanos >= 1000n ? nanos / 1000n : nanos)),
    high: null,
    range,
  };
  const step = nanos >= 1000n ? rescaleOperand(micros, 0, 3, context) : micros;
  const wide = value.physical === 'i64' ? rescaleOperand({ ...exact(value), range }, 0, 3, context) : value;
  const sum = addWide({ ...wide, range }, { ...step, range }, false, context);
  return operand(type, sum.value, null, sum.high);
}

/** Moves a DATE or a narrow TIMESTAMP by months; a TIME stays. */
function plusMonths(value: Operand, months: I32, type: DataType, context: CompileContext): Operand {
  if (type.kind === 'TIME') return { ...value, type, valid: null };
  if (type.kind === 'DATE') return operand(type, calendar('add_months', asI32(value), months), null);
  const day = context.local('day', i32.wrap_i64(floorDivide(asI64(value), MICROS_PER_DAY)));
  const rest = i64.sub(asI64(value), i64.mul(i64.extend_i32_s(day), i64.const(MICROS_PER_DAY)));
  const moved = i64.extend_i32_s(calendar('add_months', day, months));
  return operand(type, i64.add(i64.mul(moved, i64.const(MICROS_PER_DAY)), rest), null);
}

function datetimePlus(subtract: boolean): CallCompiler {
  return {
    accepts: (call) => {
      const types = call.args.map((arg) => arg.type);
      if (isInterval(call.type)) return types.every((type) => type.kind === call.type.kind);
      if (!isDatetime(call.type) || !types.some(isInterval)) return false;
      const months = types.some((type) => type.kind === 'INTERVAL_YEAR_MONTH');
      return !months || isNarrow(call.type);
    },
    emit: (call, context, compile) => {
      const operands = call.args.map(compile) as [Operand, Operand];
      const { type } = call;
      if (isInterval(type)) return addIntervals(operands, subtract, type);
      const [value, interval] = isDatetime(operands[0].type) ? operands : [operands[1], operands[0]];
      return strictly(call, operands, context, () => {
        if (interval.type.kind === 'INTERVAL_YEAR_MONTH') {
          const months = subtract ? i32.sub(i32.const(0), asI32(interval)) : asI32(interval);
          return plusMonths(value, context.local('months', months), type, context);
        }
        const millis = subtract ? i64.sub(i64.const(0), asI64(interval)) : asI64(interval);
        return plusMillis(value, context.local('millis', millis), type, context);
      });
    },
  };
}

function addIntervals([a, b]: readonly [Operand, Operand], subtract: boolean, type: DataType): Operand {
  const valid = bothValid(a.valid, b.valid);
  const op = subtract ? 'sub' : 'add';
  return type.kind === 'INTERVAL_YEAR_MONTH'
    ? operand(type, i32[op](asI32(a), asI32(b)), valid)
    : operand(type, i64[op](asI64(a), asI64(b)), valid);
}

export const DATETIME_PLUS: CompilerTable = { '+': datetimePlus(false), '-': datetimePlus(true) };

/** An interval times an integer, in either order. */
export const INTERVAL_TIMES: CallCompiler = {
  accepts: (call) => {
    const types = call.args.map((arg) => arg.type);
    return isInterval(call.type) && types.some(isInteger) && types.some(isInterval);
  },
  emit: (call: Call, _: CompileContext, compile: Compile) => {
    const operands = call.args.map(compile).map(exact) as [Operand, Operand];
    const valid = bothValid(operands[0].valid, operands[1].valid);
    const product = i64.mul(asI64(operands[0]), asI64(operands[1]));
    const months = call.type.kind === 'INTERVAL_YEAR_MONTH';
    return operand(call.type, months ? i32.wrap_i64(product) : product, valid);
  },
};

/** More units than these at once are left to the interpreter, so that no product overflows. */
const MOST_UNITS = 1n << 31n;
const MOST_MONTHS = 1n << 24n;

const TIMESTAMPADD: CallCompiler = {
  accepts: (call) => {
    const length = lengthOfUnit(call.args[0]!);
    if (length === null) return false;
    return length.kind === 'nanos' ? true : isNarrow(call.type) && isNarrow(call.args[2]!.type);
  },
  emit: (call, context, compile) => {
    const length = lengthOfUnit(call.args[0]!)!;
    const args = call.args.map(compile);
    const [, count, value] = args as [Operand, Operand, Operand];
    return attempt(call, args, context, (giveUp) => {
      const units = context.local('units', asI64(exact(count)));
      const beyond = (limit: bigint): I32 => or(i64.gt_s(units, i64.const(limit)), i64.lt_s(units, i64.const(-limit)));
      if (length.kind === 'months') {
        giveUp(beyond(MOST_MONTHS / BigInt(length.months)));
        const months = i32.wrap_i64(i64.mul(units, i64.const(length.months)));
        return plusMonths(value, context.local('months', months), call.type, context);
      }
      giveUp(beyond(MOST_UNITS));
      if (isTimestamp(call.type)) return plusUnits(value, units, length.nanos, call.type, context);
      return plusMillis(value, i64.mul(units, i64.const(length.nanos / 1_000_000n)), call.type, context);
    });
  },
};

/** Both on one clock of microseconds. */
function comparable(call: Call, context: CompileContext): boolean {
  return call.args.slice(1).every((arg) => {
    return isNarrow(arg.type) && (arg.type.kind !== 'TIMESTAMP_LTZ' || isUtc(context));
  });
}

function monthsBetween(from: Operand, to: Operand, context: CompileContext): I32 {
  const clock = (value: Operand): [I32, I64] =>
    value.type.kind === 'TIME'
      ? [i32.const(0), localMicros(value, context)]
      : [context.local('day', daysOf(value, context)), context.local('rest', microOfDay(value, context))];
  return calendar('months_between', ...clock(from), ...clock(to));
}

const TIMESTAMPDIFF: CallCompiler = {
  accepts: (call, context) => lengthOfUnit(call.args[0]!) !== null && comparable(call, context),
  emit: (call, context, compile) => {
    const length = lengthOfUnit(call.args[0]!)!;
    const [, from, to] = call.args.map(compile) as [Operand, Operand, Operand];
    return strictly(call, [from, to], context, () => {
      if (length.kind === 'months') {
        const months = monthsBetween(from, to, context);
        return operand(call.type, i32.div_s(months, i32.const(length.months)), null);
      }
      const micros = i64.sub(localMicros(to, context), localMicros(from, context));
      if (length.nanos < 1000n) return operand(call.type, i64.mul(micros, i64.const(1000)), null);
      const units = i64.div_s(micros, i64.const(length.nanos / 1000n));
      return operand(call.type, i32.wrap_i64(units), null);
    });
  },
};

/** `(a - b) unit`: months, or milliseconds each rounded down. */
const MINUS_DATE: CallCompiler = {
  accepts: (call, context) => lengthOfUnit(call.args[0]!) !== null && comparable(call, context),
  emit: (call, context, compile) => {
    const [, a, b] = call.args.map(compile) as [Operand, Operand, Operand];
    return strictly(call, [a, b], context, () => {
      if (call.type.kind === 'INTERVAL_YEAR_MONTH') return operand(call.type, monthsBetween(b, a, context), null);
      const millis = (value: Operand): I64 => floorDivide(context.local('us', localMicros(value, context)), 1000n);
      return operand(call.type, i64.sub(millis(a), millis(b)), null);
    });
  },
};

export const TEMPORAL_PLUS: CompilerTable = { TIMESTAMPADD, TIMESTAMPDIFF, MINUS_DATE };
