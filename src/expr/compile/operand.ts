/** A SQL value while a kernel works on one row: kernel expressions for the value and for its validity. */
import type { PhysicalType } from '../../columnar/physical.ts';
import { physicalType } from '../../columnar/physical.ts';
import { type I32, type I64, i32, select, type Typed } from '../../kernel/build.ts';
import type { Expression, ValueType } from '../../kernel/ir.ts';
import type { DataType } from '../../types/data-type.ts';

export interface Operand {
  readonly type: DataType;
  readonly physical: PhysicalType;
  /** Cheap to evaluate again: a local, a constant, or a load of a column. Undefined contents where not valid. */
  readonly value: Expression;
  /** The upper half of a 128-bit value, of which `value` is the lower. */
  readonly high: I64 | null;
  /** 1 or 0; null: never NULL. */
  readonly valid: I32 | null;
}

/** The kernel type in which a physical type is computed; of i128 that of each half. */
export function kernelType(physical: PhysicalType): ValueType {
  switch (physical) {
    case 'u8':
    case 'i8':
    case 'i16':
    case 'i32':
      return 'i32';
    case 'i64':
    case 'i128':
    case 'view':
      return 'i64';
    case 'f32':
      return 'f32';
    case 'f64':
      return 'f64';
  }
}

export function operand(type: DataType, value: Expression, valid: I32 | null, high: I64 | null = null): Operand {
  return { type, physical: physicalType(type), value, high, valid };
}

export function asI32(operand: Operand): I32 {
  return operand.value as I32;
}

export function asI64(operand: Operand): I64 {
  return operand.value as I64;
}

/** Both valid; null where neither can be NULL. */
export function bothValid(a: I32 | null, b: I32 | null): I32 | null {
  if (a === null) return b;
  return b === null ? a : i32.and(a, b);
}

/** The validity as a value: 1 where it cannot be NULL. */
export function validity(operand: Operand): I32 {
  return operand.valid ?? i32.const(1);
}

/** 1 exactly where the BOOLEAN is true. */
export function isTrue(operand: Operand): I32 {
  return operand.valid === null ? asI32(operand) : i32.and(operand.valid, asI32(operand));
}

/** 1 exactly where the BOOLEAN is false. */
export function isFalse(operand: Operand): I32 {
  const value = i32.xor(asI32(operand), i32.const(1));
  return operand.valid === null ? value : i32.and(operand.valid, value);
}

export function selectTyped(condition: I32, a: Expression, b: Expression): Expression {
  return select(condition, a as Typed<ValueType>, b as Typed<ValueType>);
}
