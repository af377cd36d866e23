/** The entries of maps. */
import type { DataType } from '../../../types/data-type.ts';
import { type Entries, type Value, valueKey } from '../../../types/value.ts';

/** Entries with distinct keys: of equal ones the place of the first and the value of the last. */
export function uniqueEntries(entries: Entries, keyType: DataType): Entries {
  const found = new Map<string, readonly [Value, Value]>();
  for (const entry of entries) found.set(valueKey(entry[0], keyType), entry);
  return [...found.values()];
}
