/** Equality and order of two operands of one physical type; validity is the caller's business. */
import { assert, unreachable } from '../../base/assert.ts';
import {
  and,
  call,
  conditional,
  type F32,
  type F64,
  f32,
  f64,
  type I32,
  type I64,
  i32,
  i64,
  libraryFunction,
} from '../../kernel/build.ts';
import { bytesLibrary } from '../../kernel/library/bytes.ts';
import type { CompileContext } from './context.ts';
import { asI32, asI64, highOf, type Operand } from './operand.ts';

export function addressOf(view: I64): I32 {
  return i32.wrap_i64(view);
}

export function lengthOf(view: I64): I32 {
  return i32.wrap_i64(i64.shr_u(view, i64.const(32)));
}

export function makeView(address: I32, length: I32): I64 {
  return i64.or(i64.shl(i64.extend_i32_u(length), i64.const(32)), i64.extend_i32_u(address));
}

/** SQL `=` of two valid operands: floats as IEEE 754. */
export function equalOperands(a: Operand, b: Operand, context: CompileContext): I32 {
  assert(a.physical === b.physical, `equality of ${a.physical} and ${b.physical}`);
  switch (a.physical) {
    case 'u8':
    case 'i8':
    case 'i16':
    case 'i32':
      return i32.eq(asI32(a), asI32(b));
    case 'i64':
      return i64.eq(asI64(a), asI64(b));
    case 'i128':
      if (a.high === null && b.high === null) return i64.eq(asI64(a), asI64(b));
      return i32.and(i64.eq(asI64(a), asI64(b)), i64.eq(highOf(a), highOf(b)));
    case 'f32':
      return f32.eq(a.value as F32, b.value as F32);
    case 'f64':
      return f64.eq(a.value as F64, b.value as F64);
    case 'view':
      return equalViews(asI64(a), asI64(b), context);
    default:
      return unreachable(a.physical);
  }
}

/** Equality as in GROUP BY: NaN is NaN, 0.0 is not -0.0. */
export function identicalOperands(a: Operand, b: Operand, context: CompileContext): I32 {
  if (a.physical === 'f64') return i64.eq(canonicalBits(a), canonicalBits(b));
  if (a.physical === 'f32') return i64.eq(canonicalBits(a), canonicalBits(b));
  return equalOperands(a, b, context);
}

/** The bits of a float with every NaN the same. */
export function canonicalBits(a: Operand): I64 {
  if (a.physical === 'f32') {
    const value = a.value as F32;
    const bits = i64.extend_i32_u(i32.reinterpret_f32(value));
    return conditional(f32.eq(value, value), bits, i64.const(0x7fc00000));
  }
  const value = a.value as F64;
  return conditional(f64.eq(value, value), i64.reinterpret_f64(value), i64.const(0x7ff8000000000000n));
}

function equalViews(a: I64, b: I64, context: CompileContext): I32 {
  const [x, y] = [context.local('s', a), context.local('s', b)];
  const sameLength = i64.eqz(i64.shr_u(i64.xor(x, y), i64.const(32)));
  const equal = libraryFunction(bytesLibrary, 'bytes_equal');
  return and(sameLength, call(equal, addressOf(x), addressOf(y), lengthOf(x)) as I32);
}

/** memcmp order, a prefix first: negative, zero or positive. */
export function compareViews(a: I64, b: I64, context: CompileContext): I32 {
  const [x, y] = [context.local('s', a), context.local('s', b)];
  const compare = libraryFunction(bytesLibrary, 'bytes_compare');
  return call(compare, addressOf(x), lengthOf(x), addressOf(y), lengthOf(y)) as I32;
}

/** `a < b` of two valid operands in the order of ORDER BY; of floats as IEEE 754 unless `total`. */
export function lessThan(a: Operand, b: Operand, context: CompileContext, total = false): I32 {
  assert(a.physical === b.physical, `order of ${a.physical} and ${b.physical}`);
  switch (a.physical) {
    case 'u8':
    case 'i8':
    case 'i16':
    case 'i32':
      return i32.lt_s(asI32(a), asI32(b));
    case 'i64':
      return i64.lt_s(asI64(a), asI64(b));
    case 'i128': {
      if (a.high === null && b.high === null) return i64.lt_s(asI64(a), asI64(b));
      const [highA, highB] = [context.local('h', highOf(a)), context.local('h', highOf(b))];
      const low = i64.lt_u(asI64(a), asI64(b));
      return i32.or(i64.lt_s(highA, highB), i32.and(i64.eq(highA, highB), low));
    }
    case 'f32':
      return total ? i64.lt_s(orderedBits(a), orderedBits(b)) : f32.lt(a.value as F32, b.value as F32);
    case 'f64':
      return total ? i64.lt_s(orderedBits(a), orderedBits(b)) : f64.lt(a.value as F64, b.value as F64);
    case 'view':
      return i32.lt_s(compareViews(asI64(a), asI64(b), context), i32.const(0));
    default:
      return unreachable(a.physical);
  }
}

/** A signed integer in the order of the float: -0.0 below 0.0, NaN above infinity. */
function orderedBits(a: Operand): I64 {
  const bits = a.physical === 'f32' ? i64.shl(canonicalBits(a), i64.const(32)) : canonicalBits(a);
  return conditional(i64.lt_s(bits, i64.const(0)), i64.xor(bits, i64.const(0x7fffffffffffffffn)), bits);
}
