/**
 * Arrow's metadata: schemas, record batches and the footer of a file, between plain data and FlatBuffers.
 *
 * Source: "Arrow Columnar Format", sections "Serialization and Interprocess Communication" and "IPC File Format".
 */
import { assert } from '../../base/assert.ts';
import type { ArrowField, ArrowType, TimeUnit } from './arrow-type.ts';
import { FlatBufferError, FlatBufferWriter, type FlatTable } from './flatbuffer.ts';

/** Where a message lies in the file: in bytes. */
export interface Block {
  readonly offset: number;
  readonly metadataLength: number;
  readonly bodyLength: number;
}

export interface RecordBatchMessage {
  readonly rowCount: number;
  /** Length and null count of every field, depth first. */
  readonly nodes: readonly number[];
  /** Offset in the body and length of every buffer. */
  readonly buffers: readonly number[];
  readonly compressed: boolean;
}

export interface Footer {
  readonly fields: readonly ArrowField[];
  readonly dictionaries: readonly Block[];
  readonly batches: readonly Block[];
  /** Whatever the writer wants to say of the file. */
  readonly metadata: ReadonlyMap<string, string>;
}

const VERSION_5 = 4;
const HEADER_SCHEMA = 1;
const HEADER_DICTIONARY = 2;
const HEADER_BATCH = 3;
const MAX_DEPTH = 32;

/** Numbers of the union `Type`. */
const TYPE_NUMBERS: Readonly<Record<ArrowType['name'], number>> = {
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  interval: 11,
  list: 12,
  struct: 13,
  fixedBinary: 15,
  fixedList: 16,
  map: 17,
  duration: 18,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
};
const INTERVAL_UNITS = ['yearMonth', 'dayTime', 'monthDayNano'] as const;

/** The message that opens a file or stream. */
export function schemaMessage(fields: readonly ArrowField[]): Uint8Array {
  const writer = new FlatBufferWriter();
  const schema = writeSchema(writer, fields);
  return writer.finish(writeMessage(writer, HEADER_SCHEMA, schema, 0));
}

export function recordBatchMessage(batch: RecordBatchMessage, bodyLength: number): Uint8Array {
  const writer = new FlatBufferWriter(256 + (batch.nodes.length + batch.buffers.length) * 8);
  const buffers = writer.structs(batch.buffers, 2);
  const nodes = writer.structs(batch.nodes, 2);
  writer.startTable(4);
  writer.int64(0, batch.rowCount);
  writer.offset(1, nodes);
  writer.offset(2, buffers);
  const header = writer.endTable();
  return writer.finish(writeMessage(writer, HEADER_BATCH, header, bodyLength));
}

export function footerBytes(footer: Footer): Uint8Array {
  const writer = new FlatBufferWriter(4096);
  const words = (blocks: readonly Block[]): number[] =>
    blocks.flatMap((block) => [block.offset, block.metadataLength, block.bodyLength]);
  const batches = writer.structs(words(footer.batches), 3);
  const dictionaries = writer.structs(words(footer.dictionaries), 3);
  const schema = writeSchema(writer, footer.fields);
  const metadata = writeKeyValues(writer, footer.metadata);
  writer.startTable(5);
  writer.int16(0, VERSION_5);
  writer.offset(1, schema);
  writer.offset(2, dictionaries);
  writer.offset(3, batches);
  writer.offset(4, metadata);
  return writer.finish(writer.endTable());
}

function writeMessage(writer: FlatBufferWriter, kind: number, header: number, bodyLength: number): number {
  writer.startTable(4);
  writer.int16(0, VERSION_5);
  writer.int8(1, kind);
  writer.offset(2, header);
  writer.int64(3, bodyLength);
  return writer.endTable();
}

function writeSchema(writer: FlatBufferWriter, fields: readonly ArrowField[]): number {
  const vector = writer.offsets(fields.map((field) => writeField(writer, field)));
  writer.startTable(2);
  writer.int16(0, 0);
  writer.offset(1, vector);
  return writer.endTable();
}

function writeField(writer: FlatBufferWriter, field: ArrowField): number {
  assert(field.dictionary === null, 'we write no dictionaries');
  const children = writer.offsets(field.children.map((child) => writeField(writer, child)));
  const metadata = writeKeyValues(writer, field.metadata);
  const name = writer.string(field.name);
  const type = writeType(writer, field.type);
  writer.startTable(7);
  writer.offset(0, name);
  writer.int8(1, field.nullable ? 1 : 0);
  writer.int8(2, TYPE_NUMBERS[field.type.name]);
  writer.offset(3, type);
  writer.offset(5, children);
  writer.offset(6, metadata);
  return writer.endTable();
}

function writeKeyValues(writer: FlatBufferWriter, values: ReadonlyMap<string, string>): number {
  return writer.offsets(
    [...values].map(([key, value]) => {
      const keyOffset = writer.string(key);
      const valueOffset = writer.string(value);
      writer.startTable(2);
      writer.offset(0, keyOffset);
      writer.offset(1, valueOffset);
      return writer.endTable();
    }),
  );
}

function readKeyValues(table: FlatTable, slot: number): ReadonlyMap<string, string> {
  return new Map(table.tables(slot).map((entry) => [entry.string(0) ?? '', entry.string(1) ?? '']));
}

