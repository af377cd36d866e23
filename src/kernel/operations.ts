/** Every operation of the kernel language: operand types, result type and WebAssembly opcode. */
import type { ValueType } from './ir.ts';

export interface OperationInfo {
  readonly name: string;
  readonly operands: readonly ValueType[];
  readonly result: ValueType;
  /** The opcode; 0xfc.. and 0xfd.. operations have their prefix in bits 16 and up. */
  readonly opcode: number;
  /** Number of lane immediates. */
  readonly lanes: number;
  /** Lane numbers are below this. */
  readonly laneLimit: number;
}

export interface AccessInfo {
  readonly name: string;
  /** The name in kernel text. */
  readonly text: string;
  readonly type: ValueType;
  readonly opcode: number;
  /** Bytes read or written. */
  readonly bytes: number;
}

const SATURATING = 0xfc << 16;
const SIMD = 0xfd << 16;

const INTEGER_COMPARE = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const FLOAT_COMPARE = 'eq ne lt gt le ge';
const INTEGER_BINARY = 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';

class Table {
  readonly operations = new Map<string, OperationInfo>();

  /** Operations with consecutive opcodes from `opcode` on; `_` skips one. */
  add(
    family: string,
    names: string,
    opcode: number,
    operands: readonly ValueType[],
    result: ValueType,
    lanes = 0,
    laneLimit = 0,
  ): this {
    let code = opcode;
    for (const short of names.split(' ')) {
      const name = `${family}.${short}`;
      if (short !== '_') this.operations.set(name, { name, operands, result, opcode: code, lanes, laneLimit });
      code++;
    }
    return this;
  }
}

function scalarOperations(table: Table): void {
  const integers = [
    ['i32', 0x45, 0x67],
    ['i64', 0x50, 0x79],
  ] as const;
  for (const [type, compare, arithmetic] of integers) {
    table
      .add(type, 'eqz', compare, [type], 'i32')
      .add(type, INTEGER_COMPARE, compare + 1, [type, type], 'i32')
      .add(type, 'clz ctz popcnt', arithmetic, [type], type)
      .add(type, INTEGER_BINARY, arithmetic + 3, [type, type], type);
  }
  const floats = [
    ['f32', 0x5b, 0x8b],
    ['f64', 0x61, 0x99],
  ] as const;
  for (const [type, compare, arithmetic] of floats) {
    table
      .add(type, FLOAT_COMPARE, compare, [type, type], 'i32')
      .add(type, 'abs neg ceil floor trunc nearest sqrt', arithmetic, [type], type)
      .add(type, 'add sub mul div min max copysign', arithmetic + 7, [type, type], type);
  }
  table
    .add('i32', 'wrap_i64', 0xa7, ['i64'], 'i32')
    .add('i64', 'extend_i32_s extend_i32_u', 0xac, ['i32'], 'i64')
    .add('f32', 'convert_i32_s convert_i32_u', 0xb2, ['i32'], 'f32')
    .add('f32', 'convert_i64_s convert_i64_u', 0xb4, ['i64'], 'f32')
    .add('f32', 'demote_f64', 0xb6, ['f64'], 'f32')
    .add('f64', 'convert_i32_s convert_i32_u', 0xb7, ['i32'], 'f64')
    .add('f64', 'convert_i64_s convert_i64_u', 0xb9, ['i64'], 'f64')
    .add('f64', 'promote_f32', 0xbb, ['f32'], 'f64')
    .add('i32', 'reinterpret_f32', 0xbc, ['f32'], 'i32')
    .add('i64', 'reinterpret_f64', 0xbd, ['f64'], 'i64')
    .add('f32', 'reinterpret_i32', 0xbe, ['i32'], 'f32')
    .add('f64', 'reinterpret_i64', 0xbf, ['i64'], 'f64')
    .add('i32', 'extend8_s extend16_s', 0xc0, ['i32'], 'i32')
    .add('i64', 'extend8_s extend16_s extend32_s', 0xc2, ['i64'], 'i64')
    .add('i32', 'trunc_sat_f32_s trunc_sat_f32_u', SATURATING, ['f32'], 'i32')
    .add('i32', 'trunc_sat_f64_s trunc_sat_f64_u', SATURATING + 2, ['f64'], 'i32')
    .add('i64', 'trunc_sat_f32_s trunc_sat_f32_u', SATURATING + 4, ['f32'], 'i64')
    .add('i64', 'trunc_sat_f64_s trunc_sat_f64_u', SATURATING + 6, ['f64'], 'i64');
}

