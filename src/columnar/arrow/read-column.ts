/**
 * Buffers of an Arrow record batch as a column of a batch. Values whose width is ours stay where they were read;
 * everything is checked against the ends of its buffer before it is used.
 */
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';
import type { Column } from '../batch.ts';
import { encodeNested } from '../nested.ts';
import { physicalType, WIDTH } from '../physical.ts';
import { valueReader } from '../value-codec.ts';
import { type ArrowField, type ArrowType, sqlType } from './arrow-type.ts';
import type { RecordBatchMessage } from './message.ts';
import type { PackKernels } from './pack.ts';
import type { Scratch } from './scratch.ts';

/** Says what is wrong with the batch. */
export class ColumnDamage extends Error {}

/** Columns of dictionaries by id, and how many values they have. */
export type Dictionaries = ReadonlyMap<number, { readonly column: Column; readonly rowCount: number }>;

const MAX_ROWS = 2 ** 31 - 1;

interface Piece {
  readonly address: number;
  readonly length: number;
}

/** Reads the columns of one record batch in order; nodes and buffers are consumed as it goes. */
export class ColumnReader {
  readonly #memory: LinearMemory;
  readonly #kernels: PackKernels;
  readonly #message: RecordBatchMessage;
  readonly #body: number;
  readonly #bodyLength: number;
  readonly #scratch: Scratch;
  readonly #dictionaries: Dictionaries;
  #node = 0;
  #buffer = 0;

