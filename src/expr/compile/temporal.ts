/**
 * EXTRACT and its short forms over DATE and TIMESTAMP; DATE and TIMESTAMP plus or minus a constant interval of time.
 */
import { type I32, type I64, i32, i64 } from '../../kernel/build.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Call, Expr } from '../expr.ts';
import { floorDivide } from './cast.ts';
import type { CompileContext } from './context.ts';
import { asI32, asI64, type Operand, operand } from './operand.ts';
import type { Compile, CompilerTable } from './table.ts';

const MICROSECONDS_PER_DAY = 86_400_000_000n;

function isNarrow(type: DataType): boolean {
  return type.kind === 'DATE' || (type.kind === 'TIMESTAMP' && type.precision <= 6);
}

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

function daysOf(value: Operand): I32 {
  if (value.type.kind === 'DATE') return asI32(value);
  return i32.wrap_i64(floorDivide(asI64(value), MICROSECONDS_PER_DAY));
}

/** Microseconds since midnight. */
function timeOf(value: Operand, context: CompileContext): I64 {
  const rest = context.local('rest', i64.rem_s(asI64(value), i64.const(MICROSECONDS_PER_DAY)));
  return i64.add(rest, i64.and(i64.shr_s(rest, i64.const(63)), i64.const(MICROSECONDS_PER_DAY)));
}

const CALENDAR = new Set(['YEAR', 'MONTH', 'DAY', 'QUARTER']);
const CLOCK: Readonly<Record<string, readonly [unit: bigint, modulo: bigint]>> = {
  HOUR: [3_600_000_000n, 24n],
  MINUTE: [60_000_000n, 60n],
  SECOND: [1_000_000n, 60n],
};

function extract(unit: string, value: Operand, type: DataType, context: CompileContext): Operand {
  const clock = CLOCK[unit];
  if (clock !== undefined) {
    const field = i64.rem_u(i64.div_u(timeOf(value, context), i64.const(clock[0])), i64.const(clock[1]));
    return operand(type, field, value.valid);
  }
  const { year, month, day } = civilFromDays(daysOf(value), context);
  const quarter = i32.div_s(i32.add(month, i32.const(2)), i32.const(3));
  const field = { YEAR: year, MONTH: month, DAY: day, QUARTER: quarter }[unit]!;
  return operand(type, i64.extend_i32_s(field), value.valid);
}

function unitOf(expr: Expr): string {
  return expr.kind === 'literal' ? String(expr.value) : '';
}

function canExtract(unit: string, type: DataType): boolean {
  return isNarrow(type) && (CALENDAR.has(unit) || (unit in CLOCK && type.kind === 'TIMESTAMP'));
}

function shortForm(unit: string) {
  return {
    accepts: (call: Call) => canExtract(unit, call.args[0]!.type),
    emit: (call: Call, context: CompileContext, compile: Compile) =>
      extract(unit, compile(call.args[0]!), call.type, context),
  };
}

export const TEMPORAL: CompilerTable = {
  EXTRACT: {
    accepts: (call) => canExtract(unitOf(call.args[0]!), call.args[1]!.type),
    emit: (call, context, compile) => extract(unitOf(call.args[0]!), compile(call.args[1]!), call.type, context),
  },
  YEAR: shortForm('YEAR'),
  MONTH: shortForm('MONTH'),
  DAYOFMONTH: shortForm('DAY'),
  QUARTER: shortForm('QUARTER'),
  HOUR: shortForm('HOUR'),
  MINUTE: shortForm('MINUTE'),
  SECOND: shortForm('SECOND'),
};
