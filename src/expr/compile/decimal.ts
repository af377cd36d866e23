/**
 * DECIMAL arithmetic in kernels. Each operand carries the range its value can have; what provably fits 64 bits is
 * computed there, without a check. A column's range comes from its type or, much tighter, from the bounds of the batch.
 */
import { and, call, global, type I32, type I64, i32, i64, libraryFunction, or } from '../../kernel/build.ts';
import { int128Library } from '../../kernel/library/int128.ts';
import type { DataType } from '../../types/data-type.ts';
import type { CompileContext } from './context.ts';
import { asI64, fitsI64, highOf, type Operand, type Range, rangeOf, within } from './operand.ts';

type Decimal = DataType & { readonly kind: 'DECIMAL' };

/** The library's functions return the lower half and leave the upper half here. */
const HIGH = global('hi', 'i64');

/** A 128-bit result of a library call, both halves in locals. */
function wideCall(name: string, operands: readonly (I64 | I32)[], context: CompileContext): [I64, I64] {
  const low = context.f.let('lo', call(libraryFunction(int128Library, name), ...operands) as I64);
  const high = context.f.let('hi', HIGH);
  return [low, high];
}

function withValue(from: Operand, value: I64, high: I64 | null, range: Range): Operand {
  return { ...from, physical: high === null ? from.physical : 'i128', value, high, range };
}

/** a + b or a - b of the same scale; the type is the caller's to set. */
export function addWide(a: Operand, b: Operand, subtract: boolean, context: CompileContext): Operand {
  const [x, y] = [rangeOf(a), rangeOf(b)];
  const range: Range = subtract ? [x[0] - y[1], x[1] - y[0]] : [x[0] + y[0], x[1] + y[1]];
  if (fitsI64(range) && fitsI64(x) && fitsI64(y)) {
    const sum = subtract ? i64.sub(asI64(a), asI64(b)) : i64.add(asI64(a), asI64(b));
    return withValue(a, context.local('d', sum), null, range);
  }
  const [lowA, lowB] = [context.local('a', asI64(a)), context.local('b', asI64(b))];
  const low = context.local('lo', subtract ? i64.sub(lowA, lowB) : i64.add(lowA, lowB));
  const carry = i64.extend_i32_u(subtract ? i64.lt_u(lowA, lowB) : i64.lt_u(low, lowA));
  const high = subtract ? i64.sub(i64.sub(highOf(a), highOf(b)), carry) : i64.add(i64.add(highOf(a), highOf(b)), carry);
  return withValue(a, low, context.local('hi', high), range);
}

export function multiplyWide(a: Operand, b: Operand, context: CompileContext): Operand {
  const [x, y] = [rangeOf(a), rangeOf(b)];
  const corners = [x[0] * y[0], x[0] * y[1], x[1] * y[0], x[1] * y[1]];
  const range: Range = [corners.reduce((m, v) => (v < m ? v : m)), corners.reduce((m, v) => (v > m ? v : m))];
  if (fitsI64(range) && fitsI64(x) && fitsI64(y)) {
    return withValue(a, context.local('d', i64.mul(asI64(a), asI64(b))), null, range);
  }
  const [low, high] =
    fitsI64(x) && fitsI64(y)
      ? wideCall('mul_64', [asI64(a), asI64(b)], context)
      : wideCall('mul_128', [asI64(a), highOf(a), asI64(b), highOf(b)], context);
  return withValue(a, low, high, range);
}

/** The value at another scale, rounded HALF_UP. */
export function rescaleOperand(a: Operand, from: number, to: number, context: CompileContext): Operand {
  if (from === to) return a;
  const factor = 10n ** BigInt(Math.abs(to - from));
  const x = rangeOf(a);
  if (to > from) {
    const range: Range = [x[0] * factor, x[1] * factor];
    if (fitsI64(range)) return withValue(a, context.local('d', i64.mul(asI64(a), i64.const(factor))), null, range);
    const [low, high] = wideCall('scale_up_128', [asI64(a), highOf(a), i32.const(to - from)], context);
    return withValue(a, low, high, range);
  }
  const range: Range = [x[0] / factor - 1n, x[1] / factor + 1n];
  if (fitsI64(x)) {
    const half = i64.const(factor / 2n);
    const value = asI64(a);
    const signed = context.local(
      'half',
      i64.sub(i64.xor(half, i64.shr_s(value, i64.const(63))), i64.shr_s(value, i64.const(63))),
    );
    return withValue(a, context.local('d', i64.div_s(i64.add(value, signed), i64.const(factor))), null, range);
  }
  const [low, high] = wideCall('scale_down_128', [asI64(a), highOf(a), i32.const(from - to)], context);
  return withValue(a, low, high, range);
}

/** The value as of this type: NULL where it has more digits than the type allows. */
export function fitDecimal(a: Operand, type: Decimal, context: CompileContext): Operand {
  const limit = 10n ** BigInt(type.precision) - 1n;
  const bounds: Range = [-limit, limit];
  const range = rangeOf(a);
  const narrow = type.precision <= 18;
  const physical = narrow ? 'i64' : 'i128';
  if (within(range, bounds)) return { ...a, type, physical, high: narrow ? null : a.high };
  const fits = context.local('fits', isWithin(a, limit));
  const clipped: Range = [range[0] > -limit ? range[0] : -limit, range[1] < limit ? range[1] : limit];
  if (!type.nullable) {
    const bad = a.valid === null ? i32.eqz(fits) : i32.and(a.valid, i32.eqz(fits));
    context.f.if(bad, () => context.f.do(call(context.failure.fail, i32.const(1))));
    return { ...a, type, physical, high: narrow ? null : a.high, range: clipped };
  }
  const valid = a.valid === null ? fits : i32.and(a.valid, fits);
  return { ...a, type, physical, high: narrow ? null : a.high, valid, range: clipped };
}

/** -limit <= value <= limit. */
function isWithin(a: Operand, limit: bigint): I32 {
  const value = asI64(a);
  if (a.high === null) {
    return i32.and(i64.le_s(value, i64.const(limit)), i64.ge_s(value, i64.const(-limit)));
  }
  const [limitLow, limitHigh] = [BigInt.asIntN(64, limit), limit >> 64n];
  const [lowestLow, lowestHigh] = [BigInt.asIntN(64, -limit), -limit >> 64n];
  const below = or(
    i64.lt_s(a.high, i64.const(limitHigh)),
    and(i64.eq(a.high, i64.const(limitHigh)), i64.le_u(value, i64.const(limitLow))),
  );
  const above = or(
    i64.gt_s(a.high, i64.const(lowestHigh)),
    and(i64.eq(a.high, i64.const(lowestHigh)), i64.ge_u(value, i64.const(lowestLow))),
  );
  return i32.and(below, above);
}
