/** Records as columns in typed arrays, and back: the values are equal, and objects have their properties in order. */
import { isPlainObject, type RecordShape } from './record-shape.ts';

export type RecordColumn =
  /** `nulls`: 1 where the value is null; null: nowhere. Dates are milliseconds since the epoch. */
  | { readonly type: 'number' | 'date'; readonly values: Float64Array; readonly nulls: Uint8Array | null }
  | { readonly type: 'boolean'; readonly values: Uint8Array; readonly nulls: Uint8Array | null }
  | { readonly type: 'bigint'; readonly values: BigInt64Array; readonly nulls: Uint8Array | null }
  | { readonly type: 'string'; readonly values: readonly (string | null)[] }
  | { readonly type: 'plain'; readonly values: readonly unknown[] };

/** Plain data: can be serialized as it is. */
export interface RecordColumns {
  readonly kind: RecordShape['kind'];
  readonly names: readonly string[];
  readonly length: number;
  readonly columns: readonly RecordColumn[];
  /** null: no record has one. */
  readonly timestamps: Float64Array | null;
  /** Records of another shape, by row, in order; their columns are null. */
  readonly whole: { readonly rows: readonly number[]; readonly values: readonly unknown[] } | null;
}

export interface Records {
  readonly values: readonly unknown[];
  readonly timestamps: readonly number[] | null;
}

export function toColumns({ values, timestamps }: Records, shape: RecordShape): RecordColumns {
  const fits = fitting(values, shape);
  const columns = shape.names.map((name, i) => {
    const parts = partsOf(values, fits, shape.kind, name, i);
    return packColumn(shape.types[i]!, parts, fits);
  });
  const rows: number[] = [];
  for (let i = 0; i < values.length; i++) if (fits[i] === 0) rows.push(i);
  return {
    kind: shape.kind,
    names: shape.names,
    length: values.length,
    columns,
    timestamps: timestamps === null ? null : Float64Array.from(timestamps),
    whole: rows.length === 0 ? null : { rows, values: rows.map((row) => values[row]) },
  };
}

export function fromColumns({ kind, names, length, columns, timestamps, whole }: RecordColumns): Records {
  const parts = columns.map(unpackColumn);
  const values = joinParts(kind, names, parts, length);
  if (whole !== null) for (const [i, row] of whole.rows.entries()) values[row] = whole.values[i];
  return { values, timestamps: timestamps === null ? null : Array.from(timestamps) };
}

/** 1 where the record has the parts of the shape; their types are looked at later. */
function fitting(values: readonly unknown[], { kind, names }: RecordShape): Uint8Array {
  const fits = new Uint8Array(values.length);
  if (names.length === 0 && kind === 'value') return fits;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (kind === 'value') fits[i] = 1;
    else if (kind === 'array') fits[i] = Number(Array.isArray(value) && value.length === names.length);
    else fits[i] = Number(isPlainObject(value) && hasNames(value, names));
  }
  return fits;
}

function hasNames(object: object, names: readonly string[]): boolean {
  let i = 0;
  for (const name in object) if (name !== names[i++]) return false;
  return i === names.length;
}

function partsOf(
  values: readonly unknown[],
  fits: Uint8Array,
  kind: RecordShape['kind'],
  name: string,
  index: number,
): readonly unknown[] {
  if (kind === 'value') return values;
  const parts = new Array<unknown>(values.length);
  if (kind === 'array') {
    for (let i = 0; i < parts.length; i++) parts[i] = fits[i] === 0 ? null : (values[i] as unknown[])[index];
  } else {
    for (let i = 0; i < parts.length; i++) {
      parts[i] = fits[i] === 0 ? null : (values[i] as Readonly<Record<string, unknown>>)[name];
    }
  }
  return parts;
}

