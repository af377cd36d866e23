/** Rows by key that stay in memory: find, insert, remove. State that is kept over time is in keyed-state.ts. */
import type { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import type { I32 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { DataType } from '../../types/data-type.ts';
import { hashKeys } from './keys.ts';
import { RowLayout } from './row-layout.ts';
import { type FoundRow, RowTable, type TableContext } from './row-table.ts';
import type { StringStore } from './string-heap.ts';

export class KeyedRows {
  readonly layout: RowLayout;
  readonly table: RowTable;
  readonly #strings: StringStore;
  readonly #keyFields: readonly number[];

  /** @param keyFields fields of the row that are its key */
  constructor(
    context: TableContext,
    consumer: MemoryConsumer,
    strings: StringStore,
    types: readonly DataType[],
    keyFields: readonly number[],
    name: string,
  ) {
    this.#strings = strings;
    this.#keyFields = keyFields;
    this.layout = new RowLayout(types);
    this.table = new RowTable(context, consumer, { rowSize: this.layout.size, name });
  }

  /** Emits the search for the row with these key values. */
  find(context: CompileContext, keys: readonly Operand[], hash = hashKeys(keys, context)): FoundRow {
    return this.table.findKeys(context, hash, keys, this.layout, this.#keyFields);
  }

  /** Emits the making of a row where `find` found none; its fields are to be stored. */
  insert(f: FunctionBuilder, { hash, slot, row }: FoundRow): void {
    this.table.insert(f, hash, slot, row);
  }

  /** Emits the storing of a field; strings are copied. */
  store(f: FunctionBuilder, row: I32, field: number, value: Operand): void {
    this.layout.store(f, row, field, this.#strings.own(value));
  }

  remove(f: FunctionBuilder, { slot, row }: FoundRow): void {
    for (const field of this.layout.fields.keys()) this.#strings.releaseField(f, this.layout, row, field);
    this.table.remove(f, slot, row);
  }

  load(row: I32, field: number): Operand {
    return this.layout.load(row, field);
  }

  close(): void {
    this.table.close();
  }
}
