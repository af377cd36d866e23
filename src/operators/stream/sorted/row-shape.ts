/**
 * In which form each part of a record is kept while it waits to be sorted. A string or a number that is the key of the
 * record is not kept at all, since whoever reads the record knows its key, nor a number that is the timestamp; other
 * numbers lie in a row, whole ones in 32 bits; what is no number stays in its column.
 *
 * The forms are told from the records so far. What does not fit gets the next form that holds it and all before it, and
 * keeps that one: so the shape changes a few times at most, however many records there are.
 */
import type { Numbers, RecordColumn } from '../../../columnar/records/record-column.ts';
import type { RecordColumns } from '../../../columnar/records/record-columns.ts';

/** Each can hold whatever those before it can. */
const PART_FORMS = ['key', 'timestamp', 'integer', 'number', 'column'] as const;
const TIME_FORMS = ['none', 'integer', 'number'] as const;

export type PartForm = (typeof PART_FORMS)[number];
/** `none`: no record has a timestamp; `integer`: as its distance from the origin. */
export type TimeForm = (typeof TIME_FORMS)[number];

export interface RowShape extends Pick<RecordColumns, 'kind' | 'names'> {
  /** null: records have not the same parts; each is read from its columns as a whole. */
  readonly parts: readonly PartForm[] | null;
  readonly time: TimeForm;
  /** A timestamp near all others. */
  readonly origin: number;
}

/** Records with their columns, and their keys. */
export interface KeyedRecords {
  readonly columns: RecordColumns;
  readonly values: readonly unknown[];
  /** As the selector gave them. */
  readonly keys: readonly unknown[];
  /** Equal ones, that will be the current key when the record is read. */
  readonly keyRead: (record: number) => unknown;
}

/**
 * The shape for more records; `before` itself if they fit it.
 *
 * @param before of the records so far; null: there are none
 */
export function shapeOf(records: KeyedRecords, before: RowShape | null): RowShape {
  const { kind, names, timestamps } = records.columns;
  const origin = before?.origin ?? timestamps?.[0] ?? 0;
  const time = timeForm(timestamps, origin, before?.time ?? TIME_FORMS[0]);
  const parts = partForms(records, before);
  if (before !== null && time === before.time && isSame(parts, before.parts)) return before;
  return { kind, names, parts, time, origin };
}

function partForms(records: KeyedRecords, before: RowShape | null): RowShape['parts'] {
  const { kind, names, columns, whole } = records.columns;
  if (whole !== null) return null;
  if (before !== null && (before.parts === null || before.kind !== kind || !isSame(names, before.names))) return null;
  return columns.map((column, i): PartForm => {
    const first = PART_FORMS.indexOf(before?.parts?.[i] ?? PART_FORMS[0]);
    return PART_FORMS.slice(first).find((form) => holds(form, column, i, records))!;
  });
}

function holds(form: PartForm, column: RecordColumn, part: number, records: KeyedRecords): boolean {
  if (form === 'column') return true;
  if (form === 'key') return isKey(column, part, records);
  if (column.type !== 'number' || column.nulls !== null) return false;
  const { timestamps } = records.columns;
  if (form === 'timestamp') return timestamps !== null && isSameNumbers(column.values, timestamps);
  return form === 'number' || areIntegers(column.values, 0);
}

/** Is this part of every record its key? Zeros of different signs are one key, but not the same number. */
function isKey(column: RecordColumn, part: number, { columns, values, keys, keyRead }: KeyedRecords): boolean {
  if (column.type === 'number') {
    for (let i = 0; i < keys.length; i++) if (!Object.is(keyRead(i), column.values[i])) return false;
    return column.nulls === null;
  }
  if (column.type !== 'string' && column.type !== 'dictionary') return false;
  const { kind } = columns;
  if (kind === 'value') return values.every((value, i) => value === keys[i]);
  const name = kind === 'array' ? String(part) : columns.names[part]!;
  return values.every((value, i) => (value as Readonly<Record<string, unknown>>)[name] === keys[i]);
}

function timeForm(timestamps: Float64Array | null, origin: number, before: TimeForm): TimeForm {
  if (timestamps === null) return before === 'none' ? 'none' : 'number';
  if (before === 'number' || !areIntegers(timestamps, origin)) return 'number';
  return 'integer';
}

/** Are the distances from the origin of 32 bits, none of them -0? */
function areIntegers(values: Numbers, origin: number): boolean {
  if (values instanceof Int32Array && origin === 0) return true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]! - origin;
    if ((value | 0) !== value || Object.is(values[i], -0)) return false;
  }
  return true;
}

function isSameNumbers(a: Numbers, b: Numbers): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

function isSame(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