  constructor(
    memory: LinearMemory,
    kernels: PackKernels,
    message: RecordBatchMessage,
    body: number,
    bodyLength: number,
    scratch: Scratch,
    dictionaries: Dictionaries,
  ) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#message = message;
    this.#body = body;
    this.#bodyLength = bodyLength;
    this.#scratch = scratch;
    this.#dictionaries = dictionaries;
  }

  /** Passes over the buffers of a column that is not wanted. */
  skip(field: ArrowField): void {
    this.#node++;
    this.#buffer += field.dictionary === null ? ownBuffers(field.type) : 2;
    if (field.dictionary === null) for (const child of field.children) this.skip(child);
  }

  /** The column of `field` as `type`, with `rows` values. */
  read(field: ArrowField, type: DataType, rows: number): Column {
    const nulls = this.#takeNode(rows);
    const column = (values: number, validity: number): Column => ({
      type,
      physical: physicalType(type),
      values,
      validity,
    });
    if (field.type.name === 'null') {
      const validity = this.#scratch.reserve(rows);
      this.#memory.fill(validity, 0, rows);
      return column(validity, validity);
    }
    const validity = this.#takeValidity(nulls, rows);
    if (nulls > 0 && !type.nullable) throw new ColumnDamage(`${nulls} NULLs in a column that is NOT NULL`);
    if (field.dictionary !== null) return column(this.#gather(field, type, validity, rows), validity);
    if (field.children.length > 0 || physicalIsNested(type)) {
      return column(this.#readNested(field, type, validity, rows), validity);
    }
    return column(this.#readValues(field.type, type, validity, rows), validity);
  }

  #readValues(arrow: ArrowType, type: DataType, validity: number, rows: number): number {
    const physical = physicalType(type);
    if (arrow.name === 'bool') {
      const bits = this.#take((rows + 7) >>> 3);
      const values = this.#scratch.reserve(rows);
      this.#kernels.unpack_bits!(bits.address, values, rows);
      return values;
    }
    if (physical === 'view') return this.#readViews(arrow, rows);
    const stored = storedWidth(arrow);
    const source = this.#take(rows * stored).address;
    const scale = scaleOf(arrow);
    if (stored === WIDTH[physical] && scale === null) return source;
    const values = this.#scratch.reserve(rows * WIDTH[physical]);
    if (stored === 8 && physical === 'i128' && scale === null && !(arrow.name === 'int' && !arrow.signed)) {
      this.#kernels.widen!(source, values, rows);
    } else if (stored === 16 && physical === 'i64') {
      const overflow = this.#kernels.narrow!(source, validity, values, rows) as number;
      if (overflow >= 0) throw new ColumnDamage(`the value of row ${overflow} exceeds its precision`);
    } else {
      this.#convert(arrow, source, stored, values, WIDTH[physical], scale ?? [1n, 1n], rows);
    }
    return values;
  }

  /** Integers of other widths, signs and units, value by value. */
  #convert(
    arrow: ArrowType,
    source: number,
    stored: number,
    target: number,
    width: number,
    [multiply, divide]: readonly [bigint, bigint],
    rows: number,
  ): void {
    const view = this.#memory.dataView;
    const unsigned = arrow.name === 'int' && !arrow.signed;
    for (let i = 0; i < rows; i++) {
      const at = source + i * stored;
      let value = readInteger(view, at, stored, unsigned) * multiply;
      if (divide !== 1n) value = floorDivide(value, divide);
      writeInteger(view, target + i * width, width, value);
    }
  }

  #readViews(arrow: ArrowType, rows: number): number {
    const views = this.#scratch.reserve(rows * 8);
    if (arrow.name === 'fixedBinary') {
      const data = this.#take(rows * arrow.width);
      const u32 = this.#memory.u32;
      for (let i = 0; i < rows; i++) {
        u32[(views >>> 2) + i * 2] = data.address + i * arrow.width;
        u32[(views >>> 2) + i * 2 + 1] = arrow.width;
      }
      return views;
    }
    const offsets = this.#takeOffsets(arrow, rows);
    const data = this.#take(0);
    if (this.#kernels.offsets_to_views!(offsets, data.address, data.length, views, rows) === 0) {
      throw new ColumnDamage('an offset of a string lies outside its buffer');
    }
    return views;
  }

  /** Offsets as 32-bit words, whichever they were; 0 rows may have none. */
  #takeOffsets(arrow: ArrowType, rows: number): number {
    const large = arrow.name === 'largeUtf8' || arrow.name === 'largeBinary' || arrow.name === 'largeList';
    if (rows === 0) {
      this.#take(0);
      const zero = this.#scratch.reserve(4);
      this.#memory.u32[zero >>> 2] = 0;
      return zero;
    }
    const offsets = this.#take((rows + 1) * (large ? 8 : 4)).address;
    if (!large) return offsets;
    const short = this.#scratch.reserve((rows + 1) * 4);
    const u32 = this.#memory.u32;
    for (let i = 0; i <= rows; i++) {
      if (u32[(offsets >>> 2) + i * 2 + 1] !== 0) throw new ColumnDamage('an offset lies outside its buffer');
      u32[(short >>> 2) + i] = u32[(offsets >>> 2) + i * 2]!;
    }
    return short;
  }

  #gather(field: ArrowField, type: DataType, validity: number, rows: number): number {
    const { id, bits, signed } = field.dictionary!;
    const dictionary = this.#dictionaries.get(id);
    if (dictionary === undefined) throw new ColumnDamage(`dictionary ${id} is missing`);
    if (bits !== 8 && bits !== 16 && bits !== 32) throw new ColumnDamage(`dictionary indices have ${bits} bits`);
    const bytes = bits >>> 3;
    const indices = this.#take(rows * bytes).address;
    const width = WIDTH[physicalType(type)];
    const values = this.#scratch.reserve(rows * width);
    const view = this.#memory.dataView;
    const u8 = this.#memory.u8;
    const from = dictionary.column.values;
    for (let i = 0; i < rows; i++) {
      const at = indices + i * bytes;
      const index = bytes === 1 ? u8[at]! : bytes === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
      const valid = validity === 0 || u8[validity + i] !== 0;
      if (!valid) {
        this.#memory.fill(values + i * width, 0, width);
      } else if (index >= dictionary.rowCount || (signed && index >>> (bits - 1) !== 0)) {
        throw new ColumnDamage(`row ${i} has index ${index} of ${dictionary.rowCount} dictionary values`);
      } else {
        this.#memory.copy(values + i * width, from + index * width, width);
      }
    }
    return values;
  }

  /** Lists, structs and maps of other writers: by way of JS values, since our blobs are laid out differently. */
  #readNested(field: ArrowField, type: DataType, validity: number, rows: number): number {
    if (field.type.name === 'binary') return this.#readViews(field.type, rows);
    const read = this.#nestedReader(field, rows);
    const views = this.#scratch.reserve(rows * 8);
    for (let i = 0; i < rows; i++) {
      const valid = validity === 0 || this.#memory.u8[validity + i] !== 0;
      const blob = valid ? encodeNested(read(i), type) : new Uint8Array(0);
      const address = blob.length === 0 ? views : this.#scratch.reserve(blob.length);
      this.#memory.u8.set(blob, address);
      this.#memory.u32[(views >>> 2) + i * 2] = address;
      this.#memory.u32[(views >>> 2) + i * 2 + 1] = blob.length;
    }
    return views;
  }

  /** Own buffers of a nested field, then those of its children; answers the value of a row. */
  #nestedReader(field: ArrowField, rows: number): (row: number) => Value {
    const child = (index: number, count: number): ((row: number) => Value) => {
      const childField = field.children[index];
      if (childField === undefined) throw new ColumnDamage(`a ${field.type.name} without children`);
      const childType = sqlType(childField);
      if (childType === null) throw new ColumnDamage(`the type ${childField.type.name} is not supported`);
      if (childField.children.length === 0 || childField.dictionary !== null) {
        return this.#scalarReader(this.read(childField, childType, count), count);
      }
      const nulls = this.#takeNode(count);
      const validity = this.#takeValidity(nulls, count);
      const read = this.#nestedReader(childField, count);
      return (row) => (validity !== 0 && this.#memory.u8[validity + row] === 0 ? null : read(row));
    };
    switch (field.type.name) {
      case 'struct': {
        const readers = field.children.map((_, i) => child(i, rows));
        return (row) => readers.map((read) => read(row));
      }
      case 'fixedList': {
        const size = field.type.size;
        if (rows * size > MAX_ROWS) throw new ColumnDamage(`lists of ${size} elements`);
        const read = child(0, rows * size);
        return (row) => Array.from({ length: size }, (_, i) => read(row * size + i));
      }
      case 'list':
      case 'largeList':
      case 'map': {
        const offsets = this.#takeOffsets(field.type, rows) >>> 2;
        const count = this.#message.nodes[this.#node * 2] ?? 0;
        for (let i = 0; i < rows; i++) {
          const [start, end] = [this.#memory.u32[offsets + i]!, this.#memory.u32[offsets + i + 1]!];
          if (end < start || end > count) throw new ColumnDamage('an offset of a list lies outside its elements');
        }
        const read = child(0, count);
        return (row) => {
          const start = this.#memory.u32[offsets + row]!;
          return Array.from({ length: this.#memory.u32[offsets + row + 1]! - start }, (_, i) => read(start + i));
        };
      }
      default:
        throw new ColumnDamage(`the type ${field.type.name} has no children`);
    }
  }

  #scalarReader(column: Column, count: number): (row: number) => Value {
    const reader = valueReader(this.#memory, column.type);
    return (row) => {
      if (row >= count || (column.validity !== 0 && this.#memory.u8[column.validity + row] === 0)) return null;
      return reader(column.values + row * WIDTH[column.physical]);
    };
  }

  #takeNode(rows: number): number {
    const { nodes } = this.#message;
    const length = nodes[this.#node * 2];
    const nulls = nodes[this.#node * 2 + 1];
    this.#node++;
    if (length === undefined || nulls === undefined) throw new ColumnDamage('the batch has too few columns');
    if (rows > MAX_ROWS) throw new ColumnDamage(`${rows} rows in one batch`);
    if (length !== rows) throw new ColumnDamage(`the column has ${length} rows and the batch ${rows}`);
    if (nulls < 0 || nulls > rows) throw new ColumnDamage(`${nulls} NULLs in ${rows} rows`);
    return nulls;
  }

  #takeValidity(nulls: number, rows: number): number {
    const bits = this.#take(nulls === 0 ? 0 : (rows + 7) >>> 3);
    if (nulls === 0) return 0;
    const validity = this.#scratch.reserve(rows);
    this.#kernels.unpack_bits!(bits.address, validity, rows);
    return validity;
  }

  /** The next buffer, at least `least` bytes long. */
  #take(least: number): Piece {
    const offset = this.#message.buffers[this.#buffer * 2];
    const length = this.#message.buffers[this.#buffer * 2 + 1];
    this.#buffer++;
    if (offset === undefined || length === undefined) throw new ColumnDamage('the batch has too few buffers');
    if (offset < 0 || length < 0 || offset + length > this.#bodyLength || (offset & 7) !== 0) {
      throw new ColumnDamage(`a buffer lies at ${offset} with ${length} bytes in a body of ${this.#bodyLength}`);
    }
    if (length < least) throw new ColumnDamage(`a buffer has ${length} bytes, but ${least} are needed`);
    return { address: this.#body + offset, length };
  }
}

function physicalIsNested(type: DataType): boolean {
  return type.kind === 'ARRAY' || type.kind === 'MAP' || type.kind === 'MULTISET' || type.kind === 'ROW';
}

/** Buffers of a field itself, without its children: validity first. */
function ownBuffers(type: ArrowType): number {
  switch (type.name) {
    case 'null':
      return 0;
    case 'struct':
    case 'fixedList':
      return 1;
    case 'utf8':
    case 'largeUtf8':
    case 'binary':
    case 'largeBinary':
      return 3;
    default:
      return 2;
  }
}

function storedWidth(type: ArrowType): number {
  switch (type.name) {
    case 'int':
    case 'float':
    case 'decimal':
      return type.bits >>> 3;
    case 'date':
      return type.unit === 'day' ? 4 : 8;
    case 'time':
      return type.unit >= 2 ? 8 : 4;
    case 'interval':
      return type.unit === 'yearMonth' ? 4 : type.unit === 'dayTime' ? 8 : 16;
    default:
      return 8;
  }
}

/** What stored integers are multiplied with and divided by to be in our unit; null where the unit is ours. */
function scaleOf(type: ArrowType): readonly [bigint, bigint] | null {
  switch (type.name) {
    case 'date':
      return type.unit === 'day' ? null : [1n, 86_400_000n];
    case 'timestamp':
      return type.unit === 0 ? [1_000_000n, 1n] : type.unit === 1 ? [1000n, 1n] : null;
    case 'time':
    case 'duration':
      return ([[1000n, 1n], null, [1n, 1000n], [1n, 1_000_000n]] as const)[type.unit];
    default:
      return null;
  }
}

function readInteger(view: DataView, at: number, bytes: number, unsigned: boolean): bigint {
  switch (bytes) {
    case 1:
      return BigInt(unsigned ? view.getUint8(at) : view.getInt8(at));
    case 2:
      return BigInt(unsigned ? view.getUint16(at, true) : view.getInt16(at, true));
    case 4:
      return BigInt(unsigned ? view.getUint32(at, true) : view.getInt32(at, true));
    case 8:
      return unsigned ? view.getBigUint64(at, true) : view.getBigInt64(at, true);
    default:
      return (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true);
  }
}

function writeInteger(view: DataView, at: number, bytes: number, value: bigint): void {
  switch (bytes) {
    case 1:
      view.setInt8(at, Number(BigInt.asIntN(8, value)));
      break;
    case 2:
      view.setInt16(at, Number(BigInt.asIntN(16, value)), true);
      break;
    case 4:
      view.setInt32(at, Number(BigInt.asIntN(32, value)), true);
      break;
    default:
      view.setBigInt64(at, BigInt.asIntN(64, value), true);
      if (bytes === 16) view.setBigInt64(at + 8, BigInt.asIntN(64, value >> 64n), true);
  }
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}
