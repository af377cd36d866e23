/** How operations are written in kernel text: operators by the type of their operands, and functions. */

/** Precedence of binary operators, higher binds tighter; all associate to the left. */
export const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '<=': 7,
  '>': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '>>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

/** Operator to the name of the operation on integers, without the type. */
export const INTEGER_OPERATORS: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div_s',
  '%': 'rem_s',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  '<<': 'shl',
  '>>': 'shr_s',
  '>>>': 'shr_u',
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt_s',
  '<=': 'le_s',
  '>': 'gt_s',
  '>=': 'ge_s',
};

export const FLOAT_OPERATORS: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
};

/** Functions on integers of either type: name in text to name of the operation without the type. */
export const INTEGER_FUNCTIONS: Readonly<Record<string, string>> = {
  ltu: 'lt_u',
  leu: 'le_u',
  gtu: 'gt_u',
  geu: 'ge_u',
  divu: 'div_u',
  remu: 'rem_u',
  rotl: 'rotl',
  rotr: 'rotr',
  clz: 'clz',
  ctz: 'ctz',
  popcnt: 'popcnt',
  extend8: 'extend8_s',
  extend16: 'extend16_s',
  extend32: 'extend32_s',
};

export const FLOAT_FUNCTIONS: Readonly<Record<string, string>> = {
  abs: 'abs',
  ceil: 'ceil',
  floor: 'floor',
  trunc: 'trunc',
  nearest: 'nearest',
  sqrt: 'sqrt',
  min: 'min',
  max: 'max',
  copysign: 'copysign',
};

/** Casts: function, then type of the operand, to the operation; '' when nothing is to be done. */
export const CASTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  i32: { i32: '', i64: 'i32.wrap_i64', f32: 'i32.trunc_sat_f32_s', f64: 'i32.trunc_sat_f64_s' },
  u32: { i32: '', i64: 'i32.wrap_i64', f32: 'i32.trunc_sat_f32_u', f64: 'i32.trunc_sat_f64_u' },
  i64: { i32: 'i64.extend_i32_s', i64: '', f32: 'i64.trunc_sat_f32_s', f64: 'i64.trunc_sat_f64_s' },
  u64: { i32: 'i64.extend_i32_u', i64: '', f32: 'i64.trunc_sat_f32_u', f64: 'i64.trunc_sat_f64_u' },
  f32: { i32: 'f32.convert_i32_s', i64: 'f32.convert_i64_s', f32: '', f64: 'f32.demote_f64' },
  f32u: { i32: 'f32.convert_i32_u', i64: 'f32.convert_i64_u' },
  f64: { i32: 'f64.convert_i32_s', i64: 'f64.convert_i64_s', f32: 'f64.promote_f32', f64: '' },
  f64u: { i32: 'f64.convert_i32_u', i64: 'f64.convert_i64_u' },
  bits: {
    i32: 'f32.reinterpret_i32',
    i64: 'f64.reinterpret_i64',
    f32: 'i32.reinterpret_f32',
    f64: 'i64.reinterpret_f64',
  },
};
