/** Values of every physical type in linear memory, as kernel expressions and statements. */
import type { PhysicalType } from '../../columnar/physical.ts';
import { type F32, type F64, f32, f64, type I32, type I64, i32, i64 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { Expression } from '../../kernel/ir.ts';
import { highOf, type Operand } from './operand.ts';

/** The value at an address; of i128 the lower half. */
export function loadValue(physical: PhysicalType, address: I32, offset = 0): Expression {
  switch (physical) {
    case 'u8':
      return i32.load8_u(address, offset);
    case 'i8':
      return i32.load8_s(address, offset);
    case 'i16':
      return i32.load16_s(address, offset);
    case 'i32':
      return i32.load(address, offset);
    case 'i64':
    case 'i128':
    case 'view':
      return i64.load(address, offset);
    case 'f32':
      return f32.load(address, offset);
    case 'f64':
      return f64.load(address, offset);
  }
}

/** Stores a value at an address; of i128 both halves. */
export function storeValue(f: FunctionBuilder, physical: PhysicalType, at: I32, value: Operand, offset = 0): void {
  f.do(storeOne(physical, at, value.value, offset));
  if (physical === 'i128') f.do(i64.store(at, highOf(value), offset + 8));
}

function storeOne(physical: PhysicalType, at: I32, value: Expression, offset: number) {
  switch (physical) {
    case 'u8':
    case 'i8':
      return i32.store8(at, value as I32, offset);
    case 'i16':
      return i32.store16(at, value as I32, offset);
    case 'i32':
      return i32.store(at, value as I32, offset);
    case 'i64':
    case 'i128':
    case 'view':
      return i64.store(at, value as I64, offset);
    case 'f32':
      return f32.store(at, value as F32, offset);
    case 'f64':
      return f64.store(at, value as F64, offset);
  }
}
