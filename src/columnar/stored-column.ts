/**
 * Columns that a source keeps in less room than their type takes: integers in fewer bytes, strings as numbers of a
 * dictionary. Kernels that are made for a batch read them as they are (operators/codegen/batch-input.ts); for all others
 * `values` is the plain column, made when first asked for.
 */
import type { DataType } from '../types/data-type.ts';
import type { Column, StoredValues } from './batch.ts';
import { physicalType } from './physical.ts';

/** @param plain makes the values as the type has them, and gives their address; called at most once */
export function storedColumn(
  type: DataType,
  stored: StoredValues,
  validity: number,
  bounds: readonly [bigint, bigint] | undefined,
  plain: () => number,
): Column {
  let values = 0;
  return {
    type,
    physical: physicalType(type),
    get values() {
      if (values === 0) values = plain();
      return values;
    },
    validity,
    bounds,
    stored,
  };
}
