/**
 * Functions of numbers: ABS, SIGN, ROUND, TRUNCATE, FLOOR, CEIL, SQRT in the kernel; logarithms, powers and angles,
 * which WebAssembly does not have, by externs from number to number.
 */
import { physicalType } from '../../columnar/physical.ts';
import {
  extern,
  type F32,
  type F64,
  f32,
  f64,
  type I64,
  i32,
  i64,
  call as invoke,
  not,
  or,
  select,
} from '../../kernel/build.ts';
import type { Extern } from '../../kernel/program.ts';
import { type DataType, DOUBLE, isInteger, isNumeric } from '../../types/data-type.ts';
import type { Call } from '../expr.ts';
import { Memo } from '../functions/define.ts';
import { functions } from '../functions/index.ts';
import { integerOperand, wrapTo } from './arithmetic.ts';
import { attempt } from './attempt.ts';
import type { CompileContext } from './context.ts';
import {
  exact,
  fitDecimal,
  floorOperand,
  isNegative,
  magnitude,
  negateOperand,
  rescaleOperand,
  scaleOf,
  truncateOperand,
} from './decimal.ts';
import { asI32, asI64, bothValid, type Operand, operand } from './operand.ts';
import type { CallCompiler, CompilerTable } from './table.ts';

/** Functions of doubles, by the number of their arguments. */
const REAL: Readonly<Record<string, 1 | 2>> = {
  EXP: 1,
  LN: 1,
  LOG2: 1,
  LOG10: 1,
  SIN: 1,
  COS: 1,
  TAN: 1,
  COT: 1,
  ASIN: 1,
  ACOS: 1,
  ATAN: 1,
  SINH: 1,
  COSH: 1,
  TANH: 1,
  POWER: 2,
  ATAN2: 2,
};

function externName(name: string): string {
  return `real_${name.toLowerCase()}`;
}

const EVALUATION = {
  type: DOUBLE,
  argTypes: [DOUBLE, DOUBLE],
  literalArgs: [false, false],
  context: { timeZone: 'UTC', now: 0n, random: () => 0 },
  memo: new Memo(),
};

/** What kernels call for the functions of REAL: those of the catalogue. */
export const REAL_EXTERNS: Readonly<Record<string, Extern>> = Object.fromEntries(
  Object.keys(REAL).map((name): [string, Extern] => [
    externName(name),
    (...args: number[]) => functions.scalar(name)!.evaluate(args, EVALUATION) as number,
  ]),
);

function real([name, count]: readonly [string, 1 | 2]): [string, CallCompiler] {
  const callee = extern(externName(name), count === 1 ? ['f64'] : ['f64', 'f64'], 'f64');
  return [
    name,
    {
      emit: (call, _, compile) => {
        const args = call.args.map(compile);
        const valid = bothValid(args[0]!.valid, args[1]?.valid ?? null);
        return operand(call.type, invoke(callee, ...args.map((arg) => arg.value)), valid);
      },
    },
  ];
}

/** A factor of one double. */
function scaled(factor: number): CallCompiler {
  return {
    emit: (call, _, compile) => {
      const a = compile(call.args[0]!);
      return operand(call.type, f64.mul(a.value as F64, f64.const(factor)), a.valid);
    },
  };
}

const SQRT: CallCompiler = {
  emit: (call, _, compile) => {
    const a = compile(call.args[0]!);
    return operand(call.type, f64.sqrt(a.value as F64), a.valid);
  },
};

const ABS: CallCompiler = {
  accepts: (call) => isNumeric(call.type),
  emit: (call, context, compile) => {
    const a = compile(call.args[0]!);
    const { type } = call;
    switch (physicalType(type)) {
      case 'f64':
        return operand(type, f64.abs(a.value as F64), a.valid);
      case 'f32':
        return operand(type, f32.abs(a.value as F32), a.valid);
      case 'i64':
      case 'i128': {
        const { value, high } = magnitude(a, context);
        return operand(type, value, a.valid, high);
      }
      default: {
        const value = asI32(a);
        const negative = i32.lt_s(value, i32.const(0));
        return operand(type, wrapTo(type, select(negative, i32.sub(i32.const(0), value), value)), a.valid);
      }
    }
  },
};

const SIGN: CallCompiler = {
  accepts: (call) => isNumeric(call.type),
  emit: (call, context, compile) => {
    const a = compile(call.args[0]!);
    const { type } = call;
    switch (physicalType(type)) {
      case 'f64': {
        const x = a.value as F64;
        const below = select(f64.lt(x, f64.const(0)), f64.const(-1), x);
        return operand(type, select(f64.gt(x, f64.const(0)), f64.const(1), below), a.valid);
      }
      case 'f32': {
        const x = a.value as F32;
        const below = select(f32.lt(x, f32.const(0)), f32.const(-1), x);
        return operand(type, select(f32.gt(x, f32.const(0)), f32.const(1), below), a.valid);
      }
      default:
        return signOfExact(exact(a), type, context);
    }
  },
};

