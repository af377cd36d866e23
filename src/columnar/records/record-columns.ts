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
  { kind, names, columns, whole }: Pick<RecordColumns, 'kind' | 'names' | 'columns' | 'whole'>,
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
  const { length } = parts;
  let nulls: Uint8Array | null = null;
  const skip = (row: number): void => {
    if (parts[row] !== null) fits[row] = 0;
    nulls ??= new Uint8Array(length);
    nulls[row] = 1;
  };
  switch (type) {
    case 'number': {
      const values = new Float64Array(length);
      for (let i = 0; i < length; i++) {
        const part = parts[i];
        if (typeof part === 'number') values[i] = part;
        else skip(i);
      }
      return { type, values, nulls };
    }
    case 'date': {
      const values = new Float64Array(length);
      for (let i = 0; i < length; i++) {
        const part = parts[i];
        if (part instanceof Date && !Number.isNaN(part.getTime())) values[i] = part.getTime();
        else skip(i);
      }
      return { type, values, nulls };
    }
    case 'boolean': {
      const values = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        const part = parts[i];
        if (typeof part === 'boolean') values[i] = Number(part);
        else skip(i);
      }
      return { type, values, nulls };
    }
    case 'bigint': {
      const values = new BigInt64Array(length);
      for (let i = 0; i < length; i++) {
        const part = parts[i];
        if (typeof part === 'bigint' && BigInt.asIntN(64, part) === part) values[i] = part;
        else skip(i);
      }
      return { type, values, nulls };
    }
    case 'string':
      return { type, ...joinStrings(parts, skip), nulls };
    case 'plain': {
      const values = new Array<unknown>(length).fill(null);
      // Nothing stands for undefined: an object that has it is kept whole.
      for (let i = 0; i < length; i++) {
        const part = parts[i];
        if (part !== null && part !== undefined) values[i] = part;
        else skip(i);
      }
      return { type, values };
    }
  }
}

/** @param skip called for what is no string, and for half a pair of surrogates, for which UTF-8 has no form */
function joinStrings(
  parts: readonly unknown[],
  skip: (row: number) => void,
): { readonly text: string; readonly ends: Uint32Array } {
  let strings = parts as readonly string[];
  const drop = (row: number): void => {
    skip(row);
    if (strings === parts) strings = [...strings];
    (strings as string[])[row] = '';
  };
  for (let i = 0; i < parts.length; i++) if (typeof parts[i] !== 'string') drop(i);
  let text = strings.join('');
  if (SURROGATE.test(text)) {
    for (let i = 0; i < parts.length; i++) if (LONE_SURROGATE.test(strings[i]!)) drop(i);
    text = strings.join('');
  }
  const ends = new Uint32Array(parts.length);
  let end = 0;
  for (let i = 0; i < parts.length; i++) {
    end += strings[i]!.length;
    ends[i] = end;
  }
  return { text, ends };
}

/** A guess at what an object of the heap takes. */
export const OBJECT_BYTES = 200;

const SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

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