function vectorOperations(table: Table): void {
  const one: readonly ValueType[] = ['v128'];
  const two: readonly ValueType[] = ['v128', 'v128'];
  const shift: readonly ValueType[] = ['v128', 'i32'];
  const shapes = [
    ['i8x16', 'i32', 15],
    ['i16x8', 'i32', 16],
    ['i32x4', 'i32', 17],
    ['i64x2', 'i64', 18],
    ['f32x4', 'f32', 19],
    ['f64x2', 'f64', 20],
  ] as const;
  for (const [shape, lane, splat] of shapes) table.add(shape, 'splat', SIMD + splat, [lane], 'v128');
  table
    .add('i8x16', 'shuffle', SIMD + 13, two, 'v128', 16, 32)
    .add('i8x16', 'swizzle', SIMD + 14, two, 'v128')
    .add('i8x16', 'extract_lane_s extract_lane_u', SIMD + 21, one, 'i32', 1, 16)
    .add('i8x16', 'replace_lane', SIMD + 23, ['v128', 'i32'], 'v128', 1, 16)
    .add('i16x8', 'extract_lane_s extract_lane_u', SIMD + 24, one, 'i32', 1, 8)
    .add('i16x8', 'replace_lane', SIMD + 26, ['v128', 'i32'], 'v128', 1, 8)
    .add('i32x4', 'extract_lane', SIMD + 27, one, 'i32', 1, 4)
    .add('i32x4', 'replace_lane', SIMD + 28, ['v128', 'i32'], 'v128', 1, 4)
    .add('i64x2', 'extract_lane', SIMD + 29, one, 'i64', 1, 2)
    .add('i64x2', 'replace_lane', SIMD + 30, ['v128', 'i64'], 'v128', 1, 2)
    .add('f32x4', 'extract_lane', SIMD + 31, one, 'f32', 1, 4)
    .add('f32x4', 'replace_lane', SIMD + 32, ['v128', 'f32'], 'v128', 1, 4)
    .add('f64x2', 'extract_lane', SIMD + 33, one, 'f64', 1, 2)
    .add('f64x2', 'replace_lane', SIMD + 34, ['v128', 'f64'], 'v128', 1, 2)
    .add('i8x16', INTEGER_COMPARE, SIMD + 35, two, 'v128')
    .add('i16x8', INTEGER_COMPARE, SIMD + 45, two, 'v128')
    .add('i32x4', INTEGER_COMPARE, SIMD + 55, two, 'v128')
    .add('f32x4', FLOAT_COMPARE, SIMD + 65, two, 'v128')
    .add('f64x2', FLOAT_COMPARE, SIMD + 71, two, 'v128')
    .add('i64x2', 'eq ne lt_s gt_s le_s ge_s', SIMD + 214, two, 'v128')
    .add('v128', 'not', SIMD + 77, one, 'v128')
    .add('v128', 'and andnot or xor', SIMD + 78, two, 'v128')
    .add('v128', 'bitselect', SIMD + 82, ['v128', 'v128', 'v128'], 'v128')
    .add('v128', 'any_true', SIMD + 83, one, 'i32')
    .add('i8x16', 'narrow_i16x8_s', SIMD + 101, two, 'v128')
    .add('i8x16', 'shl shr_s shr_u', SIMD + 107, shift, 'v128')
    .add('i8x16', 'add _ _ sub', SIMD + 110, two, 'v128')
    .add('i8x16', 'min_s min_u max_s max_u', SIMD + 118, two, 'v128')
    .add('i16x8', 'narrow_i32x4_s', SIMD + 133, two, 'v128')
    .add('i16x8', 'shl shr_s shr_u', SIMD + 139, shift, 'v128')
    .add('i16x8', 'add _ _ sub', SIMD + 142, two, 'v128')
    .add('i16x8', 'mul min_s min_u max_s max_u', SIMD + 149, two, 'v128')
    .add('i32x4', 'shl shr_s shr_u', SIMD + 171, shift, 'v128')
    .add('i32x4', 'add _ _ sub', SIMD + 174, two, 'v128')
    .add('i32x4', 'mul min_s min_u max_s max_u', SIMD + 181, two, 'v128')
    .add(
      'i64x2',
      'extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u',
      SIMD + 199,
      one,
      'v128',
    )
    .add('i64x2', 'shl shr_s shr_u', SIMD + 203, shift, 'v128')
    .add('i64x2', 'add _ _ sub _ _ _ mul', SIMD + 206, two, 'v128')
    .add(
      'i64x2',
      'extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u',
      SIMD + 220,
      two,
      'v128',
    )
    .add('f64x2', 'add sub mul div', SIMD + 240, two, 'v128')
    .add('f64x2', 'convert_low_i32x4_s convert_low_i32x4_u', SIMD + 254, one, 'v128');
  const masks = [
    ['i8x16', 99],
    ['i16x8', 131],
    ['i32x4', 163],
    ['i64x2', 195],
  ] as const;
  for (const [shape, opcode] of masks) table.add(shape, 'all_true bitmask', SIMD + opcode, one, 'i32');
}

