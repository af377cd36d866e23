/** Takes records apart: each of their parts goes to the builder of its column. */
import type { ColumnBuilder } from './column-builders.ts';
import { isPlainObject, type RecordShape } from './record-shape.ts';

/** @returns 1 where a record fits the columns; where its parts are others, all of them have null */
export function putRecords(
  values: readonly unknown[],
  { kind, names }: RecordShape,
  builders: readonly ColumnBuilder[],
): Uint8Array {
  const fits = new Uint8Array(values.length);
  if (kind === 'value') {
    const [builder] = builders;
    if (builder !== undefined) for (let i = 0; i < values.length; i++) fits[i] = Number(builder.put(i, values[i]));
  } else if (kind === 'array') putArrays(values, builders, fits);
  else if (names.length <= UNROLLED) putFewNames(values, names, builders, fits);
  else putNames(values, names, builders, fits);
  return fits;
}

function putArrays(values: readonly unknown[], builders: readonly ColumnBuilder[], fits: Uint8Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Array.isArray(value) && value.length === builders.length) fits[i] = putParts(builders, i, value);
    else putNulls(builders, i);
  }
}

function putNames(
  values: readonly unknown[],
  names: readonly string[],
  builders: readonly ColumnBuilder[],
  fits: Uint8Array,
): void {
  const parts = new Array<unknown>(names.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (isPlainObject(value) && hasNames(value, names)) {
      for (let k = 0; k < names.length; k++) parts[k] = value[names[k]!];
      fits[i] = putParts(builders, i, parts);
    } else putNulls(builders, i);
  }
}

function putParts(builders: readonly ColumnBuilder[], row: number, parts: readonly unknown[]): number {
  let fit = 1;
  for (let k = 0; k < builders.length; k++) fit &= Number(builders[k]!.put(row, parts[k]));
  return fit;
}

function putNulls(builders: readonly ColumnBuilder[], row: number): void {
  for (const builder of builders) builder.putNull(row);
}

/** Names of which each has an access to itself. */
const UNROLLED = 6;

/**
 * V8 is fast where an access has had one name and one kind of object so far: a fifth of the time that accesses in a
 * loop over names take. The prototype comes for free once a property has been read.
 */
function putFewNames(
  values: readonly unknown[],
  names: readonly string[],
  builders: readonly ColumnBuilder[],
  fits: Uint8Array,
): void {
  const { length } = names;
  const [n0, n1, n2, n3, n4, n5] = names as readonly [string, string, string, string, string, string];
  const [b0, b1, b2, b3, b4, b5] = builders;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as Readonly<Record<string, unknown>>;
    if (typeof value !== 'object' || value === null) {
      putNulls(builders, i);
      continue;
    }
    const v0 = length > 0 ? value[n0] : null;
    const v1 = length > 1 ? value[n1] : null;
    const v2 = length > 2 ? value[n2] : null;
    const v3 = length > 3 ? value[n3] : null;
    const v4 = length > 4 ? value[n4] : null;
    const v5 = length > 5 ? value[n5] : null;
    if (!isPlainObject(value) || !hasNames(value, names)) {
      putNulls(builders, i);
      continue;
    }
    let fit = 1;
    if (b0 !== undefined) fit &= Number(b0.put(i, v0));
    if (b1 !== undefined) fit &= Number(b1.put(i, v1));
    if (b2 !== undefined) fit &= Number(b2.put(i, v2));
    if (b3 !== undefined) fit &= Number(b3.put(i, v3));
    if (b4 !== undefined) fit &= Number(b4.put(i, v4));
    if (b5 !== undefined) fit &= Number(b5.put(i, v5));
    fits[i] = fit;
  }
}

function hasNames(object: object, names: readonly string[]): boolean {
  let i = 0;
  for (const name in object) if (name !== names[i++]) return false;
  return i === names.length;
}
