/**
 * What every scalar operation means, on JavaScript values: i32 as signed 32-bit number, i64 as signed bigint, f32 as a
 * number that is exact in f32. The interpreter runs on it and the builder folds constants with it.
 */
import { unreachable } from '../base/assert.ts';
import { OPERATIONS } from './operations.ts';
import { KernelTrap } from './trap.ts';

export type Scalar = number | bigint;
export type ScalarFunction = (a: Scalar, b: Scalar) => Scalar;

/** Eight bytes to look at a float's bits through. */
function eightBytes(): DataView {
  return new DataView(new ArrayBuffer(8));
}

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);

function divisor<T extends Scalar>(value: T): T {
  if (value === 0 || value === 0n) throw new KernelTrap('integer divide by zero');
  return value;
}

function divideI32(a: number, b: number): number {
  if (a === -2147483648 && divisor(b) === -1) throw new KernelTrap('integer overflow');
  return (a / divisor(b)) | 0;
}

function divideI64(a: bigint, b: bigint): bigint {
  if (a === -(1n << 63n) && b === -1n) throw new KernelTrap('integer overflow');
  return a / divisor(b);
}

function popcount32(value: number): number {
  let count = 0;
  for (let rest = value >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Rounds half to even; keeps the sign of zero. */
export function nearest(value: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 4503599627370496) return value;
  const below = Math.floor(value);
  const fraction = value - below;
  const rounded = fraction < 0.5 ? below : fraction > 0.5 ? below + 1 : below % 2 === 0 ? below : below + 1;
  return rounded === 0 && (value < 0 || Object.is(value, -0)) ? -0 : rounded;
}

function copysign(a: number, b: number): number {
  const negative = b < 0 || Object.is(b, -0);
  return negative ? -Math.abs(a) : Math.abs(a);
}

export function saturate(value: number, low: bigint, high: bigint): bigint {
  if (Number.isNaN(value)) return 0n;
  const truncated = Math.trunc(value);
  if (truncated <= Number(low)) return low;
  if (truncated >= Number(high)) return high;
  return BigInt(truncated);
}

const I32_LOW = -(1n << 31n);
const I64_LOW = -(1n << 63n);

const int32 = {
  eqz: (a: number) => Number(a === 0),
  eq: (a: number, b: number) => Number(a === b),
  ne: (a: number, b: number) => Number(a !== b),
  lt_s: (a: number, b: number) => Number(a < b),
  lt_u: (a: number, b: number) => Number(a >>> 0 < b >>> 0),
  gt_s: (a: number, b: number) => Number(a > b),
  gt_u: (a: number, b: number) => Number(a >>> 0 > b >>> 0),
  le_s: (a: number, b: number) => Number(a <= b),
  le_u: (a: number, b: number) => Number(a >>> 0 <= b >>> 0),
  ge_s: (a: number, b: number) => Number(a >= b),
  ge_u: (a: number, b: number) => Number(a >>> 0 >= b >>> 0),
  clz: (a: number) => Math.clz32(a),
  ctz: (a: number) => (a === 0 ? 32 : 31 - Math.clz32(a & -a)),
  popcnt: popcount32,
  add: (a: number, b: number) => (a + b) | 0,
  sub: (a: number, b: number) => (a - b) | 0,
  mul: (a: number, b: number) => Math.imul(a, b),
  div_s: divideI32,
  div_u: (a: number, b: number) => ((a >>> 0) / (divisor(b) >>> 0)) | 0,
  rem_s: (a: number, b: number) => (a % divisor(b)) | 0,
  rem_u: (a: number, b: number) => ((a >>> 0) % (divisor(b) >>> 0)) | 0,
  and: (a: number, b: number) => a & b,
  or: (a: number, b: number) => a | b,
  xor: (a: number, b: number) => a ^ b,
  shl: (a: number, b: number) => a << b,
  shr_s: (a: number, b: number) => a >> b,
  shr_u: (a: number, b: number) => (a >>> b) | 0,
  rotl: (a: number, b: number) => (a << b) | (a >>> -b),
  rotr: (a: number, b: number) => (a >>> b) | (a << -b),
  wrap_i64: (a: bigint) => Number(BigInt.asIntN(32, a)),
  reinterpret_f32: (a: number) => {
    const bits = eightBytes();
    bits.setFloat32(0, a);
    return bits.getInt32(0);
  },
  extend8_s: (a: number) => (a << 24) >> 24,
  extend16_s: (a: number) => (a << 16) >> 16,
  trunc_sat_f32_s: (a: number) => Number(saturate(a, I32_LOW, -I32_LOW - 1n)),
  trunc_sat_f32_u: (a: number) => Number(saturate(a, 0n, 0xffffffffn)) | 0,
  trunc_sat_f64_s: (a: number) => Number(saturate(a, I32_LOW, -I32_LOW - 1n)),
  trunc_sat_f64_u: (a: number) => Number(saturate(a, 0n, 0xffffffffn)) | 0,
};

const int64 = {
  eqz: (a: bigint) => Number(a === 0n),
  eq: (a: bigint, b: bigint) => Number(a === b),
  ne: (a: bigint, b: bigint) => Number(a !== b),
  lt_s: (a: bigint, b: bigint) => Number(a < b),
  lt_u: (a: bigint, b: bigint) => Number(unsigned(a) < unsigned(b)),
  gt_s: (a: bigint, b: bigint) => Number(a > b),
  gt_u: (a: bigint, b: bigint) => Number(unsigned(a) > unsigned(b)),
  le_s: (a: bigint, b: bigint) => Number(a <= b),
  le_u: (a: bigint, b: bigint) => Number(unsigned(a) <= unsigned(b)),
  ge_s: (a: bigint, b: bigint) => Number(a >= b),
  ge_u: (a: bigint, b: bigint) => Number(unsigned(a) >= unsigned(b)),
  clz: (a: bigint) => {
    const high = Number(unsigned(a) >> 32n);
    return BigInt(high !== 0 ? Math.clz32(high) : 32 + Math.clz32(Number(a & 0xffffffffn)));
  },
  ctz: (a: bigint) => {
    const low = Number(BigInt.asIntN(32, a));
    return BigInt(low !== 0 ? int32.ctz(low) : 32 + int32.ctz(Number(a >> 32n)));
  },
  popcnt: (a: bigint) => BigInt(popcount32(Number(a & 0xffffffffn)) + popcount32(Number(unsigned(a) >> 32n))),
  add: (a: bigint, b: bigint) => signed(a + b),
  sub: (a: bigint, b: bigint) => signed(a - b),
  mul: (a: bigint, b: bigint) => signed(a * b),
  div_s: divideI64,
  div_u: (a: bigint, b: bigint) => signed(unsigned(a) / unsigned(divisor(b))),
  rem_s: (a: bigint, b: bigint) => a % divisor(b),
  rem_u: (a: bigint, b: bigint) => signed(unsigned(a) % unsigned(divisor(b))),
  and: (a: bigint, b: bigint) => a & b,
  or: (a: bigint, b: bigint) => a | b,
  xor: (a: bigint, b: bigint) => a ^ b,
  shl: (a: bigint, b: bigint) => signed(a << (b & 63n)),
  shr_s: (a: bigint, b: bigint) => a >> (b & 63n),
  shr_u: (a: bigint, b: bigint) => signed(unsigned(a) >> (b & 63n)),
  rotl: (a: bigint, b: bigint) => signed((a << (b & 63n)) | (unsigned(a) >> (-b & 63n))),
  rotr: (a: bigint, b: bigint) => signed((unsigned(a) >> (b & 63n)) | (a << (-b & 63n))),
  extend_i32_s: (a: number) => BigInt(a),
  extend_i32_u: (a: number) => BigInt(a >>> 0),
  reinterpret_f64: (a: number) => {
    const bits = eightBytes();
    bits.setFloat64(0, a);
    return bits.getBigInt64(0);
  },
  extend8_s: (a: bigint) => BigInt.asIntN(8, a),
  extend16_s: (a: bigint) => BigInt.asIntN(16, a),
  extend32_s: (a: bigint) => BigInt.asIntN(32, a),
  trunc_sat_f32_s: (a: number) => saturate(a, I64_LOW, -I64_LOW - 1n),
  trunc_sat_f32_u: (a: number) => signed(saturate(a, 0n, (1n << 64n) - 1n)),
  trunc_sat_f64_s: (a: number) => saturate(a, I64_LOW, -I64_LOW - 1n),
  trunc_sat_f64_u: (a: number) => signed(saturate(a, 0n, (1n << 64n) - 1n)),
};

const float = {
  eq: (a: number, b: number) => Number(a === b),
  ne: (a: number, b: number) => Number(a !== b),
  lt: (a: number, b: number) => Number(a < b),
  gt: (a: number, b: number) => Number(a > b),
  le: (a: number, b: number) => Number(a <= b),
  ge: (a: number, b: number) => Number(a >= b),
  abs: Math.abs,
  neg: (a: number) => -a,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest,
  sqrt: Math.sqrt,
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  min: (a: number, b: number) => Math.min(a, b),
  max: (a: number, b: number) => Math.max(a, b),
  copysign,
  convert_i32_s: (a: number) => a,
  convert_i32_u: (a: number) => a >>> 0,
};

const float64 = {
  ...float,
  convert_i64_s: (a: bigint) => Number(a),
  convert_i64_u: (a: bigint) => Number(unsigned(a)),
  promote_f32: (a: number) => a,
  reinterpret_i64: (a: bigint) => {
    const bits = eightBytes();
    bits.setBigInt64(0, a);
    return bits.getFloat64(0);
  },
};

/** A 64-bit integer to f32 with one rounding: going through f64 would round twice. */
function roundToF32(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const excess = magnitude.toString(2).length - 24;
  if (excess <= 0) return Number(value);
  const unit = 1n << BigInt(excess);
  const quotient = magnitude / unit;
  const twice = 2n * (magnitude % unit);
  const up = twice > unit || (twice === unit && (quotient & 1n) === 1n);
  const rounded = Number((quotient + (up ? 1n : 0n)) * unit);
  return value < 0n ? -rounded : rounded;
}

const float32 = {
  ...Object.fromEntries(
    Object.entries(float).map(([name, run]) => {
      const compute = run as (a: number, b: number) => number;
      return [name, (a: number, b: number) => Math.fround(compute(a, b))];
    }),
  ),
  convert_i64_s: roundToF32,
  convert_i64_u: (a: bigint) => roundToF32(unsigned(a)),
  demote_f64: Math.fround,
  reinterpret_i32: (a: number) => {
    const bits = eightBytes();
    bits.setInt32(0, a);
    return bits.getFloat32(0);
  },
};

function allScalars(): ReadonlyMap<string, ScalarFunction> {
  const families: Record<string, Record<string, unknown>> = { i32: int32, i64: int64, f32: float32, f64: float64 };
  const map = new Map<string, ScalarFunction>();
  for (const { name } of OPERATIONS.values()) {
    const dot = name.indexOf('.');
    const family = families[name.slice(0, dot)];
    if (family === undefined) continue;
    const run = family[name.slice(dot + 1)];
    if (run === undefined) return unreachable(name as never);
    map.set(name, run as ScalarFunction);
  }
  return map;
}

/** By WebAssembly's name, for every operation whose operands and result are no vectors. */
export const SCALARS = allScalars();
