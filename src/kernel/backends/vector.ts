/** Vector operations lane by lane, for the backends that have no SIMD. A vector is 16 bytes, lane 0 first. */
import { unreachable } from '../../base/assert.ts';
import type { Value } from '../ir.ts';
import { SCALARS, type Scalar } from '../scalar.ts';

type Shape = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2' | 'f32x4' | 'f64x2';

const LANE_BYTES: Readonly<Record<Shape, number>> = { i8x16: 1, i16x8: 2, i32x4: 4, i64x2: 8, f32x4: 4, f64x2: 8 };

const COMPARISONS = new Set('eq ne lt gt le ge lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'.split(' '));

/** The result of the vector operation `op`, named as in WebAssembly. */
export function evaluateVector(op: string, operands: readonly Value[], lanes: readonly number[]): Value {
  const [family, name] = op.split('.') as [string, string];
  if (family === 'v128') return bitwise(name, operands as readonly Uint8Array[]);
  const shape = family as Shape;
  if (name === 'splat') return generate(shape, () => operands[0] as Scalar);
  const a = operands[0] as Uint8Array;
  const b = operands[1] as Uint8Array;
  if (name.startsWith('extract_lane')) return readLane(shape, a, lanes[0]!, name.endsWith('_u'));
  if (name === 'replace_lane') {
    const copy = a.slice();
    writeLane(shape, copy, lanes[0]!, operands[1] as Scalar);
    return copy;
  }
  if (name === 'shuffle') return Uint8Array.from(lanes, (lane) => (lane < 16 ? a[lane]! : b[lane - 16]!));
  if (name === 'swizzle') return Uint8Array.from(b, (lane) => (lane < 16 ? a[lane]! : 0));
  if (name === 'all_true') return Number(laneList(shape, a).every((lane) => Number(lane) !== 0));
  if (name === 'bitmask')
    return laneList(shape, a).reduce<number>((mask, lane, i) => mask | (Number(lane < 0) << i), 0);
  if (/^(extend|extmul|convert)_/.test(name)) return widening(shape, name, a, b);
  if (name.startsWith('narrow_')) return narrowing(shape, a, b);
  if (/^sh[lr]/.test(name)) return shift(shape, name, a, operands[1] as number);
  return lanewise(shape, name, a, b);
}

function bitwise(name: string, vectors: readonly Uint8Array[]): Value {
  const [a, b, mask] = vectors;
  switch (name) {
    case 'not':
      return a!.map((byte) => ~byte);
    case 'and':
      return a!.map((byte, i) => byte & b![i]!);
    case 'andnot':
      return a!.map((byte, i) => byte & ~b![i]!);
    case 'or':
      return a!.map((byte, i) => byte | b![i]!);
    case 'xor':
      return a!.map((byte, i) => byte ^ b![i]!);
    case 'bitselect':
      return a!.map((byte, i) => (byte & mask![i]!) | (b![i]! & ~mask![i]!));
    case 'any_true':
      return Number(a!.some((byte) => byte !== 0));
    default:
      return unreachable(name as never);
  }
}

function lanewise(shape: Shape, name: string, a: Uint8Array, b: Uint8Array): Uint8Array {
  const scalar = scalarType(shape);
  const zeroExtended = name.endsWith('_u');
  const lane = (vector: Uint8Array, i: number) => readLane(shape, vector, i, zeroExtended);
  if (COMPARISONS.has(name)) {
    const compare = SCALARS.get(`${scalar}.${name}`)!;
    const truth = laneBytesOfOnes(shape);
    return generateBytes(shape, (i) => (compare(lane(a, i), lane(b, i)) === 1 ? truth : undefined));
  }
  const extreme = /^(min|max)_([su])$/.exec(name);
  if (extreme !== null) {
    const less = SCALARS.get(`${scalar}.${extreme[1] === 'min' ? 'lt' : 'gt'}_${extreme[2]}`)!;
    return generate(shape, (i) => (less(lane(a, i), lane(b, i)) === 1 ? lane(a, i) : lane(b, i)));
  }
  const compute = SCALARS.get(`${scalar}.${name}`)!;
  return generate(shape, (i) => compute(lane(a, i), lane(b, i)));
}

