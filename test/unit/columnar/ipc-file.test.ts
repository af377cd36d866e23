import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as arrow from 'apache-arrow';
import { afterAll, expect, test } from 'vitest';
import { EngineError } from '../../../src/base/errors.ts';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { BytesFile } from '../../../src/columnar/arrow/bytes-file.ts';
import { fromArrowTable, fromIpcBytes } from '../../../src/columnar/arrow/from-arrow.ts';
import { IpcFileReader, IpcFileWriter } from '../../../src/columnar/arrow/ipc-file.ts';
import { toArrowTable, toIpcBytes } from '../../../src/columnar/arrow/to-arrow.ts';
import type { Batch } from '../../../src/columnar/batch.ts';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import { RowReader } from '../../../src/columnar/row-reader.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import type { DataType, Field } from '../../../src/types/data-type.ts';
import * as types from '../../../src/types/data-type.ts';
import { RowKind } from '../../../src/types/row-kind.ts';
import type { Value } from '../../../src/types/value.ts';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-ipc-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));

const opt = (type: DataType): DataType => types.nullable(type);
const FIELDS: readonly Field[] = [
  { name: 'id', type: types.INT },
  { name: 'flag', type: opt(types.BOOLEAN) },
  { name: 'tiny', type: opt(types.TINYINT) },
  { name: 'small', type: opt(types.SMALLINT) },
  { name: 'big', type: opt(types.BIGINT) },
  { name: 'real', type: opt(types.FLOAT) },
  { name: 'double', type: opt(types.DOUBLE) },
  { name: 'price', type: opt(types.decimal(10, 2)) },
  { name: 'wide', type: opt(types.decimal(38, 4)) },
  { name: 'day', type: opt(types.DATE) },
  { name: 'time', type: opt(types.time(0)) },
  { name: 'ts3', type: opt(types.timestamp(3)) },
  { name: 'ts9', type: opt(types.timestamp(9)) },
  { name: 'ltz', type: opt(types.timestampLtz(3)) },
  { name: 'name', type: opt(types.STRING) },
  { name: 'bytes', type: opt(types.BYTES) },
  { name: 'months', type: opt(types.INTERVAL_YEAR_MONTH) },
  { name: 'span', type: opt(types.INTERVAL_DAY_TIME) },
  { name: 'list', type: opt(types.array(opt(types.INT))) },
];
const FIRST: readonly Value[] = [
  1,
  true,
  -5,
  -300,
  1n << 40n,
  1.5,
  -2.25,
  1250n,
  -(10n ** 30n),
  19000,
  3_600_000,
  1_700_000_000_123_000_000n,
  1_700_000_000_123_456_789n,
  -1_000_000n,
  'grüße',
  Uint8Array.of(0, 255),
  14,
  -90_000n,
  [1, null, 3],
];

const memory = new LinearMemory();

function batchOf(fields: readonly Field[], rows: readonly (readonly Value[])[], kinds?: readonly RowKind[]): Batch {
  const builder = new BatchBuilder(
    memory,
    fields.map((field) => field.type),
    Math.max(rows.length, 1),
    kinds !== undefined,
  );
  rows.forEach((row, i) => {
    builder.append(row, kinds?.[i] ?? RowKind.INSERT);
  });
  return builder.finish();
}

function rowsOf(fields: readonly Field[], batch: Batch): Value[][] {
  const reader = new RowReader(
    memory,
    fields.map((field) => field.type),
  );
  return Array.from({ length: batch.rowCount }, (_, i) => reader.row(batch, i));
}

const rowNumber = (i: number): Value[] =>
  FIRST.map((value, column) => (column === 0 ? i : (i * 7 + column) % 5 === 0 ? null : value));

for (const layout of ['plain', 'compact'] as const) {
  test(`every type survives a ${layout} file`, () => {
    const file = nodeFileSystem.open(path.join(directory, `${layout}.arrow`), 'write');
    const before = memory.statistics.used;
    const writer = new IpcFileWriter(file, memory, FIELDS, { layout, withSums: true });
    const batches = [[FIRST], Array.from({ length: 1001 }, (_, i) => rowNumber(i)), []];
    const ranges = batches.map((rows) => {
      const batch = batchOf(FIELDS, rows);
      const range = writer.write(batch);
      batch.release();
      return range;
    });
    expect(writer.finish()).toBe(file.size());
    const reader = IpcFileReader.open(file, memory);
    expect(reader.fields).toEqual(FIELDS);
    expect(reader.batchCount).toBe(3);
    for (const i of [2, 0, 1]) {
      const batch = reader.readBatch(i);
      expect(rowsOf(FIELDS, batch)).toEqual(batches[i]);
      batch.release();
    }
    const chosen = reader.readBatch(1, [14, 0]);
    expect(rowsOf([FIELDS[14]!, FIELDS[0]!], chosen)).toEqual(batches[1]!.map((row) => [row[14], row[0]]));
    chosen.release();
    const again = reader.readRange(ranges[1]!);
    expect(rowsOf(FIELDS, again)).toEqual(batches[1]);
    again.release();
    const wrong = { ...ranges[1]!, checksum: ranges[0]!.checksum };
    expect(() => reader.readRange(wrong)).toThrow(/damaged/);
    reader.close();
    file.close();
    expect(memory.statistics.used).toBe(before);
  });
}