function allOperations(): ReadonlyMap<string, OperationInfo> {
  const table = new Table();
  scalarOperations(table);
  vectorOperations(table);
  return table.operations;
}

function accesses(rows: readonly AccessInfo[]): ReadonlyMap<string, AccessInfo> {
  return new Map(rows.map((row) => [row.name, row]));
}

function access(name: string, text: string, opcode: number, bytes: number): AccessInfo {
  return { name, text, type: name.slice(0, name.indexOf('.')) as ValueType, opcode, bytes };
}

/** By WebAssembly's name. */
export const OPERATIONS = allOperations();

export const LOADS = accesses([
  access('i32.load', 'load.i32', 0x28, 4),
  access('i64.load', 'load.i64', 0x29, 8),
  access('f32.load', 'load.f32', 0x2a, 4),
  access('f64.load', 'load.f64', 0x2b, 8),
  access('i32.load8_s', 'load.i8', 0x2c, 1),
  access('i32.load8_u', 'load.u8', 0x2d, 1),
  access('i32.load16_s', 'load.i16', 0x2e, 2),
  access('i32.load16_u', 'load.u16', 0x2f, 2),
  access('i64.load8_s', 'load64.i8', 0x30, 1),
  access('i64.load8_u', 'load64.u8', 0x31, 1),
  access('i64.load16_s', 'load64.i16', 0x32, 2),
  access('i64.load16_u', 'load64.u16', 0x33, 2),
  access('i64.load32_s', 'load64.i32', 0x34, 4),
  access('i64.load32_u', 'load64.u32', 0x35, 4),
  access('v128.load', 'load.v128', SIMD, 16),
  access('v128.load32_zero', 'load128.u32', SIMD + 92, 4),
  access('v128.load64_zero', 'load128.u64', SIMD + 93, 8),
]);

export const STORES = accesses([
  access('i32.store', 'store.i32', 0x36, 4),
  access('i64.store', 'store.i64', 0x37, 8),
  access('f32.store', 'store.f32', 0x38, 4),
  access('f64.store', 'store.f64', 0x39, 8),
  access('i32.store8', 'store.u8', 0x3a, 1),
  access('i32.store16', 'store.u16', 0x3b, 2),
  access('i64.store8', 'store64.u8', 0x3c, 1),
  access('i64.store16', 'store64.u16', 0x3d, 2),
  access('i64.store32', 'store64.u32', 0x3e, 4),
  access('v128.store', 'store.v128', SIMD + 11, 16),
]);
