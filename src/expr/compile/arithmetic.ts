/**
 * `+ - * / %` and unary minus over numbers; those over dates, times and intervals are in temporal-plus.ts. Integers
 * wrap around. DECIMALs carry the range that their operands allow, and are computed in 64 bits wherever the result
 * fits, else in 128; a result that its type cannot hold is NULL.
 */
import { physicalType } from '../../columnar/physical.ts';
import { type F32, type F64, f32, f64, type I32, i32, i64, call as invoke } from '../../kernel/build.ts';
import { type DataType, isExactNumeric, isInterval, isNumeric } from '../../types/data-type.ts';
import type { Call } from '../expr.ts';
import { allValid, attempt, strictly } from './attempt.ts';
import type { CompileContext } from './context.ts';
import {
  addWide,
  type Decimal,
  divideWide,
  exact,
  fitDecimal,
  isWithin,
  isZero,
  multiplyWide,
  negateOperand,
  remainderWide,
  rescaleOperand,
  scaleOf,
} from './decimal.ts';
import { interpretCall } from './interpreted.ts';
import { asI32, asI64, bothValid, fitsI128, type Operand, operand, type Range, rangeOf } from './operand.ts';
import type { CallCompiler, Compile, CompilerTable } from './table.ts';
import { DATETIME_PLUS, INTERVAL_TIMES } from './temporal-plus.ts';

type NumberOp = 'add' | 'sub' | 'mul';

/** Both operands numbers of the kind of the result: the resolver has cast them. */
function numeric(call: Call): boolean {
  return call.args.every((arg) => isNumeric(arg.type) && arg.type.kind === call.type.kind);
}

/** The low bits of an i32 result that its narrower type keeps, sign-extended: Java's arithmetic on byte and short. */
export function wrapTo(type: DataType, value: I32): I32 {
  if (type.kind === 'TINYINT') return i32.extend8_s(value);
  return type.kind === 'SMALLINT' ? i32.extend16_s(value) : value;
}

/** An integer type's low bits of a 64-bit value. */
export function integerOperand(type: DataType, value: Operand, valid: I32 | null): Operand {
  if (type.kind === 'BIGINT') return operand(type, value.value, valid);
  return operand(type, wrapTo(type, i32.wrap_i64(asI64(value))), valid);
}

function binary(op: NumberOp): CallCompiler {
  return {
    accepts: numeric,
    emit: (call, context, compile) => {
      const [a, b] = [compile(call.args[0]!), compile(call.args[1]!)];
      const valid = bothValid(a.valid, b.valid);
      const { type } = call;
      if (type.kind === 'DECIMAL') {
        return op === 'mul' ? product(call, a, b, type, context) : sum(call, op, a, b, type, context);
      }
      switch (physicalType(type)) {
        case 'i64':
          return operand(type, i64[op](asI64(a), asI64(b)), valid);
        case 'f64':
          return operand(type, f64[op](a.value as F64, b.value as F64), valid);
        case 'f32':
          return operand(type, f32[op](a.value as F32, b.value as F32), valid);
        default:
          return operand(type, wrapTo(type, i32[op](asI32(a), asI32(b))), valid);
      }
    },
  };
}

function product(call: Call, a: Operand, b: Operand, type: Decimal, context: CompileContext): Operand {
  const down = scaleOf(a.type) + scaleOf(b.type) - type.scale;
  if (down > 38 || down < 0) return interpretCall(call, [a, b], context);
  const whole = multiplyWide(a, b, down, context);
  return fitDecimal({ ...whole, valid: bothValid(a.valid, b.valid) }, type, context);
}

function times10([low, high]: Range, digits: number): Range {
  const factor = 10n ** BigInt(digits);
  return [low * factor, high * factor];
}

function sum(call: Call, op: NumberOp, a: Operand, b: Operand, type: Decimal, context: CompileContext): Operand {
  const [x, y] = [scaleOf(a.type), scaleOf(b.type)];
  const scale = Math.max(x, y);
  const [p, q] = [times10(rangeOf(a), scale - x), times10(rangeOf(b), scale - y)];
  if (!fitsI128(p) || !fitsI128(q)) return interpretCall(call, [a, b], context);
  const left = rescaleOperand(a, x, scale, context);
  const right = rescaleOperand(b, y, scale, context);
  const total = op === 'sub' ? ([p[0] - q[1], p[1] - q[0]] as const) : ([p[0] + q[0], p[1] + q[1]] as const);
  if (fitsI128(total)) {
    const valid = bothValid(a.valid, b.valid);
    const result = addWide(left, right, op === 'sub', context);
    return fitDecimal({ ...rescaleOperand(result, scale, type.scale, context), valid }, type, context);
  }
  return attempt(call, [a, b], context, (giveUp) => {
    const result = addWide(left, right, op === 'sub', context, giveUp);
    return fitDecimal({ ...rescaleOperand(result, scale, type.scale, context), valid: null }, type, context);
  });
}

/** `if (valid and divisor = 0) fail`. */
function refuseZero(zero: I32, valid: I32 | null, context: CompileContext): void {
  const bad = valid === null ? zero : i32.and(valid, zero);
  context.f.if(bad, () => context.f.do(invoke(context.failure.fail, i32.const(0))));
}

