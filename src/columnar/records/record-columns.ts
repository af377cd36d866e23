/** Records as columns in typed arrays, and back: the values are equal, and objects have their properties in order. */
import { isPlainObject, type RecordShape } from './record-shape.ts';

export type RecordColumn =
  /** `nulls`: 1 where the value is null; null: nowhere. Dates are milliseconds since the epoch. */
  | { readonly type: 'number' | 'date'; readonly values: Float64Array; readonly nulls: Uint8Array | null }
  | { readonly type: 'boolean'; readonly values: Uint8Array; readonly nulls: Uint8Array | null }
  | { readonly type: 'bigint'; readonly values: BigInt64Array; readonly nulls: Uint8Array | null }
  /** All strings one after another, and where each one ends, in UTF-16 units. */
  | { readonly type: 'string'; readonly text: string; readonly ends: Uint32Array; readonly nulls: Uint8Array | null }
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

export function fromColumns(columns: RecordColumns): Records {
  const { length, timestamps } = columns;
  const read = recordReader(columns);
  const values = new Array<unknown>(length);
  for (let row = 0; row < length; row++) values[row] = read(row);
  return { values, timestamps: timestamps === null ? null : Array.from(timestamps) };
}

/** Gives something of a row. */
export type RowReader = (row: number) => unknown;

/**
 * Gives the record of a row.
 *
 * @param parts how its columns are read, if not from where they are
 */
export function recordReader(
  { kind, names, columns, whole }: RecordColumns,
  parts: readonly RowReader[] = columns.map(partReader),
): RowReader {
  const read = joinParts(kind, names, parts);
  if (whole === null) return read;
  const others = new Map(whole.rows.map((row, i) => [row, whole.values[i]]));
  return (row) => (others.has(row) ? others.get(row) : read(row));
}

/** What a column takes in memory. */
export function columnBytes(column: RecordColumn): number {
  if (column.type === 'string') return column.text.length + column.ends.byteLength;
  return column.type === 'plain' ? column.values.length * OBJECT_BYTES : column.values.byteLength;
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
      let nulls = pack(parts, fits, (part, i) => {
        if (typeof part !== 'string') return false;
        values[i] = part;
        return true;
      });
      nulls = dropIllFormed(values, fits, nulls);
      const ends = new Uint32Array(values.length);
      let end = 0;
      for (let i = 0; i < values.length; i++) {
        end += values[i]?.length ?? 0;
        ends[i] = end;
      }
      return { type, text: values.join(''), ends, nulls };
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
function dropIllFormed(values: (string | null)[], fits: Uint8Array, nulls: Uint8Array | null): Uint8Array | null {
  if (!LONE_SURROGATE.test(values.join('|'))) return nulls;
  const all = nulls ?? new Uint8Array(values.length);
  for (const [i, value] of values.entries()) {
    if (value === null || !LONE_SURROGATE.test(value)) continue;
    values[i] = null;
    fits[i] = 0;
    all[i] = 1;
  }
  return all;
}

/** A guess at what an object of the heap takes. */
export const OBJECT_BYTES = 200;

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

export function partReader(column: RecordColumn): RowReader {
  switch (column.type) {
    case 'string': {
      const { text, ends, nulls } = column;
      return (row) => (nulls?.[row] === 1 ? null : text.substring(row === 0 ? 0 : ends[row - 1]!, ends[row]!));
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

function joinParts(kind: RecordShape['kind'], names: readonly string[], parts: readonly RowReader[]): RowReader {
  if (kind === 'value') return parts[0] ?? (() => undefined);
  if (kind === 'array') {
    return (row) => {
      const value = new Array<unknown>(parts.length);
      for (let i = 0; i < parts.length; i++) value[i] = parts[i]!(row);
      return value;
    };
  }
  return objectReader(names.map(asPropertyName), parts);
}

/** The same name as objects have it: V8 looks up one that was read from a file each time that it is used. */
function asPropertyName(name: string): string {
  return Object.keys({ [name]: 0 })[0]!;
}

/** One literal makes an object in a quarter of the time that adding property after property takes. */
function objectReader(names: readonly string[], parts: readonly RowReader[]): RowReader {
  const [n0, n1, n2, n3, n4, n5] = names as readonly [string, string, string, string, string, string];
  const [p0, p1, p2, p3, p4, p5] = parts as readonly [RowReader, RowReader, RowReader, RowReader, RowReader, RowReader];
  switch (names.length) {
    case 1:
      return (row) => ({ [n0]: p0(row) });
    case 2:
      return (row) => ({ [n0]: p0(row), [n1]: p1(row) });
    case 3:
      return (row) => ({ [n0]: p0(row), [n1]: p1(row), [n2]: p2(row) });
    case 4:
      return (row) => ({ [n0]: p0(row), [n1]: p1(row), [n2]: p2(row), [n3]: p3(row) });
    case 5:
      return (row) => ({ [n0]: p0(row), [n1]: p1(row), [n2]: p2(row), [n3]: p3(row), [n4]: p4(row) });
    case 6:
      return (row) => ({
        [n0]: p0(row),
        [n1]: p1(row),
        [n2]: p2(row),
        [n3]: p3(row),
        [n4]: p4(row),
        [n5]: p5(row),
      });
    default:
      return (row) => {
        const value: Record<string, unknown> = {};
        for (let i = 0; i < parts.length; i++) value[names[i]!] = parts[i]!(row);
        return value;
      };
  }
}
