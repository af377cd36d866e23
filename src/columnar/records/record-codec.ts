/**
 * Records of a program as batches of a fixed schema, and back: what their columns hold can be read by anybody, what
 * does not fit is bytes. The schema tells everything: after the columns come `$timestamp`, in milliseconds, and a
 * column of whole records, whose name says what the others make: `$value`, `$object` or `$array`.
 */
import { assert } from '../../base/assert.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import {
  BIGINT,
  BOOLEAN,
  BYTES,
  type DataType,
  DOUBLE,
  type Field,
  nullable,
  STRING,
  timestampLtz,
} from '../../types/data-type.ts';
import { Batch, type Column, columnOf } from '../batch.ts';
import { allocateColumns } from '../builder.ts';
import { StringArena } from '../string-arena.ts';
import { copyNumbers, type RecordColumn } from './record-column.ts';
import { type RecordColumns, type Records, toColumns } from './record-columns.ts';
import type { RecordColumnType, RecordShape } from './record-shape.ts';
import { StringDictionary } from './string-dictionary.ts';
import { readIndices, readStrings, readViews, writeStrings } from './strings.ts';

/** Values as bytes, one at a time. */
export interface PlainCodec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

const TYPES: Readonly<Record<RecordColumnType, DataType>> = {
  number: nullable(DOUBLE),
  string: nullable(STRING),
  boolean: nullable(BOOLEAN),
  bigint: nullable(BIGINT),
  date: nullable(timestampLtz(3)),
  plain: nullable(BYTES),
};
const TIMESTAMP = '$timestamp';
/** Microseconds, the physical unit of TIMESTAMP_LTZ(3), in a millisecond. */
const UNIT = 1000;

/** The columns of records of a shape. */
export function recordFields({ kind, names, types }: RecordShape): readonly Field[] {
  return [
    ...names.map((name, i): Field => ({ name, type: TYPES[types[i]!] })),
    { name: TIMESTAMP, type: nullable(BIGINT) },
    { name: `$${kind}`, type: nullable(BYTES) },
  ];
}

/** The shape whose columns these are. */
function shapeOf(fields: readonly Field[]): RecordShape {
  const parts = fields.slice(0, -2);
  const kind = fields.at(-1)!.name.slice(1);
  assert(kind === 'value' || kind === 'object' || kind === 'array', `columns of records end with $${kind}`);
  return { kind, names: parts.map(({ name }) => name), types: parts.map(({ type }) => columnTypeOf(type)) };
}

function columnTypeOf({ kind }: DataType): RecordColumnType {
  const found = Object.entries(TYPES).find(([, type]) => type.kind === kind);
  assert(found !== undefined, `records have no column of ${kind}`);
  return found[0] as RecordColumnType;
}

/** Between records and batches of one schema. */
export class RecordCodec {
  readonly fields: readonly Field[];
  readonly #memory: LinearMemory;
  readonly #shape: RecordShape;
  readonly #plain: PlainCodec;
  readonly #noTimestamp: number;
  /** By part: the strings that were read, while they are few. */
  readonly #dictionaries: StringDictionary[] = [];

  /**
   * @param schema the shape of records to write, or the fields of batches to read
   * @param noTimestamp stands for none among timestamps
   */
  constructor(
    memory: LinearMemory,
    schema: RecordShape | readonly Field[],
    { plain, noTimestamp }: { readonly plain: PlainCodec; readonly noTimestamp: number },
  ) {
    this.#memory = memory;
    this.#shape = 'kind' in schema ? schema : shapeOf(schema);
    this.fields = 'kind' in schema ? recordFields(schema) : schema;
    this.#plain = plain;
    this.#noTimestamp = noTimestamp;
  }

