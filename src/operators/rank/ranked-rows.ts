/** The rows of each partition in rank order: a chain behind the partition's entry. State of the STREAMING top-N. */
import { asI32, type Operand, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import { ByteReader, ByteWriter, readRow, rowShape, writeRow } from '../../state/row-codec.ts';
import type { StateReader, StateWriter } from '../../state/snapshot.ts';
import { type DataType, INT } from '../../types/data-type.ts';
import { KeyedRows } from '../codegen/keyed-rows.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowPages } from '../codegen/row-pages.ts';
import type { InputRow, StateKernel } from '../codegen/state-kernel.ts';

/** Reserved word of a record: the next one in rank order. */
export const NEXT = 0;
const RESERVED = 8;
const SECTION = 'ranks';

/** A place in a chain: behind `previous` (0: first), before `next` (0: last); `position` counts from 1. */
export interface Place {
  readonly previous: I32;
  readonly next: I32;
  readonly position: I32;
}

export class RankedRows {
  readonly #memory: LinearMemory;
  readonly #state: StateKernel;
  readonly #types: readonly DataType[];
  readonly #keys: readonly number[];
  readonly #layout: RowLayout;
  readonly #records: RowPages;
  /** Key fields, first record, number of records. */
  readonly #partitions: KeyedRows;

  constructor(memory: LinearMemory, state: StateKernel, types: readonly DataType[], keys: readonly number[]) {
    this.#memory = memory;
    this.#state = state;
    this.#types = types;
    this.#keys = keys;
    this.#layout = new RowLayout(types, RESERVED);
    this.#records = new RowPages(memory, state.consumer, this.#layout.size, 'records');
    const keyFields = keys.map((_, i) => i);
    const fields = [...keys.map((key) => types[key]!), INT, INT];
    this.#partitions = new KeyedRows(state, fields, keyFields, 'partitions');
  }

  get externs(): Readonly<Record<string, Extern>> {
    return { ...this.#records.externs, ...this.#partitions.table.externs };
  }

  /** Emits the finding of the input row's partition; `make` makes one that is missing, else the result may be 0. */
  partition(input: InputRow, make: boolean): Variable<'i32'> {
    const { f, context, column } = input;
    const keys = this.#keys.map(column);
    const found = this.#partitions.find(context, keys);
    if (make) {
      f.if(i32.eqz(found.row), () => {
        this.#partitions.insert(f, found);
        for (const [i, key] of keys.entries()) this.#partitions.store(f, found.row, i, key);
        this.#setFirst(f, found.row, i32.const(0));
        this.#setCount(f, found.row, i32.const(0));
      });
    }
    return found.row;
  }

  first(partition: I32): I32 {
    return asI32(this.#partitions.load(partition, this.#keys.length));
  }

  count(partition: I32): I32 {
    return asI32(this.#partitions.load(partition, this.#keys.length + 1));
  }

  load(record: I32, field: number): Operand {
    return this.#layout.load(record, field);
  }

  /** Emits the putting in of the input row at a place; gives its record. */
  insert(input: InputRow, partition: I32, place: Place): Variable<'i32'> {
    const { f } = input;
    const record = f.declare('inserted', 'i32');
    this.#records.take(f, record);
    this.#write(input, record);
    f.do(i32.store(record, place.next, NEXT));
    f.if(
      place.previous,
      () => f.do(i32.store(place.previous, record, NEXT)),
      () => this.#setFirst(f, partition, record),
    );
    this.#setCount(f, partition, i32.add(this.count(partition), i32.const(1)));
    return record;
  }

  /** Emits the replacing of a record's fields by the input row's, where it stands. */
  overwrite(input: InputRow, record: I32): void {
    this.#state.heap.releaseRow(input.f, this.#layout, record);
    this.#write(input, record);
  }

  /** Emits the taking out of a record. */
  unlink(f: FunctionBuilder, partition: I32, previous: I32, record: I32): void {
    const next = f.let('behind', i32.load(record, NEXT));
    f.if(
      previous,
      () => f.do(i32.store(previous, next, NEXT)),
      () => this.#setFirst(f, partition, next),
    );
    this.#setCount(f, partition, i32.sub(this.count(partition), i32.const(1)));
    this.#state.heap.releaseRow(f, this.#layout, record);
    this.#records.free(f, record);
  }

  /** Emits the forgetting of a partition without records. */
  dropIfEmpty(input: InputRow, partition: I32): void {
    const { f, context, column } = input;
    context.branch(i32.eqz(this.first(partition)), () => {
      this.#partitions.remove(f, this.#partitions.find(context, this.#keys.map(column)));
    });
  }

  /** Per partition: its hash, its entry, the number of records, the records in order. */
  snapshot(writer: StateWriter, maxParallelism: number): void {
    const memory = this.#memory;
    const { table, layout } = this.#partitions;
    const [first] = this.#offsets();
    const groups = new Map<number, ByteWriter>();
    for (let slot = 0; slot < table.slotCount; slot++) {
      const entry = table.rowOfSlot(slot);
      if (entry <= 1) continue;
      const hash = table.hashOfSlot(slot);
      const out = groups.get(hash % maxParallelism) ?? new ByteWriter();
      groups.set(hash % maxParallelism, out);
      const records: number[] = [];
      for (let record = memory.u32[(entry + first) >>> 2]!; record !== 0; record = memory.u32[(record + NEXT) >>> 2]!) {
        records.push(record);
      }
      out.u32(hash);
      writeRow(out, memory, rowShape(layout), entry);
      out.u32(records.length);
      for (const record of records) writeRow(out, memory, rowShape(this.#layout), record);
    }
    for (const [keyGroup, out] of groups) writer.writeKeyed(SECTION, keyGroup, out.finish());
  }

  restore(reader: StateReader): void {
    const memory = this.#memory;
    const { table, layout } = this.#partitions;
    const [first] = this.#offsets();
    const { heap } = this.#state;
    for (const { bytes } of reader.readKeyed(SECTION)) {
      const input = new ByteReader(bytes);
      while (!input.done) {
        const entry = table.addRow(input.u32());
        readRow(input, memory, rowShape(layout), entry, heap);
        let link = entry + first;
        for (let left = input.u32(); left > 0; left--) {
          const record = this.#records.takeRow();
          readRow(input, memory, rowShape(this.#layout), record, heap);
          memory.u32[link >>> 2] = record;
          link = record + NEXT;
        }
        memory.u32[link >>> 2] = 0;
      }
    }
  }

  close(): void {
    this.#records.close();
    this.#partitions.close();
  }

  #offsets(): readonly [first: number, count: number] {
    const { fields } = this.#partitions.layout;
    return [fields.at(-2)!.offset, fields.at(-1)!.offset];
  }

  #write({ f, column }: InputRow, record: I32): void {
    for (const field of this.#types.keys()) {
      this.#layout.store(f, record, field, this.#state.heap.own(column(field)));
    }
  }

  #setFirst(f: FunctionBuilder, partition: I32, record: I32): void {
    this.#partitions.layout.store(f, partition, this.#keys.length, operand(INT, record, null));
  }

  #setCount(f: FunctionBuilder, partition: I32, count: I32): void {
    this.#partitions.layout.store(f, partition, this.#keys.length + 1, operand(INT, count, null));
  }
}