test('apache-arrow reads our files', async () => {
  const rows = Array.from({ length: 100 }, (_, i) => rowNumber(i));
  const batch = batchOf(FIELDS, rows);
  const table = await toArrowTable(memory, FIELDS, [batch, batch]);
  expect(table.numRows).toBe(200);
  expect(table.schema.fields.map((field) => `${field.name}:${field.type}`)).toEqual([
    'id:Int32',
    'flag:Bool',
    'tiny:Int8',
    'small:Int16',
    'big:Int64',
    'real:Float32',
    'double:Float64',
    'price:Decimal[10e+2]',
    'wide:Decimal[38e+4]',
    'day:Date32<DAY>',
    'time:Time32<MILLISECOND>',
    'ts3:Timestamp<MICROSECOND>',
    'ts9:Timestamp<NANOSECOND>',
    'ltz:Timestamp<MICROSECOND, UTC>',
    'name:Utf8',
    'bytes:Binary',
    'months:Interval<YEAR_MONTH>',
    'span:Duration<MILLISECOND>',
    'list:Binary',
  ]);
  for (const name of ['id', 'flag', 'tiny', 'small', 'big', 'real', 'double', 'name']) {
    const column = FIELDS.findIndex((field) => field.name === name);
    expect([...table.getChild(name)!].slice(100)).toEqual(rows.map((row) => row[column]));
  }
  expect(table.getChild('price')!.nullCount).toBe(2 * rows.filter((row) => row[7] === null).length);
  batch.release();
});

test('row kinds are a column of the file', () => {
  const fields: readonly Field[] = [{ name: 'a', type: types.INT }];
  const kinds = [RowKind.INSERT, RowKind.UPDATE_BEFORE, RowKind.UPDATE_AFTER, RowKind.DELETE];
  const batch = batchOf(fields, [[1], [1], [2], [2]], kinds);
  const table = fromIpcBytes(memory, toIpcBytes(memory, fields, [batch]));
  expect(table.fields).toEqual(fields);
  const reader = new RowReader(memory, [types.INT]);
  expect(kinds.map((_, i) => reader.kind(table.batches[0]!, i))).toEqual(kinds);
});

test('tables of apache-arrow come in: dictionaries, lists, structs, maps, unsigned and other units', async () => {
  const table = new arrow.Table({
    word: arrow.vectorFromArray(['a', 'b', null, 'a'], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8())),
    list: arrow.vectorFromArray(
      [[1, 2], [], null, [3]],
      new arrow.List(new arrow.Field('item', new arrow.Int32(), true)),
    ),
    pair: arrow.vectorFromArray(
      [{ x: 1.5, y: 'p' }, { x: 2.5, y: null }, null, { x: 0, y: 'q' }],
      new arrow.Struct([new arrow.Field('x', new arrow.Float64(), true), new arrow.Field('y', new arrow.Utf8(), true)]),
    ),
    unsigned: arrow.vectorFromArray([0, 4294967295, null, 7], new arrow.Uint32()),
    millis: arrow.vectorFromArray([0, 1000, null, -1], new arrow.TimestampMillisecond()),
  });
  const { fields, batches } = await fromArrowTable(memory, table);
  expect(fields.map((field) => field.type.kind)).toEqual(['VARCHAR', 'ARRAY', 'ROW', 'BIGINT', 'TIMESTAMP']);
  expect(rowsOf(fields, batches[0]!)).toEqual([
    ['a', [1, 2], [1.5, 'p'], 0n, 0n],
    ['b', [], [2.5, null], 4294967295n, 1_000_000_000n],
    [null, null, null, null, null],
    ['a', [3], [0, 'q'], 7n, -1_000_000n],
  ]);
});

test('a damaged file is an error that names it, or rows, never a crash', () => {
  const batch = batchOf(
    FIELDS,
    Array.from({ length: 20 }, (_, i) => rowNumber(i)),
  );
  const whole = toIpcBytes(memory, FIELDS, [batch, batch]);
  const random = seededRandom(42);
  const before = memory.statistics.used;
  let errors = 0;
  for (let round = 0; round < 1500; round++) {
    const bytes = round % 3 === 0 ? whole.slice(0, random.below(whole.length)) : whole.slice();
    for (let i = 0; i < 3 && bytes.length > 0; i++) bytes[random.below(bytes.length)] = random.below(256);
    try {
      const reader = IpcFileReader.open(new BytesFile(bytes, 'x.arrow'), memory);
      for (let i = 0; i < reader.batchCount; i++) {
        reader.rowCount(i);
        reader.readBatch(i).release();
      }
      reader.close();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      errors++;
      expect(['DATA-ARROW', 'NOT-SUPPORTED']).toContain(error.code);
      expect(error.message).toContain('x.arrow');
    }
  }
  expect(errors).toBeGreaterThan(500);
  expect(memory.statistics.used).toBe(before);
});
