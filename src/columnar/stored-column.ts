/**
 * Columns that a source keeps in less room than their type takes: integers in fewer bytes, strings as numbers of a
 * dictionary. Kernels that are made for a batch read them as they are (operators/codegen/batch-input.ts); for all
 * others `values` is the plain column, made when first asked for.
 */
import type { DataType } from '../types/data-type.ts';
import type { Column, StoredValues } from './batch.ts';
import { type PhysicalType, physicalType } from './physical.ts';

export class StoredColumn implements Column {
  readonly type: DataType;
  readonly physical: PhysicalType;
  readonly validity: number;
  readonly bounds: readonly [bigint, bigint] | undefined;
  readonly stored: StoredValues;
  readonly #plain: () => number;
  #values = 0;

  /** @param plain makes the values as the type has them, and gives their address; called at most once */
  constructor(
    type: DataType,
    stored: StoredValues,
    validity: number,
    bounds: readonly [bigint, bigint] | undefined,
    plain: () => number,
  ) {
    this.type = type;
    this.physical = physicalType(type);
    this.stored = stored;
    this.validity = validity;
    this.bounds = bounds;
    this.#plain = plain;
  }

  get values(): number {
    if (this.#values === 0) this.#values = this.#plain();
    return this.#values;
  }
}
