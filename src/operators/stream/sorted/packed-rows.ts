/**
 * Records as they wait to be sorted: they will be read in another order, so what can be is kept row by row, next to one
 * another, where one access to memory brings it all: numbers and the timestamp. A string that is the key of the record
 * is not kept at all, since whoever reads the record knows its key.
 */
import {
  columnBytes,
  OBJECT_BYTES,
  partReader,
  type RecordColumn,
  type RecordColumns,
  type RowReader,
  recordReader,
} from '../../../columnar/records/record-columns.ts';
import { NO_TIMESTAMP } from '../../../dataflow/records.ts';

export interface PackedRows {
  /** The record; its key must be the current one. */
  readonly read: RowReader;
  /** `stride` numbers per row, of which the first is the timestamp if the rows have one. */
  readonly numbers: Float64Array;
  readonly stride: number;
  readonly timed: boolean;
  /** In memory. */
  readonly bytes: number;
}

/** Where a part of a record is: in its column, among the packed numbers, or nowhere. */
type Place = 'key' | 'own' | number;

/**
 * @param values the records of the columns
 * @param keys their keys
 * @param current whose key will be that of the record that is read
 */
export function packRows(
  columns: RecordColumns,
  values: readonly unknown[],
  keys: readonly unknown[],
  current: { readonly key: unknown },
): PackedRows {
  const { kind, names, timestamps, whole } = columns;
  let packed = timestamps === null ? 0 : 1;
  const places: Place[] = [];
  for (const [i, column] of columns.columns.entries()) {
    if (column.type === 'string' && whole === null && isKey(kind, names[i]!, i, values, keys)) places.push('key');
    else places.push(column.type === 'number' && column.nulls === null ? packed++ : 'own');
  }
  return rowsAt(columns, places, packed, current);
}

/** A function of its own, so that what it returns does not keep the records in memory. */
function rowsAt(
  columns: RecordColumns,
  places: readonly Place[],
  stride: number,
  current: { readonly key: unknown },
): PackedRows {
  const { length, timestamps, whole } = columns;
  const rows = new Float64Array(length * stride);
  if (timestamps !== null) interleave(timestamps, rows, 0, stride);
  let bytes = rows.byteLength + (whole?.rows.length ?? 0) * OBJECT_BYTES;
  const parts = columns.columns.map((column: RecordColumn, i): RowReader => {
    const place = places[i]!;
    if (place === 'key') return () => current.key;
    if (place !== 'own') {
      interleave((column as { readonly values: Float64Array }).values, rows, place, stride);
      return (row) => rows[row * stride + place];
    }
    bytes += columnBytes(column);
    return partReader(column);
  });
  return {
    read: recordReader(columns, parts),
    ...{ numbers: rows, stride, timed: timestamps !== null },
    bytes,
  };
}

export function timestampAt({ numbers, stride, timed }: PackedRows, row: number): number {
  return timed ? numbers[row * stride]! : NO_TIMESTAMP;
}

/** Is this part of every record its key? */
function isKey(
  kind: RecordColumns['kind'],
  name: string,
  index: number,
  values: readonly unknown[],
  keys: readonly unknown[],
): boolean {
  const part = (value: unknown): unknown => {
    if (kind === 'value') return value;
    return kind === 'array' ? (value as readonly unknown[])[index] : (value as Readonly<Record<string, unknown>>)[name];
  };
  for (let i = 0; i < values.length; i++) if (part(values[i]) !== keys[i]) return false;
  return true;
}

function interleave(column: Float64Array, rows: Float64Array, place: number, stride: number): void {
  for (let row = 0; row < column.length; row++) rows[row * stride + place] = column[row]!;
}