function shift(shape: Shape, name: string, a: Uint8Array, count: number): Uint8Array {
  const scalar = scalarType(shape);
  const distance = count & (LANE_BYTES[shape] * 8 - 1);
  const compute = SCALARS.get(`${scalar}.${name}`)!;
  const by = scalar === 'i64' ? BigInt(distance) : distance;
  return generate(shape, (i) => compute(readLane(shape, a, i, name.endsWith('_u')), by));
}

/** i64x2 and f64x2 from the low or high half of i32x4. */
function widening(shape: Shape, name: string, a: Uint8Array, b: Uint8Array): Uint8Array {
  const first = name.includes('_high_') ? 2 : 0;
  const read = (vector: Uint8Array, i: number) => {
    const lane = readLane('i32x4', vector, first + i, false) as number;
    return name.endsWith('_u') ? lane >>> 0 : lane;
  };
  if (name.startsWith('convert')) return generate(shape, (i) => read(a, i));
  if (name.startsWith('extend')) return generate(shape, (i) => BigInt(read(a, i)));
  return generate(shape, (i) => BigInt(read(a, i)) * BigInt(read(b, i)));
}

/** The lanes of both, of twice the width, as the nearest value that fits. */
function narrowing(shape: Shape, a: Uint8Array, b: Uint8Array): Uint8Array {
  const wide = shape === 'i8x16' ? 'i16x8' : 'i32x4';
  const limit = 2 ** (LANE_BYTES[shape] * 8 - 1);
  const lanes = [...laneList(wide, a), ...laneList(wide, b)];
  return generate(shape, (i) => Math.min(Math.max(lanes[i] as number, -limit), limit - 1));
}

function scalarType(shape: Shape): string {
  return shape === 'i64x2' ? 'i64' : shape === 'f32x4' ? 'f32' : shape === 'f64x2' ? 'f64' : 'i32';
}

function laneList(shape: Shape, vector: Uint8Array): Scalar[] {
  return Array.from({ length: 16 / LANE_BYTES[shape] }, (_, i) => readLane(shape, vector, i, false));
}

function generate(shape: Shape, lane: (i: number) => Scalar): Uint8Array {
  const vector = new Uint8Array(16);
  for (let i = 0; i < 16 / LANE_BYTES[shape]; i++) writeLane(shape, vector, i, lane(i));
  return vector;
}

function laneBytesOfOnes(shape: Shape): Uint8Array {
  return new Uint8Array(LANE_BYTES[shape]).fill(255);
}

function generateBytes(shape: Shape, lane: (i: number) => Uint8Array | undefined): Uint8Array {
  const vector = new Uint8Array(16);
  for (let i = 0; i < 16 / LANE_BYTES[shape]; i++) {
    const bytes = lane(i);
    if (bytes !== undefined) vector.set(bytes, i * LANE_BYTES[shape]);
  }
  return vector;
}

function readLane(shape: Shape, vector: Uint8Array, lane: number, zeroExtended: boolean): Scalar {
  const view = new DataView(vector.buffer, vector.byteOffset);
  switch (shape) {
    case 'i8x16':
      return zeroExtended ? view.getUint8(lane) : view.getInt8(lane);
    case 'i16x8':
      return zeroExtended ? view.getUint16(lane * 2, true) : view.getInt16(lane * 2, true);
    case 'i32x4':
      return view.getInt32(lane * 4, true);
    case 'i64x2':
      return view.getBigInt64(lane * 8, true);
    case 'f32x4':
      return view.getFloat32(lane * 4, true);
    case 'f64x2':
      return view.getFloat64(lane * 8, true);
  }
}

function writeLane(shape: Shape, vector: Uint8Array, lane: number, value: Scalar): void {
  const view = new DataView(vector.buffer, vector.byteOffset);
  switch (shape) {
    case 'i8x16':
      view.setInt8(lane, value as number);
      return;
    case 'i16x8':
      view.setInt16(lane * 2, value as number, true);
      return;
    case 'i32x4':
      view.setInt32(lane * 4, value as number, true);
      return;
    case 'i64x2':
      view.setBigInt64(lane * 8, value as bigint, true);
      return;
    case 'f32x4':
      view.setFloat32(lane * 4, value as number, true);
      return;
    case 'f64x2':
      view.setFloat64(lane * 8, value as number, true);
      return;
  }
}
