/** A SQL value while a kernel works on one row: kernel expressions for the value and for its validity. */
import type { PhysicalType } from '../../columnar/physical.ts';
import { physicalType } from '../../columnar/physical.ts';
import { f32, f64, type I32, type I64, i32, i64, select, type Typed } from '../../kernel/build.ts';
import type { Expression, ValueType } from '../../kernel/ir.ts';
import type { DataType } from '../../types/data-type.ts';

/** Inclusive bounds of an integer or of an unscaled decimal. */
export type Range = readonly [bigint, bigint];

export interface Operand {
  readonly type: DataType;
  readonly physical: PhysicalType;
  /** Cheap to evaluate again: a local, a constant, or a load of a column. Undefined contents where not valid. */
  readonly value: Expression;
  /**
   * The upper half of a 128-bit value, of which `value` is the lower. Null: not a 128-bit type, or one whose value is
   * known to fit 64 bits, so that the upper half is its sign.
   */
  readonly high: I64 | null;
  /** 1 or 0; null: never NULL. */
  readonly valid: I32 | null;
  /** What is known of the value where it is valid; undefined: only what its type says. */
  readonly range?: Range | undefined;
  /** Of a string: its number, below 256, in a dictionary in which all values of the column are; undefined: none. */
  readonly code?: I32 | undefined;
}

const I64_RANGE: Range = [-(2n ** 63n), 2n ** 63n - 1n];
const I128_RANGE: Range = [-(2n ** 127n), 2n ** 127n - 1n];

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

export function operand(
  type: DataType,
  value: Expression,
  valid: I32 | null,
  high: I64 | null = null,
  range?: Range,
): Operand {
  return { type, physical: physicalType(type), value, high, valid, range };
}

export function asI32(operand: Operand): I32 {
  return operand.value as I32;
}

export function asI64(operand: Operand): I64 {
  return operand.value as I64;
}

/** The upper half of a 128-bit value. */
export function highOf(operand: Operand): I64 {
  return operand.high ?? i64.shr_s(asI64(operand), i64.const(63));
}

/** Bounds of an integer, DECIMAL, date or time operand. */
export function rangeOf(operand: Operand): Range {
  if (operand.range !== undefined) return operand.range;
  const type = operand.type;
  switch (type.kind) {
    case 'TINYINT':
      return [-128n, 127n];
    case 'SMALLINT':
      return [-32768n, 32767n];
    case 'INT':
    case 'DATE':
    case 'TIME':
    case 'INTERVAL_YEAR_MONTH':
      return [-(2n ** 31n), 2n ** 31n - 1n];
    case 'DECIMAL': {
      const limit = 10n ** BigInt(type.precision) - 1n;
      return [-limit, limit];
    }
    default:
      return operand.physical === 'i128' ? I128_RANGE : I64_RANGE;
  }
}

export function fitsI64([low, high]: Range): boolean {
  return low >= I64_RANGE[0] && high <= I64_RANGE[1];
}

export function fitsI128([low, high]: Range): boolean {
  return low >= I128_RANGE[0] && high <= I128_RANGE[1];
}

export function within([low, high]: Range, [outerLow, outerHigh]: Range): boolean {
  return low >= outerLow && high <= outerHigh;
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

/** NULL of the type. */
export function nullOperand(type: DataType): Operand {
  const physical = physicalType(type);
  const invalid: I32 = i32.const(0);
  switch (physical) {
    case 'f32':
      return operand(type, f32.const(0), invalid);
    case 'f64':
      return operand(type, f64.const(0), invalid);
    case 'i64':
    case 'i128':
    case 'view':
      return operand(type, i64.const(0), invalid);
    default:
      return operand(type, i32.const(0), invalid);
  }
}
