/**
 * The unit of data on every edge: a few columns in linear memory, a row count and, where the stream carries changes, a
 * RowKind byte per row.
 *
 * Ownership: whoever creates a batch holds one reference and releases it. `emitBatch(batch)` lends the batch for the
 * time of the call: a consumer that keeps it, or keeps a string view out of it, retains it. A batch is immutable once
 * emitted. A batch whose views point into another batch (or into a table of strings) names that as a dependency and
 * keeps it alive.
 */
import { assert } from '../base/assert.ts';
import type { DataType } from '../types/data-type.ts';
import { type PhysicalType, physicalType } from './physical.ts';

/** How values are stored. */
export interface Storage {
  /** Bytes of a value: a signed integer, or an unsigned number in the dictionary. */
  readonly width: 1 | 2 | 4;
  /** Address of the views that the numbers stand for; 0: the values are integers. */
  readonly dictionary: number;
  /** Numbers of the column are below this; 0: it is not known. */
  readonly entries: number;
}

export interface StoredValues extends Storage {
  /** Address of the first one. */
  readonly address: number;
}

export interface Column {
  readonly type: DataType;
  readonly physical: PhysicalType;
  /** Address of the first value. */
  readonly values: number;
  /** Address of the validity bytes, 1 = valid; 0: no row is NULL. */
  readonly validity: number;
  /** Inclusive bounds of the valid values (unscaled, of DECIMAL and integer types), where the source knows them. */
  readonly bounds?: readonly [bigint, bigint] | undefined;
  /** The values as the source keeps them, where that is in less room; then `values` is made when first read. */
  readonly stored?: StoredValues | undefined;
}

/** Something that is kept alive by reference counting: a buffer, a batch, the strings of a file. */
export interface Retained {
  retain(): void;
  release(): void;
}

export class Batch implements Retained {
  readonly rowCount: number;
  readonly columns: readonly Column[];
  /** Address of one RowKind byte per row; 0: every row is +I. */
  readonly kinds: number;
  readonly #dependencies: readonly Retained[];
  readonly #free: () => void;
  #references = 1;

  /**
   * @param free gives the memory of the columns back when the last reference is gone.
   * @param dependencies are retained here and released with the batch.
   */
  constructor(
    rowCount: number,
    columns: readonly Column[],
    kinds: number,
    free: () => void,
    dependencies: readonly Retained[] = [],
  ) {
    this.rowCount = rowCount;
    this.columns = columns;
    this.kinds = kinds;
    this.#free = free;
    this.#dependencies = dependencies;
    for (const dependency of dependencies) dependency.retain();
  }

  /** True while somebody other than the creator holds the batch: its memory must not be written again. */
  get shared(): boolean {
    return this.#references > 1;
  }

  retain(): void {
    assert(this.#references > 0, 'a released batch is retained');
    this.#references++;
  }

  release(): void {
    assert(this.#references > 0, 'a batch is released twice');
    if (--this.#references > 0) return;
    for (const dependency of this.#dependencies) dependency.release();
    this.#free();
  }
}

export function columnOf(
  type: DataType,
  values: number,
  validity: number,
  bounds?: readonly [bigint, bigint] | undefined,
): Column {
  return { type, physical: physicalType(type), values, validity, bounds };
}

/**
 * The header that generated kernels read: 32-bit words `[rowCount, kinds, values0, validity0, values1, validity1, …]`.
 * Where a column has no validity bytes the word is 0.
 */
export const HEADER = { rowCount: 0, kinds: 4, columns: 8, columnStride: 8 } as const;

export function headerBytes(columnCount: number): number {
  return HEADER.columns + columnCount * HEADER.columnStride;
}

export function writeHeader(u32: Uint32Array, address: number, batch: Batch): void {
  let word = address >>> 2;
  u32[word++] = batch.rowCount;
  u32[word++] = batch.kinds;
  for (const column of batch.columns) {
    u32[word++] = column.values;
    u32[word++] = column.validity;
  }
}
