/**
 * DECIMAL arithmetic in kernels. Each operand carries the range its value can have; what provably fits 64 bits is
 * computed there, without a check, and what may exceed 128 bits says so. A column's range comes from its type or, much
 * tighter, from the bounds of the batch.
 */
import { and, call, global, type I32, type I64, i32, i64, libraryFunction, or } from '../../kernel/build.ts';
import { int128Library } from '../../kernel/library/int128.ts';
import type { DataType } from '../../types/data-type.ts';
import type { GiveUp } from './attempt.ts';
import type { CompileContext } from './context.ts';
import { decimalLibrary } from './library/decimal.ts';
import { asI32, asI64, fitsI64, fitsI128, highOf, type Operand, type Range, rangeOf, within } from './operand.ts';

export type Decimal = DataType & { readonly kind: 'DECIMAL' };

/** The library's functions return the lower half and leave the upper half here. */
const HIGH = global('hi', 'i64');

/** A 128-bit result of a library call, both halves in locals. */
function wideCall(name: string, operands: readonly (I64 | I32)[], context: CompileContext): [I64, I64] {
  const library = decimalLibrary.find(name) === undefined ? int128Library : decimalLibrary;
  const low = context.f.let('lo', call(libraryFunction(library, name), ...operands) as I64);
  const high = context.f.let('hi', HIGH);
  return [low, high];
}

function withValue(from: Operand, value: I64, high: I64 | null, range: Range): Operand {
  return { ...from, physical: high === null ? from.physical : 'i128', value, high, range };
}

/** An integer or DECIMAL operand as a number of 64 or 128 bits with its range. */
export function exact(a: Operand): Operand {
  switch (a.physical) {
    case 'i8':
    case 'i16':
    case 'i32':
      return { ...a, physical: 'i64', value: i64.extend_i32_s(asI32(a)), high: null, range: rangeOf(a) };
    default:
      return { ...a, range: rangeOf(a) };
  }
}

/** The scale of a DECIMAL, 0 of an integer. */
export function scaleOf(type: DataType): number {
  return type.kind === 'DECIMAL' ? type.scale : 0;
}

/**
 * a + b or a - b of the same scale; the type is the caller's to set.
 *
 * @param giveUp what to do where the result exceeds 128 bits; without it the result must be known to fit
 */
export function addWide(
  a: Operand,
  b: Operand,
  subtract: boolean,
  context: CompileContext,
  giveUp: GiveUp | null = null,
): Operand {
  const [x, y] = [rangeOf(a), rangeOf(b)];
  const range: Range = subtract ? [x[0] - y[1], x[1] - y[0]] : [x[0] + y[0], x[1] + y[1]];
  if (fitsI64(range) && fitsI64(x) && fitsI64(y)) {
    const sum = subtract ? i64.sub(asI64(a), asI64(b)) : i64.add(asI64(a), asI64(b));
    return withValue(a, context.local('d', sum), null, range);
  }
  const [lowA, lowB] = [context.local('a', asI64(a)), context.local('b', asI64(b))];
  const low = context.local('lo', subtract ? i64.sub(lowA, lowB) : i64.add(lowA, lowB));
  const carry = i64.extend_i32_u(subtract ? i64.lt_u(lowA, lowB) : i64.lt_u(low, lowA));
  const [highA, highB] = [highOf(a), highOf(b)];
  const sum = subtract ? i64.sub(i64.sub(highA, highB), carry) : i64.add(i64.add(highA, highB), carry);
  const high = context.local('hi', sum);
  if (!fitsI128(range) && giveUp !== null) {
    const other = subtract ? i64.xor(highB, i64.const(-1)) : highB;
    giveUp(i64.lt_s(i64.and(i64.xor(highA, high), i64.xor(other, high)), i64.const(0)));
  }
  return withValue(a, low, high, range);
}

/** a * b / 10^down, rounded HALF_UP. What exceeds 128 bits becomes the lowest or highest number of that size. */
export function multiplyWide(a: Operand, b: Operand, down: number, context: CompileContext): Operand {
  const [x, y] = [rangeOf(a), rangeOf(b)];
  const corners = [x[0] * y[0], x[0] * y[1], x[1] * y[0], x[1] * y[1]];
  const range: Range = [corners.reduce((m, v) => (v < m ? v : m)), corners.reduce((m, v) => (v > m ? v : m))];
  if (fitsI64(range) && fitsI64(x) && fitsI64(y)) {
    const product = withValue(a, context.local('d', i64.mul(asI64(a), asI64(b))), null, range);
    return rescaleOperand(product, down, 0, context);
  }
  if (!fitsI128(range)) {
    const operands = [asI64(a), highOf(a), asI64(b), highOf(b), i32.const(down)];
    const [low, high] = wideCall('mul_scale_down_128', operands, context);
    const unit = 10n ** BigInt(down);
    return withValue(a, low, high, [range[0] / unit - 1n, range[1] / unit + 1n]);
  }
  const [low, high] =
    fitsI64(x) && fitsI64(y)
      ? wideCall('mul_64', [asI64(a), asI64(b)], context)
      : wideCall('mul_128', [asI64(a), highOf(a), asI64(b), highOf(b)], context);
  return rescaleOperand(withValue(a, low, high, range), down, 0, context);
}

/**
 * The value at another scale, rounded HALF_UP. What exceeds 128 bits becomes the lowest or highest number of that size,
 * which is good enough before `fitDecimal`, and nowhere else.
 */
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
  const half = factor / 2n;
  if (fitsI64([x[0] - half, x[1] + half])) {
    const value = asI64(a);
    const sign = i64.shr_s(value, i64.const(63));
    const signed = context.local('half', i64.sub(i64.xor(i64.const(half), sign), sign));
    return withValue(a, context.local('d', i64.div_s(i64.add(value, signed), i64.const(factor))), null, range);
  }
  const [low, high] = wideCall('scale_down_128', [asI64(a), highOf(a), i32.const(from - to)], context);
  return withValue(a, low, high, range);
}

