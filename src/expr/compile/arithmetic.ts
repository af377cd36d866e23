/**
 * `+ - * / %`, unary minus, ABS over numbers. Integers wrap around. DECIMALs carry the range that their operands allow,
 * and are computed in 64 bits wherever the result fits, else in 128; a result that its type cannot hold is NULL.
 */
import { assert } from '../../base/assert.ts';
import { physicalType } from '../../columnar/physical.ts';
import { type F32, type F64, f32, f64, type I32, i32, i64, call as invoke } from '../../kernel/build.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Call } from '../expr.ts';
import type { CompileContext } from './context.ts';
import { addWide, fitDecimal, multiplyWide, rescaleOperand } from './decimal.ts';
import { asI32, asI64, bothValid, type Operand, operand } from './operand.ts';
import type { Compile, CompilerTable } from './table.ts';

type Decimal = DataType & { readonly kind: 'DECIMAL' };
type NumberOp = 'add' | 'sub' | 'mul';

const INTEGERS = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT']);

function isNumber(type: DataType): boolean {
  return INTEGERS.has(type.kind) || type.kind === 'FLOAT' || type.kind === 'DOUBLE' || type.kind === 'DECIMAL';
}

/** Both operands numbers of the kind of the result: the resolver has cast them. */
function numeric(call: Call): boolean {
  return call.args.every((arg) => isNumber(arg.type) && arg.type.kind === call.type.kind);
}

/** The low bits of an i32 result that its narrower type keeps, sign-extended: Java's arithmetic on byte and short. */
export function wrapTo(type: DataType, value: I32): I32 {
  if (type.kind === 'TINYINT') return i32.extend8_s(value);
  return type.kind === 'SMALLINT' ? i32.extend16_s(value) : value;
}

function binary(op: NumberOp) {
  return {
    accepts: numeric,
    emit: (call: Call, context: CompileContext, compile: Compile): Operand => {
      const [a, b] = [compile(call.args[0]!), compile(call.args[1]!)];
      const valid = bothValid(a.valid, b.valid);
      const { type } = call;
      if (type.kind === 'DECIMAL') return decimalOperation(op, a, b, type, context);
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

function decimalOperation(op: NumberOp, a: Operand, b: Operand, type: Decimal, context: CompileContext): Operand {
  const valid = bothValid(a.valid, b.valid);
  const [x, y] = [a.type as Decimal, b.type as Decimal];
  if (op === 'mul') {
    const product = multiplyWide(a, b, context);
    return fitDecimal(rescaleOperand({ ...product, valid }, x.scale + y.scale, type.scale, context), type, context);
  }
  const scale = Math.max(x.scale, y.scale);
  const left = rescaleOperand(a, x.scale, scale, context);
  const right = rescaleOperand(b, y.scale, scale, context);
  const sum = addWide(left, right, op === 'sub', context);
  return fitDecimal(rescaleOperand({ ...sum, valid }, scale, type.scale, context), type, context);
}

/** `if (valid and divisor = 0) fail`. */
function refuseZero(isZero: I32, valid: I32 | null, context: CompileContext): void {
  const bad = valid === null ? isZero : i32.and(valid, isZero);
  context.f.if(bad, () => context.f.do(invoke(context.failure.fail, i32.const(0))));
}

function division(remainder: boolean) {
  return {
    accepts: (call: Call) => numeric(call) && call.type.kind !== 'DECIMAL',
    emit: (call: Call, context: CompileContext, compile: Compile): Operand => {
      const [a, b] = [compile(call.args[0]!), compile(call.args[1]!)];
      const valid = bothValid(a.valid, b.valid);
      const { type } = call;
      switch (physicalType(type)) {
        case 'f64':
          assert(!remainder, 'remainder of DOUBLE is not compiled');
          return operand(type, f64.div(a.value as F64, b.value as F64), valid);
        case 'f32':
          assert(!remainder, 'remainder of FLOAT is not compiled');
          return operand(type, f32.div(a.value as F32, b.value as F32), valid);
        case 'i64': {
          refuseZero(i64.eqz(asI64(b)), valid, context);
          return operand(type, divideI64(a, b, remainder, context), valid);
        }
        default: {
          refuseZero(i32.eqz(asI32(b)), valid, context);
          const wide = (value: Operand): Operand => ({ ...value, value: i64.extend_i32_s(asI32(value)) });
          const result = divideI64(wide(a), wide(b), remainder, context);
          return operand(type, wrapTo(type, i32.wrap_i64(result)), valid);
        }
      }
    },
  };
}

/** By 0 (only where the row is NULL) and by -1 (which would trap for the lowest BIGINT) without the instruction. */
function divideI64(a: Operand, b: Operand, remainder: boolean, context: CompileContext) {
  const divisor = context.local('d', asI64(b));
  const dividend = asI64(a);
  if (divisor.kind === 'constant' && divisor.value !== 0n && divisor.value !== -1n) {
    return remainder ? i64.rem_s(dividend, divisor) : i64.div_s(dividend, divisor);
  }
  const unsafe = i64.le_u(i64.add(divisor, i64.const(1)), i64.const(1));
  const result = context.f.let('q', i64.const(0));
  context.f.if(
    unsafe,
    () => {
      if (!remainder) context.f.set(result, i64.sub(i64.const(0), dividend));
    },
    () => context.f.set(result, remainder ? i64.rem_s(dividend, divisor) : i64.div_s(dividend, divisor)),
  );
  return result;
}

export const ARITHMETIC: CompilerTable = {
  '+': binary('add'),
  '-': binary('sub'),
  '*': binary('mul'),
  '/': division(false),
  '%': { ...division(true), accepts: (call) => INTEGERS.has(call.type.kind) && numeric(call) },
  NEGATE: {
    accepts: (call) => isNumber(call.type),
    emit: (call, context, compile) => {
      const a = compile(call.args[0]!);
      switch (physicalType(call.type)) {
        case 'f64':
          return operand(call.type, f64.neg(a.value as F64), a.valid);
        case 'f32':
          return operand(call.type, f32.neg(a.value as F32), a.valid);
        case 'i64':
          return operand(call.type, i64.sub(i64.const(0), asI64(a)), a.valid);
        case 'i128': {
          const zero = operand(call.type, i64.const(0), null, null, [0n, 0n]);
          return { ...addWide(zero, a, true, context), type: call.type, valid: a.valid };
        }
        default:
          return operand(call.type, wrapTo(call.type, i32.sub(i32.const(0), asI32(a))), a.valid);
      }
    },
  },
};
