/**
 * Copies chosen rows of one or more batches into a new batch, in order, RowKinds included. Strings are not copied: if
 * there are any the batches are retained, and the new one depends on them.
 */
import { Batch, columnOf, type Retained } from '../columnar/batch.ts';
import { allocateColumns, type BatchLayout } from '../columnar/builder.ts';
import { physicalType, WIDTH } from '../columnar/physical.ts';
import type { KernelCompiler } from '../kernel/program.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { DataType } from '../types/data-type.ts';
import { compileShuffleKernels, type ShuffleKernels } from './kernels.ts';

export class RowGatherer {
  readonly #memory: LinearMemory;
  readonly #kernels: ShuffleKernels;
  readonly #types: readonly DataType[];
  readonly #withKinds: boolean;
  /** What views may point into. */
  readonly #sources = new Set<Retained>();
  #capacity: number;
  #layout: BatchLayout;
  readonly #hasViews: boolean;
  /** By column: its validity bytes are written, since a batch had some. */
  readonly #nulls: boolean[];
  #rows = 0;

  /**
   * @param capacity rows that there is room for at first
   * @param withKinds one of the batches carries row kinds.
   */
  constructor(
    memory: LinearMemory,
    compiler: KernelCompiler,
    types: readonly DataType[],
    capacity: number,
    withKinds: boolean,
  ) {
    this.#memory = memory;
    this.#kernels = compileShuffleKernels(compiler);
    this.#types = types;
    this.#capacity = capacity;
    this.#withKinds = withKinds;
    this.#layout = allocateColumns(memory, types, capacity, withKinds);
    this.#nulls = types.map(() => false);
    this.#hasViews = types.some((type) => physicalType(type) === 'view');
  }

  get rowCount(): number {
    return this.#rows;
  }

  /** Rows that there is room for. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Appends `count` rows of the batch, whose numbers are 32 bits each at `rows`; 0: its first ones. */
  append(batch: Batch, rows: number, count: number): void {
    if (this.#rows + count > this.#capacity) this.#grow(Math.max(this.#rows + count, this.#capacity * 2));
    for (let i = 0; i < this.#types.length; i++) {
      const { values, validity, physical } = batch.columns[i]!;
      this.#copy(WIDTH[physical], values, rows, count, this.#layout.values[i]!);
      this.#copyValidity(i, validity, rows, count);
    }
    if (this.#withKinds) this.#copyBytes(batch.kinds, 0, rows, count, this.#layout.kinds);
    this.#rows += count;
    if (!this.#hasViews || this.#sources.has(batch)) return;
    batch.retain();
    this.#sources.add(batch);
  }

  /** The batch; the gatherer is used up. */
  finish(): Batch {
    const { block, values, validity, kinds } = this.#layout;
    const columns = this.#types.map((type, i) => columnOf(type, values[i]!, this.#nulls[i]! ? validity[i]! : 0));
    const made = new Batch(this.#rows, columns, kinds, () => this.#memory.free(block), [...this.#sources]);
    for (const source of this.#sources) source.release();
    return made;
  }

  #grow(capacity: number): void {
    const [old, grown] = [this.#layout, allocateColumns(this.#memory, this.#types, capacity, this.#withKinds)];
    for (const [i, type] of this.#types.entries()) {
      this.#memory.copy(grown.values[i]!, old.values[i]!, this.#rows * WIDTH[physicalType(type)]);
      if (this.#nulls[i]!) this.#memory.copy(grown.validity[i]!, old.validity[i]!, this.#rows);
    }
    if (this.#withKinds) this.#memory.copy(grown.kinds, old.kinds, this.#rows);
    this.#memory.free(old.block);
    this.#layout = grown;
    this.#capacity = capacity;
  }

  #copy(width: number, from: number, rows: number, count: number, to: number): void {
    const at = to + this.#rows * width;
    if (rows === 0) this.#memory.copy(at, from, count * width);
    else this.#kernels[`gather_${width}`]!(from, rows, count, at);
  }

  #copyValidity(column: number, validity: number, rows: number, count: number): void {
    const to = this.#layout.validity[column]!;
    if (to === 0 || (validity === 0 && !this.#nulls[column]!)) return;
    if (!this.#nulls[column]!) this.#memory.fill(to, 1, this.#rows);
    this.#nulls[column] = true;
    this.#copyBytes(validity, 1, rows, count, to);
  }

  /** Bytes per row (validity, kinds), or `absent` for every row where the source has none. */
  #copyBytes(from: number, absent: number, rows: number, count: number, to: number): void {
    const at = to + this.#rows;
    if (from === 0) this.#memory.fill(at, absent, count);
    else this.#copy(1, from, rows, count, to);
  }
}
