/** The values of a group in order of arrival: what aggregates need that cannot undo a value by arithmetic. */
import type { DataType } from '../../../types/data-type.ts';
import { type Value, valueKey } from '../../../types/value.ts';

export interface Values {
  readonly items: Value[];
}

export function emptyValues(): Values {
  return { items: [] };
}

/** Takes away the first value that equals this one; nothing if there is none. */
export function removeValue(values: Values, value: Value, type: DataType): void {
  const key = valueKey(value, type);
  const index = values.items.findIndex((item) => valueKey(item, type) === key);
  if (index >= 0) values.items.splice(index, 1);
}

export function appendAll(values: Values, other: Values): void {
  values.items.push(...other.items);
}
