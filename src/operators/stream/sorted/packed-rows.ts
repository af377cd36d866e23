/**
 * Records as they wait to be sorted: they will be read in another order, so what can be is kept row by row, next to one
 * another, where one access to memory brings it all: numbers and the timestamp. A string that is the key of the record
 * is not kept at all, since whoever reads the record knows its key, nor a number that is the timestamp.
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
  /** null: some of the rows have parts that are neither packed nor their key. */
  readonly layout: PackedLayout | null;
  /** In memory. */
  readonly bytes: number;
}

/** The place of the timestamp among the numbers of a row that has one. */
const TIMESTAMP = 0;

/** How rows lie of which nothing is kept but the numbers; plain data. */
export interface PackedLayout extends Pick<RecordColumns, 'kind' | 'names'> {
  /** By part of the record: which of the numbers it is, or that it is the key. */
  readonly places: readonly (number | 'key')[];
  readonly stride: number;
  readonly timed: boolean;
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
    else if (column.type !== 'number' || column.nulls !== null) places.push('own');
    else places.push(timestamps !== null && isSame(column.values, timestamps) ? TIMESTAMP : packed++);
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
  const { kind, names, length, timestamps, whole } = columns;
  const rows = new Float64Array(length * stride);
  if (timestamps !== null) interleave(timestamps, rows, TIMESTAMP, stride);
  let bytes = rows.byteLength + (whole?.rows.length ?? 0) * OBJECT_BYTES;
  const parts = columns.columns.map((column: RecordColumn, i): RowReader => {
    const place = places[i]!;
    if (place === 'own') {
      bytes += columnBytes(column);
      return partReader(column);
    }
    if (place !== 'key' && !(place === TIMESTAMP && timestamps !== null)) {
      interleave((column as { readonly values: Float64Array }).values, rows, place, stride);
    }
    return placeReader(place, rows, stride, current);
  });
  const timed = timestamps !== null;
  const whollyPacked = whole === null && places.every((place) => place !== 'own');
  return {
    read: recordReader(columns, parts),
    ...{ numbers: rows, stride, timed },
    layout: whollyPacked ? { kind, names, places, stride, timed } : null,
    bytes,
  };
}

/** Reads rows that lie so. @param current whose key is that of the record that is read */
export function packedReader(
  { kind, names, places, stride }: PackedLayout,
  numbers: Float64Array,
  current: { readonly key: unknown },
): RowReader {
  const parts = places.map((place) => placeReader(place, numbers, stride, current));
  return recordReader({ kind, names, columns: [], whole: null }, parts);
}

export function sameLayout(a: PackedLayout, b: PackedLayout): boolean {
  const agree = (x: readonly unknown[], y: readonly unknown[]): boolean =>
    x.length === y.length && x.every((part, i) => part === y[i]);
  return a.kind === b.kind && a.timed === b.timed && agree(a.names, b.names) && agree(a.places, b.places);
}

function placeReader(
  place: number | 'key',
  numbers: Float64Array,
  stride: number,
  current: { readonly key: unknown },
): RowReader {
  return place === 'key' ? () => current.key : (row) => numbers[row * stride + place];
}

export function timestampAt(
  { numbers, stride, timed }: Pick<PackedRows, 'numbers' | 'stride' | 'timed'>,
  row: number,
): number {
  return timed ? numbers[row * stride + TIMESTAMP]! : NO_TIMESTAMP;
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

function isSame(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

function interleave(column: Float64Array, rows: Float64Array, place: number, stride: number): void {
  for (let row = 0; row < column.length; row++) rows[row * stride + place] = column[row]!;
}