function signOfExact(a: Operand, type: DataType, context: CompileContext): Operand {
  const one = 10n ** BigInt(scaleOf(type));
  const some = i64.ne(a.high === null ? asI64(a) : i64.or(asI64(a), a.high), i64.const(0));
  const negative = context.local('neg', isNegative(a));
  const part = (value: bigint, shift: bigint): I64 => i64.const(BigInt.asIntN(64, value >> shift));
  const pick = (shift: bigint): I64 =>
    select(negative, part(-one, shift), select(some, part(one, shift), i64.const(0)));
  const value = operand(type, pick(0n), a.valid, a.high === null ? null : pick(64n));
  return type.kind === 'DECIMAL' ? value : integerOperand(type, value, a.valid);
}

/** FLOOR and CEIL of a number; those of dates and times are in temporal-round.ts. */
export function toIntegral(up: boolean): CallCompiler {
  return {
    accepts: (call) => call.args.length === 1 && isNumeric(call.args[0]!.type),
    emit: (call, context, compile) => {
      const a = compile(call.args[0]!);
      const { type } = call;
      switch (type.kind) {
        case 'DOUBLE':
          return operand(type, up ? f64.ceil(a.value as F64) : f64.floor(a.value as F64), a.valid);
        case 'FLOAT':
          return operand(type, up ? f32.ceil(a.value as F32) : f32.floor(a.value as F32), a.valid);
        case 'DECIMAL': {
          const scale = scaleOf(a.type);
          const floored = up
            ? negateOperand(floorOperand(negateOperand(exact(a), context), scale, context), context)
            : floorOperand(exact(a), scale, context);
          return { ...fitDecimal({ ...floored, valid: a.valid }, type, context), type };
        }
        default:
          return { ...a, type };
      }
    },
  };
}

/** The number of places as written, 0 if not; undefined if it is not a literal. */
function placesOf(call: Call): number | undefined {
  const places = call.args[1];
  if (places === undefined) return 0;
  return places.kind === 'literal' && typeof places.value === 'number' ? places.value : undefined;
}

/** Places beyond which powers of ten are not exact doubles, or do not fit. */
const MOST_PLACES = 15;

function roundable(call: Call, mode: 'round' | 'truncate'): boolean {
  const places = placesOf(call);
  const from = call.args[0]!.type;
  if (places === undefined) return false;
  if (from.kind === 'DECIMAL') return scaleOf(from) - places <= 38;
  if (isInteger(from)) return places >= -18;
  return from.kind === 'DOUBLE' && mode === 'round' && places >= 0 && places <= MOST_PLACES;
}

function rounding(mode: 'round' | 'truncate'): CallCompiler {
  return {
    accepts: (call) => roundable(call, mode),
    emit: (call, context, compile) => {
      const a = compile(call.args[0]!);
      const places = placesOf(call)!;
      if (call.type.kind === 'DOUBLE') return roundDouble(call, a, places, context);
      const { type } = call;
      const scale = scaleOf(a.type);
      const number = exact(a);
      const drop = scale - places;
      if (drop <= 0) {
        if (type.kind !== 'DECIMAL') return { ...a, type };
        return fitDecimal(rescaleOperand(number, scale, type.scale, context), type, context);
      }
      const cut = mode === 'round' ? rescaleOperand(number, drop, 0, context) : truncateOperand(number, drop, context);
      if (type.kind === 'DECIMAL') {
        return fitDecimal(rescaleOperand(cut, places, type.scale, context), type, context);
      }
      const back = i64.mul(asI64(cut), i64.const(10n ** BigInt(drop)));
      return integerOperand(type, { ...cut, value: back }, a.valid);
    },
  };
}

/**
 * Flink rounds the shortest decimal text of a double. Where the scaled number is small and not near a tie, that is the
 * nearest integer; the quotient of two integers that are exact doubles is the double nearest to the decimal.
 */
function roundDouble(call: Call, a: Operand, places: number, context: CompileContext): Operand {
  return attempt(call, [a], context, (giveUp) => {
    const factor = f64.const(10 ** places);
    const scaledUp = context.local('scaled', f64.mul(a.value as F64, factor));
    const size = context.local('size', f64.abs(scaledUp));
    const whole = context.local('whole', f64.floor(size));
    const rest = context.local('rest', f64.sub(size, whole));
    const tie = f64.lt(f64.abs(f64.sub(rest, f64.const(0.5))), f64.const(1e-5));
    giveUp(or(not(f64.lt(size, f64.const(2 ** 31))), tie));
    const rounded = f64.add(whole, select(f64.gt(rest, f64.const(0.5)), f64.const(1), f64.const(0)));
    const signed = f64.copysign(f64.div(rounded, factor), scaledUp);
    return operand(call.type, f64.add(signed, f64.const(0)), null);
  });
}

const LN = real(['LN', 1])[1];

/** The natural logarithm; that to a base is interpreted. */
const LOG: CallCompiler = {
  accepts: (call) => call.args.length === 1,
  emit: LN.emit,
};

export const MATH: CompilerTable = {
  ...Object.fromEntries(Object.entries(REAL).map(real)),
  LOG,
  DEGREES: scaled(180 / Math.PI),
  RADIANS: scaled(Math.PI / 180),
  SQRT,
  ABS,
  SIGN,
  ROUND: rounding('round'),
  TRUNCATE: rounding('truncate'),
};