/** The largest integer not above value / 10^scale. */
export function floorOperand(a: Operand, scale: number, context: CompileContext): Operand {
  if (scale === 0) return a;
  const factor = 10n ** BigInt(scale);
  const x = rangeOf(a);
  const range: Range = [x[0] / factor - 1n, x[1] / factor];
  if (fitsI64(x)) {
    const by = i64.const(factor);
    const value = asI64(a);
    const below = i64.extend_i32_u(i64.lt_s(i64.rem_s(value, by), i64.const(0)));
    return withValue(a, context.local('d', i64.sub(i64.div_s(value, by), below)), null, range);
  }
  const divisor = wideConstant(factor);
  const [low, high] = wideCall('floor_div_128', [asI64(a), highOf(a), ...divisor], context);
  return withValue(a, low, high, range);
}

/** value / 10^scale, towards zero. */
export function truncateOperand(a: Operand, scale: number, context: CompileContext): Operand {
  if (scale === 0) return a;
  const factor = 10n ** BigInt(scale);
  const x = rangeOf(a);
  const range: Range = [x[0] / factor, x[1] / factor];
  if (fitsI64(x)) return withValue(a, context.local('d', i64.div_s(asI64(a), i64.const(factor))), null, range);
  const [low, high] = wideCall('div_128', [asI64(a), highOf(a), ...wideConstant(factor)], context);
  return withValue(a, low, high, range);
}

export function negateOperand(a: Operand, context: CompileContext): Operand {
  const zero: Operand = { ...a, value: i64.const(0), high: null, range: [0n, 0n] };
  return { ...addWide(zero, a, true, context), valid: a.valid };
}

/** Rows and digits of a decimal quotient: dividend * 10^up / divisor. The divisor is not 0. */
export function divideWide(a: Operand, b: Operand, up: number, context: CompileContext): Operand {
  const factor = 10n ** BigInt(up);
  const [x, y] = [rangeOf(a), rangeOf(b)];
  const bound = [x[0], x[1]].map((v) => (v < 0n ? -v : v) * factor).reduce((m, v) => (v > m ? v : m));
  const range: Range = [-bound, bound];
  if (fitsI64(range) && fitsI64(y)) {
    const quotient = call(
      libraryFunction(decimalLibrary, 'div_half_up_64'),
      i64.mul(asI64(a), i64.const(factor)),
      asI64(b),
    );
    return withValue(a, context.f.let('q', quotient as I64), null, range);
  }
  const dividend = rescaleOperand(a, 0, up, context);
  const [low, high] = wideCall('div_round_128', [asI64(dividend), highOf(dividend), asI64(b), highOf(b)], context);
  return withValue(a, low, high, range);
}

/** The remainder of a / b, with the sign of a. b is not 0. */
export function remainderWide(a: Operand, b: Operand, context: CompileContext): Operand {
  const [x, y] = [rangeOf(a), rangeOf(b)];
  const bound = [x[0], x[1]].map((v) => (v < 0n ? -v : v)).reduce((m, v) => (v > m ? v : m));
  const range: Range = [-bound, bound];
  if (fitsI64(x) && fitsI64(y)) {
    return withValue(a, context.f.let('rem', i64.rem_s(asI64(a), asI64(b))), null, range);
  }
  const [low, high] = wideCall('rem_128', [asI64(a), highOf(a), asI64(b), highOf(b)], context);
  return withValue(a, low, high, range);
}

/** 1 where the number is 0. */
export function isZero(a: Operand): I32 {
  return a.high === null ? i64.eqz(asI64(a)) : i64.eqz(i64.or(asI64(a), a.high));
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

function wideConstant(value: bigint): [I64, I64] {
  return [i64.const(BigInt.asIntN(64, value)), i64.const(BigInt.asIntN(64, value >> 64n))];
}

/** -limit <= value <= limit. */
export function isWithin(a: Operand, limit: bigint): I32 {
  const value = asI64(a);
  if (a.high === null) {
    if (!fitsI64([-limit, limit])) return i32.const(1);
    return i32.and(i64.le_s(value, i64.const(limit)), i64.ge_s(value, i64.const(-limit)));
  }
  const [limitLow, limitHigh] = wideConstant(limit);
  const [lowestLow, lowestHigh] = wideConstant(-limit);
  const below = or(i64.lt_s(a.high, limitHigh), and(i64.eq(a.high, limitHigh), i64.le_u(value, limitLow)));
  const above = or(i64.gt_s(a.high, lowestHigh), and(i64.eq(a.high, lowestHigh), i64.ge_u(value, lowestLow)));
  return i32.and(below, above);
}

/** 1 where the number is below 0. */
export function isNegative(a: Operand): I32 {
  return i64.lt_s(a.high ?? asI64(a), i64.const(0));
}

/** The absolute value where `negative`, which says whether it is below 0, holds or not. */
export function magnitude(a: Operand, context: CompileContext): Operand {
  const negative = context.local('neg', isNegative(a));
  const opposite = negateOperand(a, context);
  const pick = (x: I64, y: I64): I64 =>
    i64.xor(y, i64.and(i64.xor(x, y), i64.sub(i64.const(0), i64.extend_i32_u(negative))));
  const [low, high] = rangeOf(a);
  const bound = -low > high ? -low : high;
  const wide = a.high !== null || opposite.high !== null;
  return withValue(
    a,
    context.local('m', pick(asI64(opposite), asI64(a))),
    wide ? context.local('m_hi', pick(highOf(opposite), highOf(a))) : null,
    [0n, bound],
  );
}
