/** Records as columns in typed arrays, and back: the values are equal, and objects have their properties in order. */
import { columnBuilder } from './column-builders.ts';
import { putRecords } from './put-records.ts';
import { partReader, type RecordColumn, type RowReader } from './record-column.ts';
import type { RecordShape } from './record-shape.ts';

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
  const builders = shape.types.map((type) => columnBuilder(type, values.length));
  const fits = putRecords(values, shape, builders);
  const columns = builders.map((builder) => builder.finish(fits));
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
