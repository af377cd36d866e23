/** The rows of each partition in rank order: a chain behind the partition's entry. State of the STREAMING top-N. */
import { asI32, type Operand, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import { type DataType, INT } from '../../types/data-type.ts';
import type { KeyedState } from '../codegen/keyed-state.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import type { RowPages } from '../codegen/row-pages.ts';
import type { InputRow, StateKernel } from '../codegen/state-kernel.ts';

/** Reserved word of a record: the next one in rank order. */
export const NEXT = 0;
const RESERVED = 8;

/** A place in a chain: behind `previous` (0: first), before `next` (0: last); `position` counts from 1. */
export interface Place {
  readonly previous: I32;
  readonly next: I32;
  readonly position: I32;
}

export class RankedRows {
  readonly #state: StateKernel;
  readonly #types: readonly DataType[];
  readonly #keys: readonly number[];
  readonly #layout: RowLayout;
  readonly #records: RowPages;
  /** Key fields, first record, number of records. */
  readonly #partitions: KeyedState;

  constructor(state: StateKernel, types: readonly DataType[], keys: readonly number[], ttl: number) {
    this.#state = state;
    this.#types = types;
    this.#keys = keys;
    this.#layout = new RowLayout(types, RESERVED);
    this.#partitions = state.keyed.keyed({
      name: 'ranks',
      types: [...keys.map((key) => types[key]!), INT, INT],
      keyFields: keys.map((_, i) => i),
      ttl,
      chain: { layout: this.#layout, first: keys.length, last: null },
    });
    this.#records = this.#partitions.chain!.pages;
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
    this.#partitions.wrote(f, partition);
    return record;
  }

  /** Emits the replacing of a record's fields by the input row's, where it stands. */
  overwrite(input: InputRow, partition: I32, record: I32): void {
    this.#state.keyed.heap.releaseRow(input.f, this.#layout, record);
    this.#write(input, record);
    this.#partitions.wrote(input.f, partition);
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
    this.#state.keyed.heap.releaseRow(f, this.#layout, record);
    this.#records.free(f, record);
    this.#partitions.wrote(f, partition);
  }

  /** Emits the forgetting of a partition without records. */
  dropIfEmpty(input: InputRow, partition: I32): void {
    const { f, context, column } = input;
    context.branch(i32.eqz(this.first(partition)), () => {
      this.#partitions.remove(f, this.#partitions.find(context, this.#keys.map(column)));
    });
  }

  #write({ f, column }: InputRow, record: I32): void {
    for (const field of this.#types.keys()) {
      this.#layout.store(f, record, field, this.#state.keyed.heap.own(column(field)));
    }
  }

  #setFirst(f: FunctionBuilder, partition: I32, record: I32): void {
    this.#partitions.layout.store(f, partition, this.#keys.length, operand(INT, record, null));
  }

  #setCount(f: FunctionBuilder, partition: I32, count: I32): void {
    this.#partitions.layout.store(f, partition, this.#keys.length + 1, operand(INT, count, null));
  }
}
