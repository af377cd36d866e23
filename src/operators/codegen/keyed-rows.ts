/** Rows of state by key: find, insert, remove, and as bytes by key group. What an operator keeps one row per key in. */
import type { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import type { I32, Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import { ByteReader, ByteWriter, readRow, rowShape, writeRow } from '../../state/row-codec.ts';
import type { StateReader, StateWriter } from '../../state/snapshot.ts';
import type { DataType } from '../../types/data-type.ts';
import { hashKeys, sameKeys } from './keys.ts';
import { RowLayout } from './row-layout.ts';
import { RowTable } from './row-table.ts';
import type { StateKernel } from './state-kernel.ts';
import type { StringHeap } from './string-heap.ts';

export interface FoundRow {
  /** 0: there is none. */
  readonly row: Variable<'i32'>;
  readonly slot: Variable<'i32'>;
  readonly hash: I32;
}

export class KeyedRows {
  readonly layout: RowLayout;
  readonly table: RowTable;
  readonly #memory: LinearMemory;
  readonly #heap: StringHeap;
  readonly #keyFields: readonly number[];

  /** @param keyFields fields of the row that are its key */
  constructor(state: StateKernel, types: readonly DataType[], keyFields: readonly number[], name: string) {
    this.#memory = state.host.memory;
    this.#heap = state.heap;
    this.#keyFields = keyFields;
    this.layout = new RowLayout(types);
    this.table = new RowTable(state.host, state.consumer, { rowSize: this.layout.size, name });
  }

  /** Emits the search for the row with these key values. */
  find(context: CompileContext, keys: readonly Operand[]): FoundRow {
    const hash = hashKeys(keys, context);
    const { row, slot } = this.table.find(context, hash, (candidate) =>
      sameKeys(
        keys,
        this.#keyFields.map((field) => context.bind(this.layout.load(candidate, field), 'k')),
        context,
      ),
    );
    return { row, slot, hash };
  }

  /** Emits the making of a row where `find` found none; its fields are to be stored. */
  insert(f: FunctionBuilder, { hash, slot, row }: FoundRow): void {
    this.table.insert(f, hash, slot, row);
  }

  /** Emits the storing of a field; strings are copied. */
  store(f: FunctionBuilder, row: I32, field: number, value: Operand): void {
    this.layout.store(f, row, field, this.#heap.own(value));
  }

  /** Emits the giving back of the strings in a row, before its fields are overwritten. */
  releaseStrings(f: FunctionBuilder, row: I32): void {
    this.#heap.releaseRow(f, this.layout, row);
  }

  remove(f: FunctionBuilder, { slot, row }: FoundRow): void {
    this.releaseStrings(f, row);
    this.table.remove(f, slot, row);
  }

  load(row: I32, field: number): Operand {
    return this.layout.load(row, field);
  }

  snapshot(writer: StateWriter, name: string, maxParallelism: number): void {
    const shape = rowShape(this.layout);
    const groups = new Map<number, ByteWriter>();
    for (let slot = 0; slot < this.table.slotCount; slot++) {
      const row = this.table.rowOfSlot(slot);
      if (row <= 1) continue;
      const hash = this.table.hashOfSlot(slot);
      const out = groups.get(hash % maxParallelism) ?? new ByteWriter();
      groups.set(hash % maxParallelism, out);
      out.u32(hash);
      writeRow(out, this.#memory, shape, row);
    }
    for (const [keyGroup, out] of groups) writer.writeKeyed(name, keyGroup, out.finish());
  }

  restore(reader: StateReader, name: string): void {
    const shape = rowShape(this.layout);
    for (const { bytes } of reader.readKeyed(name)) {
      const input = new ByteReader(bytes);
      while (!input.done) readRow(input, this.#memory, shape, this.table.addRow(input.u32()), this.#heap);
    }
  }

  close(): void {
    this.table.close();
  }
}