  encode(records: Records): Batch {
    const columns = toColumns(records, this.#shape);
    const memory = this.#memory;
    const { length } = columns;
    const layout = allocateColumns(
      memory,
      this.fields.map(({ type }) => type),
      length,
      false,
    );
    const strings = new StringArena(memory);
    for (const [i, column] of columns.columns.entries()) {
      this.#write(column, length, layout.values[i]!, layout.validity[i]!, strings);
    }
    const at = columns.columns.length;
    this.#writeTimestamps(columns, layout.values[at]!, layout.validity[at]!);
    this.#writeWhole(columns, layout.values[at + 1]!, layout.validity[at + 1]!, strings);
    return new Batch(
      length,
      this.fields.map(({ type }, i) => columnOf(type, layout.values[i]!, layout.validity[i]!)),
      0,
      () => {
        memory.free(layout.block);
        strings.release();
      },
    );
  }

  decode({ rowCount, columns }: Batch): RecordColumns {
    const { kind, names, types } = this.#shape;
    return {
      kind,
      names,
      length: rowCount,
      columns: types.map((type, i) => {
        if (type !== 'string') return this.#read(type, columns[i]!, rowCount);
        return this.#readStrings(i, columns[i]!, rowCount);
      }),
      timestamps: this.#readTimestamps(columns[types.length]!, rowCount),
      whole: this.#readWhole(columns[types.length + 1]!, rowCount),
    };
  }

  #write(column: RecordColumn, rows: number, values: number, validity: number, strings: StringArena): void {
    const { u8, f64, i64 } = this.#memory;
    switch (column.type) {
      case 'dictionary':
        assert(false, 'columns that were decoded are not encoded again');
        break;
      case 'number':
        f64.set(column.values, values >>> 3);
        break;
      case 'boolean':
        u8.set(column.values, values);
        break;
      case 'bigint':
        i64.set(column.values, values >>> 3);
        break;
      case 'date':
        for (let i = 0; i < column.values.length; i++) i64[(values >>> 3) + i] = BigInt(column.values[i]! * UNIT);
        break;
      case 'string':
        writeStrings(this.#memory, column.text, column.ends, values, strings);
        break;
      case 'plain':
        for (let i = 0; i < column.values.length; i++) {
          const part = column.values[i];
          this.#memory.u8[validity + i] = Number(part !== null);
          if (part !== null) this.#memory.i64[(values >>> 3) + i] = strings.appendBytes(this.#plain.encode(part));
        }
        return;
    }
    const { nulls } = column;
    if (nulls === null) this.#memory.fill(validity, 1, rows);
    else for (let i = 0; i < nulls.length; i++) u8[validity + i] = 1 - nulls[i]!;
  }

  #writeTimestamps({ timestamps, length }: RecordColumns, values: number, validity: number): void {
    const { u8, i64 } = this.#memory;
    if (timestamps === null) {
      this.#memory.fill(validity, 0, length);
      this.#memory.fill(values, 0, length * 8);
      return;
    }
    const words = new Int32Array(i64.buffer, values, length * 2);
    for (let i = 0; i < length; i++) {
      const timestamp = timestamps[i]!;
      u8[validity + i] = Number(timestamp !== this.#noTimestamp);
      words[i * 2] = timestamp;
      words[i * 2 + 1] = Math.floor(timestamp / 0x100000000);
    }
  }

  #writeWhole({ whole, length }: RecordColumns, values: number, validity: number, strings: StringArena): void {
    this.#memory.fill(validity, 0, length);
    if (whole === null) return;
    for (const [i, row] of whole.rows.entries()) {
      const view = strings.appendBytes(this.#plain.encode(whole.values[i]));
      this.#memory.u8[validity + row] = 1;
      this.#memory.i64[(values >>> 3) + row] = view;
    }
  }

  #readStrings(part: number, column: Column, rows: number): RecordColumn {
    const nulls = this.#nulls(column, rows);
    this.#dictionaries[part] ??= new StringDictionary();
    const dictionary = this.#dictionaries[part];
    if (dictionary.isUseless) return { type: 'string', ...readStrings(this.#memory, column, rows), nulls };
    const indices = readIndices(this.#memory, column, rows, dictionary);
    return { type: 'dictionary', indices, dictionary: dictionary.strings, nulls };
  }

  #read(type: Exclude<RecordColumnType, 'string'>, column: Column, rows: number): RecordColumn {
    const { values } = column;
    const { u8, f64, i64 } = this.#memory;
    switch (type) {
      case 'number':
        return {
          type,
          values: copyNumbers(f64.subarray(values >>> 3, (values >>> 3) + rows)),
          nulls: this.#nulls(column, rows),
        };
      case 'boolean':
        return { type, values: u8.slice(values, values + rows), nulls: this.#nulls(column, rows) };
      case 'bigint':
        return { type, values: i64.slice(values >>> 3, (values >>> 3) + rows), nulls: this.#nulls(column, rows) };
      case 'date': {
        const times = Float64Array.from(
          i64.subarray(values >>> 3, (values >>> 3) + rows),
          (time) => Number(time) / UNIT,
        );
        return { type, values: times, nulls: this.#nulls(column, rows) };
      }
      case 'plain':
        return { type, values: readViews(this.#memory, column, rows, (bytes) => this.#plain.decode(bytes)) };
    }
  }

  #readTimestamps({ values, validity }: Column, rows: number): Float64Array | null {
    const { u8, i64 } = this.#memory;
    const words = new Int32Array(i64.buffer, values, rows * 2);
    const timestamps = new Float64Array(rows);
    let some = false;
    for (let i = 0; i < rows; i++) {
      if (validity !== 0 && u8[validity + i] === 0) timestamps[i] = this.#noTimestamp;
      else {
        some = true;
        timestamps[i] = words[i * 2 + 1]! * 0x100000000 + (words[i * 2]! >>> 0);
      }
    }
    return some ? timestamps : null;
  }

  #readWhole({ values, validity, ...column }: Column, rows: number): RecordColumns['whole'] {
    const found: number[] = [];
    const { u8 } = this.#memory;
    for (let i = 0; i < rows; i++) if (validity === 0 || u8[validity + i] === 1) found.push(i);
    if (found.length === 0) return null;
    const all = readViews(this.#memory, { ...column, values, validity }, rows, (bytes) => this.#plain.decode(bytes));
    return { rows: found, values: found.map((row) => all[row]) };
  }

  #nulls({ validity }: Column, rows: number): Uint8Array | null {
    if (validity === 0) return null;
    const { u8 } = this.#memory;
    let nulls: Uint8Array | null = null;
    for (let i = 0; i < rows; i++) {
      if (u8[validity + i] === 1) continue;
      nulls ??= new Uint8Array(rows);
      nulls[i] = 1;
    }
    return nulls;
  }
}
