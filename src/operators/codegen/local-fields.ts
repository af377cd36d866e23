/**
 * Fields of one row in locals, read from it and written back: while many values are added to them, nothing is stored.
 */
import { highOf, kernelType, type Operand, operand, validity } from '../../expr/compile/operand.ts';
import type { I32, I64, Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { FieldAccess, RowLayout } from './row-layout.ts';

interface LocalField {
  readonly value: Variable;
  readonly high: Variable<'i64'> | null;
  readonly valid: Variable<'i32'> | null;
}

export class LocalFields implements FieldAccess {
  readonly #layout: RowLayout;
  readonly #f: FunctionBuilder;
  readonly #locals: ReadonlyMap<number, LocalField>;

  /** @param indexes of the fields in the layout */
  constructor(f: FunctionBuilder, layout: RowLayout, indexes: readonly number[]) {
    this.#f = f;
    this.#layout = layout;
    this.#locals = new Map(
      indexes.map((index) => {
        const { physical, validity: validAt } = layout.fields[index]!;
        const value = f.declare('field', kernelType(physical));
        const high = physical === 'i128' ? f.declare('fieldHigh', 'i64') : null;
        return [index, { value, high, valid: validAt < 0 ? null : f.declare('fieldValid', 'i32') }];
      }),
    );
  }

  read(row: I32): void {
    for (const index of this.#locals.keys()) this.store(this.#f, row, index, this.#layout.load(row, index));
  }

  write(row: I32): void {
    for (const index of this.#locals.keys()) this.#layout.store(this.#f, row, index, this.load(row, index));
  }

  load(_row: I32, index: number): Operand {
    const { value, high, valid } = this.#locals.get(index)!;
    return operand(this.#layout.fields[index]!.type, value, valid, high);
  }

  store(f: FunctionBuilder, _row: I32, index: number, from: Operand): void {
    const { value, high, valid } = this.#locals.get(index)!;
    f.set(value, from.value as never);
    if (high !== null) f.set(high, highOf(from));
    if (valid !== null) f.set(valid, validity(from));
  }

  storeHalf(f: FunctionBuilder, _row: I32, index: number, half: 'low' | 'high', from: I64): void {
    const { value, high } = this.#locals.get(index)!;
    f.set(half === 'high' ? high! : (value as Variable<'i64'>), from);
  }
}
