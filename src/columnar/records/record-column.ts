/** One part of many records, in a typed array if its type has one. */

export type RecordColumn =
  /** `nulls`: 1 where the value is null; null: nowhere. Dates are milliseconds since the epoch. */
  | { readonly type: 'number' | 'date'; readonly values: Float64Array; readonly nulls: Uint8Array | null }
  | { readonly type: 'boolean'; readonly values: Uint8Array; readonly nulls: Uint8Array | null }
  | { readonly type: 'bigint'; readonly values: BigInt64Array; readonly nulls: Uint8Array | null }
  /** All strings one after another, and where each one ends, in UTF-16 units. */
  | { readonly type: 'string'; readonly text: string; readonly ends: Uint32Array; readonly nulls: Uint8Array | null }
  /** Strings by their index in a dictionary, which only grows: made by decoding, where few are different. */
  | {
      readonly type: 'dictionary';
      readonly indices: Int32Array;
      readonly dictionary: readonly string[];
      readonly nulls: Uint8Array | null;
    }
  | { readonly type: 'plain'; readonly values: readonly unknown[] };

/** A guess at what an object of the heap takes. */
export const OBJECT_BYTES = 200;

/** What a column takes in memory. */
export function columnBytes(column: RecordColumn): number {
  if (column.type === 'string') return column.text.length + column.ends.byteLength;
  if (column.type === 'dictionary') return column.indices.byteLength;
  return column.type === 'plain' ? column.values.length * OBJECT_BYTES : column.values.byteLength;
}

/** Gives something of a row. */
export type RowReader = (row: number) => unknown;

export function partReader(column: RecordColumn): RowReader {
  switch (column.type) {
    case 'string': {
      const { text, ends, nulls } = column;
      return (row) => (nulls?.[row] === 1 ? null : text.substring(row === 0 ? 0 : ends[row - 1]!, ends[row]!));
    }
    case 'dictionary': {
      const { indices, dictionary, nulls } = column;
      return (row) => (nulls?.[row] === 1 ? null : dictionary[indices[row]!]);
    }
    case 'plain': {
      const { values } = column;
      return (row) => values[row];
    }
    case 'date': {
      const { values, nulls } = column;
      return (row) => (nulls?.[row] === 1 ? null : new Date(values[row]!));
    }
    case 'boolean': {
      const { values, nulls } = column;
      return (row) => (nulls?.[row] === 1 ? null : values[row] === 1);
    }
    default: {
      const { values, nulls } = column;
      if (nulls === null) return (row) => values[row];
      return (row) => (nulls[row] === 1 ? null : values[row]);
    }
  }
}
