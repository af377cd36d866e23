/** Files written by DuckDB, against what DuckDB says is in them. */
import * as fs from 'node:fs';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeFileSystem } from '../../../../src/base/fs.ts';
import { parquetFormat } from '../../../../src/connectors/formats/parquet/index.ts';
import type { Field } from '../../../../src/types/data-type.ts';
import * as types from '../../../../src/types/data-type.ts';
import { printType } from '../../../../src/types/print.ts';
import type { Value } from '../../../../src/types/value.ts';
import { context, memory, readFile, temporaryDirectory, writeFile } from './context.ts';

const parquet = parquetFormat();

const directory = temporaryDirectory();
let duck: DuckDBConnection;
beforeAll(async () => {
  duck = await (await DuckDBInstance.create(':memory:')).connect();
  await duck.run(`CREATE TABLE t AS SELECT
    i::INT AS id,
    i::BIGINT * 1000000007 AS big,
    (i % 100)::TINYINT AS tiny,
    (i % 5000)::SMALLINT AS small,
    (i % 200)::UTINYINT AS ubyte,
    i::UINTEGER AS uint,
    (i * 0.5)::FLOAT AS real,
    i / 7 AS dbl,
    i % 3 = 0 AS flag,
    (i * 1.01)::DECIMAL(9, 2) AS d9,
    (i * 100.001)::DECIMAL(18, 3) AS d18,
    (i * 1000000000000.001)::DECIMAL(38, 3) AS d38,
    DATE '1969-12-01' + (i % 1000)::INT AS day,
    TIME '10:00:00' + INTERVAL (i % 3000) SECOND AS clock,
    TIMESTAMP '1969-12-31 23:59:59.5' + INTERVAL (i * 1001) MILLISECOND AS ts,
    (TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND)::TIMESTAMP_MS AS ts_ms,
    (TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND)::TIMESTAMP_NS AS ts_ns,
    (TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND)::TIMESTAMPTZ AS ltz,
    'city ' || (i % 17) AS city,
    'row number ' || i || repeat('x', (i % 40)::INT) AS text,
    ('b' || i)::BLOB AS blob
    FROM range(9000) r(i)`);
  const columns = (await duck.runAndReadAll('SELECT column_name FROM (DESCRIBE t)')).getRows().map(([name]) => name);
  await duck.run(
    `CREATE TABLE n AS SELECT ${columns
      .map(
        (name, i) =>
          `CASE WHEN id % ${3 + (i % 7)} = 0 OR id BETWEEN ${i * 150} AND ${i * 150 + 1200} THEN NULL ELSE ${name} END AS ${name}`,
      )
      .join(', ')} FROM t`,
  );
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

const TYPES = [
  'id INT',
  'big BIGINT',
  'tiny TINYINT',
  'small SMALLINT',
  'ubyte SMALLINT',
  'uint BIGINT',
  'real FLOAT',
  'dbl DOUBLE',
  'flag BOOLEAN',
  'd9 DECIMAL(9, 2)',
  'd18 DECIMAL(18, 3)',
  'd38 DECIMAL(38, 3)',
  'day DATE',
  'clock TIME(3)',
  'ts TIMESTAMP(6)',
  'ts_ms TIMESTAMP(3)',
  'ts_ns TIMESTAMP(9)',
  'ltz TIMESTAMP_LTZ(6)',
  'city STRING',
  'text STRING',
  'blob BYTES',
];

/** What DuckDB has, as values of ours. */
async function expected(table: string): Promise<Value[][]> {
  const micros = (name: string): string => `epoch_us(${name}) * 1000`;
  const query = `SELECT id, big, tiny, small, ubyte, uint::BIGINT, real, dbl, flag, (d9 * 100)::BIGINT,
    (d18 * 1000)::BIGINT, (d38 * 1000)::DECIMAL(38, 0)::HUGEINT, day - DATE '1970-01-01',
    epoch_ms(clock), ${micros('ts')}, ${micros('ts_ms')}, ${micros('ts_ns')}, ${micros('ltz')},
    city, text, blob::VARCHAR FROM ${table}`;
  const rows = (await duck.runAndReadAll(query)).getRows();
  return rows.map((row) =>
    row.map((value, i): Value => {
      if (value === null) return null;
      if (i === 20) return Uint8Array.from(Buffer.from(value as string));
      return [4, 12, 13].includes(i) ? Number(value) : (value as Value);
    }),
  );
}

const VARIANTS = {
  default: '',
  uncompressed: 'COMPRESSION uncompressed',
  'lz4, small row groups': 'COMPRESSION lz4_raw, ROW_GROUP_SIZE 2048',
  zstd: 'COMPRESSION zstd',
  'version 2, zstd at its best': 'PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 19',
  'version 2': 'PARQUET_VERSION v2',
  'version 2, gzip': 'PARQUET_VERSION v2, COMPRESSION gzip, ROW_GROUP_SIZE 4096',
  'no dictionaries': 'DICTIONARY_SIZE_LIMIT 1, COMPRESSION snappy',
  'version 2 without dictionaries': 'PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1',
};
for (const [name, options] of Object.entries(VARIANTS)) {
  for (const table of ['t', 'n']) {
    test(`${table === 't' ? 'values' : 'values and NULLs'}: ${name}`, async () => {
      const path = `${directory}/${table}.parquet`;
      await duck.run(`COPY ${table} TO '${path}' (FORMAT parquet${options === '' ? '' : `, ${options}`})`);
      const before = memory.statistics.used;
      const handle = nodeFileSystem.open(path, 'read');
      const fields = parquet.inferFields!(handle, {});
      expect(fields.map((field) => `${field.name} ${printType(field.type)}`)).toEqual(TYPES);
      const wanted = await expected(table);
      const rows = readFile(parquet, path);
      expect(rows.length).toBe(wanted.length);
      for (let i = 0; i < rows.length; i += i < 100 ? 1 : 37) expect(rows[i]).toEqual(wanted[i]);
      for (let column = 0; column < fields.length; column += 1) {
        const differs = rows.findIndex((row, i) => String(row[column]) !== String(wanted[i]![column]));
        expect(differs < 0 ? null : [fields[column]!.name, differs, rows[differs]![column]]).toBe(null);
      }
      handle.close();
      expect(memory.statistics.used).toBe(before);
    });
  }
}

const field = (name: string, type: types.DataType): Field => ({ name, type: types.nullable(type) });

test('a file that was written anew is seen, also with as many bytes', async () => {
  const path = `${directory}/anew.parquet`;
  for (const name of ['a', 'b']) {
    await duck.run(`COPY (SELECT 1 AS ${name}) TO '${path}' (FORMAT parquet)`);
    const file = nodeFileSystem.open(path, 'read');
    expect(parquet.inferFields!(file, {}).map((one) => one.name)).toEqual([name]);
    file.close();
  }
});

test('statistics are those of the file as it is, by the type that is asked for', async () => {
  const path = `${directory}/renewed.parquet`;
  for (const value of [1, 2]) {
    await duck.run(`COPY (SELECT ${value}::INT AS a) TO '${path}' (FORMAT parquet)`);
    const file = nodeFileSystem.open(path, 'read');
    for (const [type, min] of [
      [types.INT, value],
      [types.BIGINT, BigInt(value)],
      [types.INT, value],
    ] as const) {
      const request = { fields: [field('a', type)], projection: [0], filters: [], options: {} };
      expect(parquet.statistics!(file, request).columns.a).toMatchObject({ min, max: min, nullCount: 0 });
    }
    file.close();
  }
});

test('brotli', async () => {
  const path = `${directory}/brotli.parquet`;
  await duck.run(`COPY (SELECT 42 AS a, repeat('x', 1000) AS b) TO '${path}' (FORMAT parquet, COMPRESSION brotli)`);
  expect(readFile(parquet, path)).toEqual([[42, 'x'.repeat(1000)]]);
});

test('columns by name, missing ones NULL, other declared types', async () => {
  const path = `${directory}/some.parquet`;
  await duck.run(`COPY (SELECT 1::INT AS a, 'x' AS b, 1.5::DECIMAL(4, 1) AS c, TIMESTAMP_MS '2024-01-01 00:00:01' AS e)
    TO '${path}' (FORMAT parquet)`);
  const fields = [
    field('c', types.decimal(30, 1)),
    field('z', types.STRING),
    field('a', types.BIGINT),
    field('e', types.timestamp(9)),
    field('b', types.varchar(10)),
  ];
  expect(readFile(parquet, path, { fields })).toEqual([[15n, null, 1n, 1_704_067_201_000_000_000n, 'x']]);
  expect(() => readFile(parquet, path, { fields: [field('b', types.INT)] })).toThrow(
    /column b is BYTE_ARRAY \(string\) in the file, which cannot be read as INT/,
  );
});

test('statistics, and row groups that a filter rules out', async () => {
  const path = `${directory}/groups.parquet`;
  await duck.run(`COPY (SELECT id, d18, text, nullif(tiny, 5) AS tiny, ts, dbl FROM t ORDER BY id)
    TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  const file = nodeFileSystem.open(path, 'read');
  const fields = parquet.inferFields!(file, {});
  const request = { fields, projection: [0], filters: [], options: {} };
  const all = { ...request, projection: fields.map((_, i) => i) };
  const groups = Math.ceil(9000 / 2048);
  const statistics = parquet.statistics!(file, all);
  expect(statistics.rowCount).toBe(9000);
  expect(statistics.columns.id).toEqual({ min: 0, max: 8999, nullCount: 0, distinctCount: 9000 });
  expect(statistics.columns.tiny).toMatchObject({ min: 0, max: 99, nullCount: 90 });
  expect(statistics.columns.ts).toMatchObject({ min: -500_000_000n });
  const parts = (
    column: string,
    op: '=' | '<' | '<=' | '>' | '>=' | 'IN' | 'IS NOT NULL',
    ...values: Value[]
  ): number[] => {
    const index = fields.findIndex((candidate) => candidate.name === column);
    return parquet.splits(file, { ...request, filters: [{ column: index, op, values }] }).map((split) => split.part);
  };
  const every = parts('id', '>=', 0);
  expect(every.length).toBeGreaterThanOrEqual(groups);
  expect(parts('id', '=', 3)).toEqual([0]);
  expect(parts('id', '<', 0)).toEqual([]);
  expect(parts('id', '<=', 0)).toEqual([0]);
  expect(parts('id', '>', 8998)).toEqual([every.at(-1)]);
  expect(parts('id', 'IN', 1, 8999)).toEqual([0, every.at(-1)]);
  expect(parts('d18', '>', 10n ** 10n)).toEqual([]);
  expect(parts('dbl', '>', Number.NaN)).toEqual(every);
  expect(parts('text', '<', 'a')).toEqual([]);
  expect(parts('text', '>=', 'row')).toEqual(every);
  file.close();
});

test('a reader goes on from a position', async () => {
  const path = `${directory}/resume.parquet`;
  await duck.run(`COPY t TO '${path}' (FORMAT parquet)`);
  const fields = [field('id', types.INT), field('text', types.STRING)];
  const request = { fields, projection: [0, 1], filters: [], options: {} };
  const reader = parquet.createReader!(request, context);
  reader.open({ path, part: 0, rowsDone: 0 });
  for (let i = 0; i < 3; i++) reader.next()!.release();
  const position = reader.position();
  reader.close();
  const again = parquet.createReader!(request, context);
  again.open(position);
  const batch = again.next()!;
  expect(memory.i32[batch.columns[0]!.values >>> 2]).toBe(3000);
  batch.release();
  again.close();
});

test('DuckDB reads what we write', async () => {
  const fields = [
    { name: 'id', type: types.INT },
    field('flag', types.BOOLEAN),
    field('tiny', types.TINYINT),
    field('small', types.SMALLINT),
    field('big', types.BIGINT),
    field('real', types.FLOAT),
    field('dbl', types.DOUBLE),
    field('d18', types.decimal(18, 2)),
    field('d38', types.decimal(38, 3)),
    field('day', types.DATE),
    field('clock', types.time(3)),
    field('ts', types.timestamp(6)),
    field('ts9', types.timestamp(9)),
    field('ltz', types.timestampLtz(3)),
    field('text', types.STRING),
    field('bytes', types.BYTES),
  ];
  const row = (i: number): Value[] =>
    [
      i,
      i % 3 === 0,
      (i % 250) - 125,
      i - 5000,
      BigInt(i) ** 4n,
      i / 4,
      i / 7,
      BigInt(i) * 101n,
      -(BigInt(i) ** 9n),
      i - 3000,
      i * 1000,
      BigInt(i) * 1_000_001_000n,
      BigInt(i) * 1_000_000_001n,
      BigInt(i) * 1_000_000_000n,
      `text ${'x'.repeat(i % 50)}${i}`,
      Uint8Array.of(i & 127, i % 11),
    ].map((value, column) => (column > 0 && (i + column) % 13 === 0 ? null : value));
  const rows = Array.from({ length: 10_000 }, (_, i) => row(i));
  const before = memory.statistics.used;
  for (const compression of ['SNAPPY', 'UNCOMPRESSED', 'GZIP']) {
    const path = `${directory}/own-${compression}.parquet`;
    writeFile(parquet, path, fields, [rows.slice(0, 10), rows.slice(10, 9000), rows.slice(9000)], {
      compression,
    });
    expect(readFile(parquet, path)).toEqual(rows.map((values) => values));
    const totals = (
      await duck.runAndReadAll(`SELECT count(*)::INT, sum(id)::INT, count(flag)::INT, sum(tiny)::INT,
      sum(d18), max(d38), sum(epoch_us(ts))::HUGEINT, min(ltz)::VARCHAR, sum(strlen(text))::INT, max(bytes)::VARCHAR,
      max(clock)::VARCHAR, max(day)::VARCHAR, max(epoch_ns(ts9)) FROM '${path}'`)
    ).getRows()[0]!;
    const valid = (column: number): Value[] => rows.map((values) => values[column]!).filter((value) => value !== null);
    const sum = (column: number): number => valid(column).reduce<number>((total, value) => total + Number(value), 0);
    expect(totals.slice(0, 4)).toEqual([10_000, sum(0), valid(1).length, sum(2)]);
    expect(String(totals[4])).toBe((sum(7) / 100).toFixed(2));
    expect(String(totals[5])).toBe('0.000');
    expect(totals[6]).toBe(valid(11).reduce<bigint>((total, value) => total + (value as bigint) / 1000n, 0n));
    expect(totals[8]).toBe(valid(14).reduce<number>((total, value) => total + String(value).length, 0));
    expect(totals[12]).toBe(valid(12).at(-1));
    const bounds =
      await duck.runAndReadAll(`SELECT path_in_schema, stats_min_value, stats_max_value, stats_null_count::INT
      FROM parquet_metadata('${path}') WHERE path_in_schema IN ('id', 'tiny')`);
    expect(bounds.getRows()).toEqual([
      ['id', '0', '9999', 0],
      ['tiny', '-125', '124', 10_000 - valid(2).length],
    ]);
  }
  expect(memory.statistics.used).toBe(before);
});

test('a batch has strings of several pages', () => {
  const fields: Field[] = [
    { name: 'id', type: types.INT },
    { name: 'text', type: types.nullable(types.STRING) },
  ];
  const row = (id: number): Value[] => [id, id % 9 === 0 ? null : `text number ${id}`];
  const batches = Array.from({ length: 20 }, (_, b) => Array.from({ length: 1500 }, (_, i) => row(b * 1500 + i)));
  const path = `${directory}/pages.parquet`;
  writeFile(parquet, path, fields, batches);
  const before = memory.statistics.used;
  for (const batchRows of [700, 5000, 16_384]) {
    expect(readFile(parquet, path, { fields, context: { ...context, batchRows } })).toEqual(batches.flat());
  }
  expect(memory.statistics.used).toBe(before);
});