/** Where a part has another type than its column, the record does not fit. */
function packColumn(type: RecordColumn['type'], parts: readonly unknown[], fits: Uint8Array): RecordColumn {
  switch (type) {
    case 'number': {
      const values = new Float64Array(parts.length);
      const nulls = pack(parts, fits, (part, i) => {
        if (typeof part !== 'number') return false;
        values[i] = part;
        return true;
      });
      return { type, values, nulls };
    }
    case 'date': {
      const values = new Float64Array(parts.length);
      const nulls = pack(parts, fits, (part, i) => {
        if (!(part instanceof Date) || Number.isNaN(part.getTime())) return false;
        values[i] = part.getTime();
        return true;
      });
      return { type, values, nulls };
    }
    case 'boolean': {
      const values = new Uint8Array(parts.length);
      const nulls = pack(parts, fits, (part, i) => {
        if (typeof part !== 'boolean') return false;
        values[i] = Number(part);
        return true;
      });
      return { type, values, nulls };
    }
    case 'bigint': {
      const values = new BigInt64Array(parts.length);
      const nulls = pack(parts, fits, (part, i) => {
        if (typeof part !== 'bigint' || BigInt.asIntN(64, part) !== part) return false;
        values[i] = part;
        return true;
      });
      return { type, values, nulls };
    }
    case 'string': {
      const values = new Array<string | null>(parts.length).fill(null);
      pack(parts, fits, (part, i) => {
        if (typeof part !== 'string') return false;
        values[i] = part;
        return true;
      });
      dropIllFormed(values, fits);
      return { type, values };
    }
    case 'plain': {
      const values = new Array<unknown>(parts.length).fill(null);
      // Nothing stands for undefined: an object that has it is kept whole.
      pack(parts, fits, (part, i) => {
        if (part === undefined) return false;
        values[i] = part;
        return true;
      });
      return { type, values };
    }
  }
}

/** UTF-8 has no form for half a pair of surrogates. The separator keeps two halves from making one. */
function dropIllFormed(values: (string | null)[], fits: Uint8Array): void {
  if (!LONE_SURROGATE.test(values.join('|'))) return;
  for (const [i, value] of values.entries()) {
    if (value === null || !LONE_SURROGATE.test(value)) continue;
    values[i] = null;
    fits[i] = 0;
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** @returns where there are nulls */
function pack(
  parts: readonly unknown[],
  fits: Uint8Array,
  put: (part: unknown, row: number) => boolean,
): Uint8Array | null {
  let nulls: Uint8Array | null = null;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part !== null && fits[i] === 1) {
      if (put(part, i)) continue;
      fits[i] = 0;
    }
    nulls ??= new Uint8Array(parts.length);
    nulls[i] = 1;
  }
  return nulls;
}

function unpackColumn(column: RecordColumn): readonly unknown[] {
  if (column.type === 'string' || column.type === 'plain') return column.values;
  const { nulls, values } = column;
  const parts = new Array<unknown>(values.length);
  if (column.type === 'date') {
    for (let i = 0; i < parts.length; i++) parts[i] = nulls?.[i] === 1 ? null : new Date(column.values[i]!);
  } else if (column.type === 'boolean') {
    for (let i = 0; i < parts.length; i++) parts[i] = nulls?.[i] === 1 ? null : column.values[i] === 1;
  } else if (nulls === null) {
    for (let i = 0; i < parts.length; i++) parts[i] = values[i];
  } else {
    for (let i = 0; i < parts.length; i++) parts[i] = nulls[i] === 1 ? null : values[i];
  }
  return parts;
}

function joinParts(
  kind: RecordShape['kind'],
  names: readonly string[],
  parts: readonly (readonly unknown[])[],
  length: number,
): unknown[] {
  if (kind === 'value') return parts.length === 0 ? new Array<unknown>(length) : parts[0]!.slice();
  const values = new Array<unknown>(length);
  if (kind === 'array') {
    for (let i = 0; i < length; i++) {
      const value = new Array<unknown>(parts.length);
      for (let c = 0; c < parts.length; c++) value[c] = parts[c]![i];
      values[i] = value;
    }
    return values;
  }
  for (let i = 0; i < length; i++) {
    const value: Record<string, unknown> = {};
    for (let c = 0; c < parts.length; c++) value[names[c]!] = parts[c]![i];
    values[i] = value;
  }
  return values;
}
