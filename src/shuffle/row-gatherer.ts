/**
 * Copies chosen rows of one or more batches into a new batch, in order, RowKinds included. Strings are not copied: the
 * new batch depends on those that it was made of.
 */
import { assert } from '../base/assert.ts';
import { Batch, type Column, columnOf, type Retained } from '../columnar/batch.ts';
import { allocateColumns, type BatchLayout } from '../columnar/builder.ts';
import { physicalType, WIDTH } from '../columnar/physical.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { DataType } from '../types/data-type.ts';

export class RowGatherer {
  readonly #memory: LinearMemory;
  readonly #types: readonly DataType[];
  readonly #capacity: number;
  readonly #withKinds: boolean;
  readonly #sources = new Set<Retained>();
  readonly #layout: BatchLayout;
  readonly #hasViews: boolean;
  #rows = 0;

  /** @param withKinds one of the batches carries row kinds. */
  constructor(memory: LinearMemory, types: readonly DataType[], capacity: number, withKinds: boolean) {
    this.#memory = memory;
    this.#types = types;
    this.#capacity = capacity;
    this.#withKinds = withKinds;
    this.#layout = allocateColumns(memory, types, capacity, withKinds);
    this.#hasViews = types.some((type) => physicalType(type) === 'view');
  }

  get rowCount(): number {
    return this.#rows;
  }

  /** Appends the rows `rows[start]` … `rows[end - 1]` of the batch. */
  append(batch: Batch, rows: Int32Array, start: number, end: number): void {
    const count = end - start;
    assert(this.#rows + count <= this.#capacity, 'more rows are gathered than there is room for');
    for (let i = 0; i < this.#types.length; i++) {
      const column = batch.columns[i]!;
      this.#copyValues(column, this.#layout.values[i]!, rows, start, end);
      const validity = this.#layout.validity[i]!;
      if (validity !== 0) this.#copyBytes(column.validity, 1, validity, rows, start, end);
    }
    if (this.#withKinds) this.#copyBytes(batch.kinds, 0, this.#layout.kinds, rows, start, end);
    if (this.#hasViews && !this.#sources.has(batch)) this.#sources.add(batch);
    this.#rows += count;
  }

  /** The batch; the gatherer is used up. */
  finish(): Batch {
    const { block, values, validity, kinds } = this.#layout;
    const columns = this.#types.map((type, i) => columnOf(type, values[i]!, validity[i]!));
    return new Batch(this.#rows, columns, kinds, () => this.#memory.free(block), [...this.#sources]);
  }

  #copyValues(column: Column, to: number, rows: Int32Array, start: number, end: number): void {
    const { values, physical } = column;
    const { u8, i32 } = this.#memory;
    const width = WIDTH[physical];
    if (width < 4) {
      for (let i = start, at = to + this.#rows * width; i < end; i++) {
        const from = values + rows[i]! * width;
        u8[at++] = u8[from]!;
        if (width === 2) u8[at++] = u8[from + 1]!;
      }
      return;
    }
    const words = width >>> 2;
    const base = values >>> 2;
    let at = (to >>> 2) + this.#rows * words;
    if (words === 1) {
      for (let i = start; i < end; i++) i32[at++] = i32[base + rows[i]!]!;
    } else if (words === 2) {
      for (let i = start; i < end; i++) {
        const from = base + 2 * rows[i]!;
        i32[at++] = i32[from]!;
        i32[at++] = i32[from + 1]!;
      }
    } else {
      for (let i = start; i < end; i++) {
        const from = base + words * rows[i]!;
        for (let word = 0; word < words; word++) i32[at++] = i32[from + word]!;
      }
    }
  }

  /** Bytes per row (validity, kinds), or `absent` for every row where the source has none. */
  #copyBytes(from: number, absent: number, to: number, rows: Int32Array, start: number, end: number): void {
    const u8 = this.#memory.u8;
    let at = to + this.#rows;
    if (from === 0) u8.fill(absent, at, at + end - start);
    else for (let i = start; i < end; i++) u8[at++] = u8[from + rows[i]!]!;
  }
}
