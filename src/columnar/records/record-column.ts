/** One part of many records, in a typed array if its type has one. */

export type RecordColumn =
  /** `nulls`: 1 where the value is null; null: nowhere. */
  | { readonly type: 'number'; readonly values: Numbers; readonly nulls: Uint8Array | null }
  /** Milliseconds since the epoch. */
  | { readonly type: 'date'; readonly values: Float64Array; readonly nulls: Uint8Array | null }
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

/** V8 keeps whole numbers of 32 bits in objects as they are, but not those that it reads from doubles. */
export type Numbers = Int32Array | Float64Array;

/** A copy of numbers, in 32 bits if all are whole. */
export function copyNumbers(values: Float64Array): Numbers {
  const integers = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const integer = value | 0;
    if (integer !== value || Object.is(value, -0)) return values.slice();
    integers[i] = integer;
  }
  return integers;
}

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
    case 'number':
      return column.values instanceof Int32Array ? integerReader(column.values, column.nulls) : numberReader(column);
    default:
      return numberReader(column);
  }
}

function integerReader(values: Int32Array, nulls: Uint8Array | null): RowReader {
  if (nulls === null) return (row) => values[row];
  return (row) => (nulls[row] === 1 ? null : values[row]);
}

function numberReader({ values, nulls }: Extract<RecordColumn, { readonly type: 'number' | 'bigint' }>): RowReader {
  if (nulls === null) return (row) => values[row];
  return (row) => (nulls[row] === 1 ? null : values[row]);
}
