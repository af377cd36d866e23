/**
 * Builds batches column by column. Sources with kernels or typed arrays write straight to `values(i)` and
 * `validity(i)`; whoever has JS values calls `append`. One block of linear memory per batch; strings go to an arena of
 * the batch.
 */
import { assert } from '../base/assert.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { DataType } from '../types/data-type.ts';
import { RowKind } from '../types/row-kind.ts';
import type { Value } from '../types/value.ts';
import { Batch, columnOf, type Retained } from './batch.ts';
import { physicalType, WIDTH } from './physical.ts';
import { StringArena } from './string-arena.ts';
import { valueWriter, type WriteValue } from './value-codec.ts';

/** Addresses of the columns of one block. */
export interface BatchLayout {
  readonly block: number;
  readonly values: readonly number[];
  /** 0 where the type is NOT NULL. */
  readonly validity: readonly number[];
  /** 0 unless asked for. */
  readonly kinds: number;
}

/** Allocates a block for `capacity` rows of the types, every column 64-byte aligned; contents undefined. */
export function allocateColumns(
  memory: LinearMemory,
  types: readonly DataType[],
  capacity: number,
  withKinds: boolean,
): BatchLayout {
  let bytes = 0;
  const place = (size: number): number => {
    const at = bytes;
    bytes += (size + 63) & ~63;
    return at;
  };
  const values = types.map((type) => place(capacity * WIDTH[physicalType(type)]));
  const validity = types.map((type) => (type.nullable ? place(capacity) : -1));
  const kinds = withKinds ? place(capacity) : -1;
  const block = memory.allocate(Math.max(bytes, 64));
  return {
    block,
    values: values.map((at) => block + at),
    validity: validity.map((at) => (at < 0 ? 0 : block + at)),
    kinds: kinds < 0 ? 0 : block + kinds,
  };
}

export class BatchBuilder {
  readonly types: readonly DataType[];
  readonly capacity: number;
  readonly #memory: LinearMemory;
  readonly #withKinds: boolean;
  readonly #widths: readonly number[];
  readonly #writers: readonly WriteValue[];
  #layout: BatchLayout | null = null;
  #strings: StringArena | null = null;
  #rowCount = 0;

  constructor(memory: LinearMemory, types: readonly DataType[], capacity: number, withKinds = false) {
    this.#memory = memory;
    this.types = types;
    this.capacity = capacity;
    this.#withKinds = withKinds;
    this.#widths = types.map((type) => WIDTH[physicalType(type)]);
    this.#writers = types.map((type) => valueWriter(memory, type, () => this.strings));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Set by whoever writes columns directly. */
  set rowCount(rows: number) {
    assert(rows <= this.capacity, `${rows} rows in a batch of ${this.capacity}`);
    this.#rowCount = rows;
  }

  get full(): boolean {
    return this.#rowCount >= this.capacity;
  }

  /** Address of the first value of a column of the batch being built. */
  values(column: number): number {
    return this.#columns().values[column]!;
  }

  /** Address of its validity bytes, undefined contents; 0 if the type is NOT NULL. */
  validity(column: number): number {
    return this.#columns().validity[column]!;
  }

  kinds(): number {
    return this.#columns().kinds;
  }

  /** Where the bytes of this batch's strings go. */
  get strings(): StringArena {
    this.#strings ??= new StringArena(this.#memory);
    return this.#strings;
  }

  append(row: readonly Value[], kind: RowKind = RowKind.INSERT): void {
    assert(!this.full, 'append to a full batch');
    const layout = this.#columns();
    const at = this.#rowCount++;
    for (let i = 0; i < this.#writers.length; i++) {
      const value = row[i] ?? null;
      const validity = layout.validity[i]!;
      if (value === null) {
        assert(validity !== 0, `NULL in the NOT NULL column ${i}`);
        this.#memory.u8[validity + at] = 0;
        this.#memory.fill(layout.values[i]! + at * this.#widths[i]!, 0, this.#widths[i]!);
      } else {
        if (validity !== 0) this.#memory.u8[validity + at] = 1;
        this.#writers[i]!(layout.values[i]! + at * this.#widths[i]!, value);
      }
    }
    if (layout.kinds !== 0) this.#memory.u8[layout.kinds + at] = kind;
  }

  /** The batch of the rows so far; the builder begins anew. `dependencies` hold strings that views point to. */
  finish(dependencies: readonly Retained[] = []): Batch {
    const layout = this.#columns();
    const strings = this.#strings;
    const memory = this.#memory;
    const columns = this.types.map((type, i) => columnOf(type, layout.values[i]!, layout.validity[i]!));
    const batch = new Batch(
      this.#rowCount,
      columns,
      layout.kinds,
      () => {
        memory.free(layout.block);
        strings?.release();
      },
      dependencies,
    );
    this.#layout = null;
    this.#strings = null;
    this.#rowCount = 0;
    return batch;
  }

  /** Gives back what was not finished. */
  close(): void {
    if (this.#layout !== null) this.#memory.free(this.#layout.block);
    this.#strings?.release();
    this.#layout = null;
    this.#strings = null;
    this.#rowCount = 0;
  }

  #columns(): BatchLayout {
    this.#layout ??= allocateColumns(this.#memory, this.types, this.capacity, this.#withKinds);
    return this.#layout;
  }
}