const DIVIDE: CallCompiler = {
  accepts: numeric,
  emit: (call, context, compile) => {
    const [a, b] = [compile(call.args[0]!), compile(call.args[1]!)];
    const valid = bothValid(a.valid, b.valid);
    const { type } = call;
    if (type.kind === 'DECIMAL') return quotient(call, a, b, type, context);
    switch (physicalType(type)) {
      case 'f64':
        return operand(type, f64.div(a.value as F64, b.value as F64), valid);
      case 'f32':
        return operand(type, f32.div(a.value as F32, b.value as F32), valid);
      default: {
        const [x, y] = [exact(a), exact(b)];
        refuseZero(isZero(y), valid, context);
        return integerOperand(type, { ...x, value: divideI64(x, y, context) }, valid);
      }
    }
  },
};

/** By 0 (only where the row is NULL) and by -1 (which would trap for the lowest BIGINT) without the instruction. */
function divideI64(a: Operand, b: Operand, context: CompileContext) {
  const divisor = context.local('d', asI64(b));
  const dividend = asI64(a);
  if (divisor.kind === 'constant' && divisor.value !== 0n && divisor.value !== -1n) {
    return i64.div_s(dividend, divisor);
  }
  const unsafe = i64.le_u(i64.add(divisor, i64.const(1)), i64.const(1));
  const result = context.f.let('q', i64.const(0));
  context.f.if(
    unsafe,
    () => context.f.set(result, i64.sub(i64.const(0), dividend)),
    () => context.f.set(result, i64.div_s(dividend, divisor)),
  );
  return result;
}

/** Significant digits to which Flink rounds a quotient before it rounds it to the scale of its type. */
const QUOTIENT_DIGITS = 38;

/**
 * One rounding gives what Flink's two give where the dividend, at the scale that the quotient needs, has fewer digits
 * than those that the first rounding keeps: the quotient differs from a tie by at least 1 / (2 * divisor), and the
 * first rounding moves it by less. Wider dividends are left to the interpreter.
 */
function quotient(call: Call, a: Operand, b: Operand, type: Decimal, context: CompileContext): Operand {
  const up = type.scale - scaleOf(a.type) + scaleOf(b.type);
  if (up < 0 || up >= QUOTIENT_DIGITS - 1) return interpretCall(call, [a, b], context);
  const limit = 10n ** BigInt(QUOTIENT_DIGITS - 1 - up) - 1n;
  return attempt(call, [a, b], context, (giveUp) => {
    refuseZero(isZero(b), null, context);
    const [low, high] = rangeOf(a);
    let dividend: Operand = { ...a, valid: null };
    if (low < -limit || high > limit) {
      giveUp(i32.eqz(isWithin(a, limit)));
      dividend = { ...dividend, range: [low < -limit ? -limit : low, high > limit ? limit : high] };
    }
    return fitDecimal(divideWide(dividend, { ...b, valid: null }, up, context), type, context);
  });
}

/**
 * Of integers, and of DECIMALs of scale 0 with those: the type of the second operand. Of DECIMALs: at the larger scale.
 */
const MODULO: CallCompiler = {
  accepts: (call) => call.args.every((arg) => isExactNumeric(arg.type)),
  emit: (call, context, compile) => {
    const [a, b] = [compile(call.args[0]!), compile(call.args[1]!)];
    const [x, y] = [scaleOf(a.type), scaleOf(b.type)];
    const scale = Math.max(x, y);
    const [dividend, divisor] = [exact(a), exact(b)];
    const fits = [times10(rangeOf(dividend), scale - x), times10(rangeOf(divisor), scale - y)].every(fitsI128);
    if (!fits) return interpretCall(call, [a, b], context);
    const { type } = call;
    return strictly(call, [a, b], context, () => {
      const valid = allValid([a, b]);
      refuseZero(isZero(divisor), valid, context);
      const left = rescaleOperand(dividend, x, scale, context);
      const right = rescaleOperand(divisor, y, scale, context);
      const rest = remainderWide(left, right, context);
      if (type.kind !== 'DECIMAL') return integerOperand(type, rest, null);
      return fitDecimal({ ...rescaleOperand(rest, scale, type.scale, context), valid: null }, type, context);
    });
  },
};

const NEGATE: CallCompiler = {
  accepts: (call) => isNumeric(call.type) || isInterval(call.type),
  emit: (call, context, compile) => {
    const a = compile(call.args[0]!);
    switch (physicalType(call.type)) {
      case 'f64':
        return operand(call.type, f64.neg(a.value as F64), a.valid);
      case 'f32':
        return operand(call.type, f32.neg(a.value as F32), a.valid);
      case 'i64':
        return operand(call.type, i64.sub(i64.const(0), asI64(a)), a.valid);
      case 'i128':
        return { ...negateOperand(a, context), type: call.type };
      default:
        return operand(call.type, wrapTo(call.type, i32.sub(i32.const(0), asI32(a))), a.valid);
    }
  },
};

/** The first that takes the call. */
function either(...alternatives: readonly CallCompiler[]): CallCompiler {
  const taking = (call: Call, context: CompileContext): CallCompiler | undefined =>
    alternatives.find((each) => each.accepts?.(call, context) ?? true);
  return {
    accepts: (call, context) => taking(call, context) !== undefined,
    emit: (call: Call, context: CompileContext, compile: Compile) =>
      taking(call, context)!.emit(call, context, compile),
  };
}

export const ARITHMETIC: CompilerTable = {
  '+': either(binary('add'), DATETIME_PLUS['+']!),
  '-': either(binary('sub'), DATETIME_PLUS['-']!),
  '*': either(binary('mul'), INTERVAL_TIMES),
  '/': DIVIDE,
  '%': MODULO,
  NEGATE,
  UNARY_PLUS: { emit: (call, _, compile) => ({ ...compile(call.args[0]!), type: call.type }) },
};