function writeType(writer: FlatBufferWriter, type: ArrowType): number {
  const timezone = type.name === 'timestamp' && type.timezone !== null ? writer.string(type.timezone) : 0;
  writer.startTable(3);
  switch (type.name) {
    case 'int':
      writer.int32(0, type.bits);
      writer.int8(1, type.signed ? 1 : 0);
      break;
    case 'float':
      writer.int16(0, type.bits === 16 ? 0 : type.bits === 32 ? 1 : 2);
      break;
    case 'decimal':
      writer.int32(0, type.precision);
      writer.int32(1, type.scale);
      writer.int32(2, type.bits);
      break;
    case 'date':
      writer.int16(0, type.unit === 'day' ? 0 : 1);
      break;
    case 'time':
      writer.int16(0, type.unit);
      writer.int32(1, type.unit >= 2 ? 64 : 32);
      break;
    case 'timestamp':
      writer.int16(0, type.unit);
      if (timezone !== 0) writer.offset(1, timezone);
      break;
    case 'interval':
      writer.int16(0, INTERVAL_UNITS.indexOf(type.unit));
      break;
    case 'duration':
      writer.int16(0, type.unit);
      break;
    case 'fixedBinary':
      writer.int32(0, type.width);
      break;
    case 'fixedList':
      writer.int32(0, type.size);
      break;
    default:
      break;
  }
  return writer.endTable();
}

/** @throws FlatBufferError when the bytes are no footer. */
export function readFooter(root: FlatTable): Footer {
  const schema = root.table(1);
  if (schema === null) throw new FlatBufferError('the footer has no schema');
  if (schema.int16(0) !== 0) throw new FlatBufferError('the numbers are big-endian, which is not supported');
  return {
    fields: schema.tables(1).map((field) => readField(field, 0)),
    dictionaries: readBlocks(root, 2),
    batches: readBlocks(root, 3),
    metadata: readKeyValues(root, 4),
  };
}

/** A record batch, or the batch inside a dictionary batch with the dictionary's id. */
export function readBatchMessage(root: FlatTable): RecordBatchMessage & { readonly dictionary: number | null } {
  const kind = root.int8(1);
  const header = root.table(2);
  if (header === null || (kind !== HEADER_BATCH && kind !== HEADER_DICTIONARY)) {
    throw new FlatBufferError('the message is no record batch');
  }
  const batch = kind === HEADER_BATCH ? header : header.table(1);
  if (batch === null) throw new FlatBufferError('the dictionary has no batch');
  if (kind === HEADER_DICTIONARY && header.int8(2) !== 0) {
    throw new FlatBufferError('the dictionary is a delta, which is not supported');
  }
  return {
    rowCount: batch.int64(0),
    nodes: batch.words(1, 2),
    buffers: batch.words(2, 2),
    compressed: batch.table(3) !== null,
    dictionary: kind === HEADER_BATCH ? null : header.int64(0),
  };
}

function readBlocks(root: FlatTable, slot: number): Block[] {
  const words = root.words(slot, 3);
  const blocks: Block[] = [];
  for (let i = 0; i < words.length; i += 3) {
    blocks.push({ offset: words[i]!, metadataLength: words[i + 1]! % 4294967296, bodyLength: words[i + 2]! });
  }
  return blocks;
}

function readField(field: FlatTable, depth: number): ArrowField {
  if (depth > MAX_DEPTH) throw new FlatBufferError(`types are nested more than ${MAX_DEPTH} deep`);
  const dictionary = field.table(4);
  const indexType = dictionary?.table(1) ?? null;
  const number = field.int8(2);
  return {
    name: field.string(0) ?? '',
    nullable: field.int8(1) !== 0,
    type: readType(number, field.table(3)),
    children: field.tables(5).map((child) => readField(child, depth + 1)),
    dictionary:
      dictionary === null
        ? null
        : { id: dictionary.int64(0), bits: indexType?.int32(0, 32) ?? 32, signed: (indexType?.int8(1, 1) ?? 1) !== 0 },
    metadata: readKeyValues(field, 6),
  };
}

function readType(number: number, table: FlatTable | null): ArrowType {
  const name = (Object.keys(TYPE_NUMBERS) as ArrowType['name'][]).find((key) => TYPE_NUMBERS[key] === number);
  if (name === undefined || table === null) throw new FlatBufferError(`Arrow type number ${number} is not supported`);
  switch (name) {
    case 'int':
      return { name, bits: table.int32(0), signed: table.int8(1) !== 0 };
    case 'float':
      return { name, bits: [16, 32, 64][table.int16(0)] ?? 16 };
    case 'decimal':
      return { name, precision: table.int32(0), scale: table.int32(1), bits: table.int32(2, 128) };
    case 'date':
      return { name, unit: table.int16(0, 1) === 0 ? 'day' : 'millisecond' };
    case 'time':
      return { name, unit: timeUnit(table.int16(0, 1)) };
    case 'timestamp':
      return { name, unit: timeUnit(table.int16(0)), timezone: table.string(1) };
    case 'duration':
      return { name, unit: timeUnit(table.int16(0, 1)) };
    case 'interval':
      return { name, unit: INTERVAL_UNITS[table.int16(0)] ?? 'monthDayNano' };
    case 'fixedBinary':
      return { name, width: table.int32(0) };
    case 'fixedList':
      return { name, size: table.int32(0) };
    default:
      return { name };
  }
}

function timeUnit(value: number): TimeUnit {
  if (value < 0 || value > 3) throw new FlatBufferError(`time unit ${value}`);
  return value as TimeUnit;
}
