/**
 * Rows of fixed width in linear memory, fields side by side, as hash tables, sorts and state keep them: one cache line
 * answers for a whole small row. Nullable fields have a validity byte at the end of the row.
 */
import { type PhysicalType, physicalType, WIDTH } from '../../columnar/physical.ts';
import { loadValue, storeValue } from '../../expr/compile/memory.ts';
import { type Operand, operand, validity } from '../../expr/compile/operand.ts';
import { type I32, type I64, i32, i64 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { DataType } from '../../types/data-type.ts';

export interface RowField {
  readonly type: DataType;
  readonly physical: PhysicalType;
  /** Byte offset of the value. */
  readonly offset: number;
  /** Byte offset of the validity byte; -1: never NULL. */
  readonly validity: number;
}

/** Fields of a row, wherever they are kept. */
export interface FieldAccess {
  load(row: I32, index: number): Operand;
  store(f: FunctionBuilder, row: I32, index: number, value: Operand): void;
  /** Stores one half of a 128-bit value. */
  storeHalf(f: FunctionBuilder, row: I32, index: number, half: 'low' | 'high', value: I64): void;
}

export class RowLayout implements FieldAccess {
  readonly fields: readonly RowField[];
  /** Bytes per row, a multiple of 8. */
  readonly size: number;

  /** @param reserved bytes at the start of each row that are not fields, a multiple of 8 */
  constructor(types: readonly DataType[], reserved = 0) {
    const order = types.map((_, i) => i).sort((a, b) => width(types[b]!) - width(types[a]!) || a - b);
    const offsets = new Array<number>(types.length);
    let at = reserved;
    for (const i of order) {
      offsets[i] = at;
      at += width(types[i]!);
    }
    this.fields = types.map((type, i) => ({
      type,
      physical: physicalType(type),
      offset: offsets[i]!,
      validity: type.nullable ? at++ : -1,
    }));
    this.size = Math.max((at + 7) & ~7, 8);
  }

  /** Fields whose value is a view: their bytes lie elsewhere. */
  get viewFields(): readonly RowField[] {
    return this.fields.filter((field) => field.physical === 'view');
  }

  load(row: I32, index: number): Operand {
    const field = this.fields[index]!;
    const high: I64 | null = field.physical === 'i128' ? i64.load(row, field.offset + 8) : null;
    const valid = field.validity < 0 ? null : i32.load8_u(row, field.validity);
    return operand(field.type, loadValue(field.physical, row, field.offset), valid, high);
  }

  /** Stores the operand; views are stored as they are. */
  store(f: FunctionBuilder, row: I32, index: number, value: Operand): void {
    const field = this.fields[index]!;
    storeValue(f, field.physical, row, value, field.offset);
    if (field.validity >= 0) f.do(i32.store8(row, validity(value), field.validity));
  }

  storeHalf(f: FunctionBuilder, row: I32, index: number, half: 'low' | 'high', value: I64): void {
    f.do(i64.store(row, value, this.fields[index]!.offset + (half === 'high' ? 8 : 0)));
  }
}

function width(type: DataType): number {
  return WIDTH[physicalType(type)];
}
