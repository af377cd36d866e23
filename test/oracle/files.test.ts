/**
 * Files go both ways: what Weir writes it reads back, in both modes and at parallelism 3, and DuckDB reads the same
 * from it; what DuckDB writes, with every codec, Weir reads.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { TableEnvironment } from '../../src/index.ts';
import type { Json } from '../../src/types/json.ts';
import { spread } from '../tools/spread.ts';
import { DuckDb } from './duckdb.ts';
import { environment, type QueryResult, runQuery, type Settings } from './environment.ts';
import { difference } from './same-rows.ts';

const COLUMNS = `
  id INT NOT NULL, b BOOLEAN, i8 TINYINT, i16 SMALLINT, i64 BIGINT, f32 FLOAT, f64 DOUBLE,
  d9 DECIMAL(9, 2), d38 DECIMAL(38, 10), s STRING, da DATE, ts TIMESTAMP(3)`;

const ROWS = 3000;

let folder: string;
let duck: DuckDb;
let source: QueryResult;

function rowsOf(): Json {
  const random = seededRandom(99);
  const texts = [
    '',
    'a',
    'with "quotes"',
    'comma, and\nnewline',
    'ünï 日本 😀',
    ' spaces ',
    'x'.repeat(300),
    'null',
    'NULL',
  ];
  const orNull = (value: Json): Json => (random.below(7) === 0 ? null : value);
  return Array.from({ length: ROWS }, (_, id) => [
    '+I',
    {
      id,
      b: orNull(random.below(2) === 0),
      i8: orNull(random.below(256) - 128),
      i16: orNull(random.below(65536) - 32768),
      i64: orNull(String(BigInt(random.below(2 ** 31)) * BigInt(random.below(2 ** 31)) - 2n ** 60n)),
      f32: orNull(Math.fround(random.next() * 1e6 - 5e5)),
      f64: orNull((random.next() - 0.5) * 10 ** random.below(40)),
      d9: orNull(`${random.below(9999999) - 5000000}.${10 + random.below(90)}`),
      d38: orNull(`${random.below(1e9)}${random.below(1e9)}.${1000000000 + random.below(1e9)}`),
      s: orNull(texts[random.below(texts.length)]!),
      da: orNull(`${1900 + random.below(200)}-0${1 + random.below(9)}-1${random.below(10)}`),
      ts: orNull(
        `2024-0${1 + random.below(9)}-2${random.below(9)} 1${random.below(10)}:00:5${random.below(10)}.${100 + random.below(900)}`,
      ),
    },
  ]);
}

async function environmentWithRows(settings: Settings): Promise<TableEnvironment> {
  const env = environment(settings);
  const rows = JSON.stringify(rowsOf()).replaceAll("'", "''");
  await env.executeSql(`CREATE TABLE origin (${COLUMNS}) WITH ('connector' = 'values', 'rows' = '${rows}')`);
  return env;
}

const BATCH: Settings = { 'execution.runtime-mode': 'BATCH' };
const STREAMING: Settings = { 'execution.runtime-mode': 'STREAMING' };
const P3: Settings = spread(3);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-files-'));
  duck = await DuckDb.open();
  source = await runQuery(await environmentWithRows(BATCH), 'SELECT * FROM origin');
  await duck.createTable('origin', source.schema, source.rows);
});

afterAll(() => {
  duck.close();
  rmSync(folder, { recursive: true });
});

interface Format {
  readonly name: string;
  readonly options: string;
  /** How DuckDB reads such files; null: it does not. */
  readonly read: ((glob: string) => string) | null;
  /** A column that DuckDB reads as DOUBLE. */
  readonly inexact?: string;
}

const DUCK_COLUMNS = `{id: 'INTEGER', b: 'BOOLEAN', i8: 'TINYINT', i16: 'SMALLINT', i64: 'BIGINT', f32: 'FLOAT',
  f64: 'DOUBLE', d9: 'DECIMAL(9,2)', d38: 'DECIMAL(38,10)', s: 'VARCHAR', da: 'DATE', ts: 'TIMESTAMP'}`;

const FORMATS: readonly Format[] = [
  {
    name: 'csv',
    options: `'format' = 'csv', 'csv.null-literal' = '\\N'`,
    read: (glob) => `read_csv('${glob}', header = false, nullstr = '\\N', escape = '"', columns = ${DUCK_COLUMNS})`,
  },
  {
    name: 'json',
    options: `'format' = 'json'`,
    read: (glob) => `read_json('${glob}', columns = ${DUCK_COLUMNS})`,
    inexact: 'd38',
  },
  { name: 'parquet', options: `'format' = 'parquet'`, read: (glob) => `read_parquet('${glob}')` },
  { name: 'arrow', options: `'format' = 'arrow'`, read: null },
];

const WRITERS: readonly (readonly [name: string, settings: Settings])[] = [
  ['batch', BATCH],
  ['streaming-p3', { ...STREAMING, ...P3 }],
];

const READERS: readonly (readonly [name: string, settings: Settings])[] = [
  ['batch', BATCH],
  ['batch-p3', { ...BATCH, ...P3 }],
  ['streaming', STREAMING],
];

describe.each(FORMATS)('$name', ({ name, options, read, inexact }) => {
  describe.each(WRITERS)('written in %s', (writer, settings) => {
    const path = (): string => join(folder, `${name}-${writer}`);

    beforeAll(async () => {
      const env = await environmentWithRows(settings);
      await env.executeSql(
        `CREATE TABLE sink (${COLUMNS}) WITH ('connector' = 'filesystem', 'path' = '${path()}', ${options})`,
      );
      const result = await env.executeSql('INSERT INTO sink SELECT * FROM origin');
      await result.wait();
    });

    test.each(READERS)('is read back in %s', async (_reader, readSettings) => {
      const env = environment(readSettings);
      await env.executeSql(
        `CREATE TABLE back (${COLUMNS}) WITH ('connector' = 'filesystem', 'path' = '${path()}', ${options})`,
      );
      const { schema, rows } = await runQuery(env, 'SELECT * FROM back');
      expect(
        difference(
          rows,
          source.rows,
          schema.fields.map(({ type }) => type),
        ),
      ).toBeNull();
    });

    test.skipIf(read === null)('is read by DuckDB', async () => {
      const types = source.schema.fields.map(({ type }) => type);
      const theirs = await duck.query(`SELECT * FROM ${read!(`${path()}/*`)}`, types);
      const kept = source.schema.fields.flatMap((field, i) => (field.name === inexact ? [] : [i]));
      const exact = (rows: QueryResult['rows']) => rows.map((row) => kept.map((column) => row[column]!));
      const keptTypes = kept.map((column) => types[column]!);
      expect(difference(exact(theirs), exact(source.rows), keptTypes)).toBeNull();
    });
  });
});

const CODECS = ['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4_raw', 'brotli'];

describe('Parquet of DuckDB', () => {
  test.each(CODECS)('%s', async (codec) => {
    const file = join(folder, `duck-${codec}.parquet`);
    await duck.run(`COPY origin TO '${file}' (FORMAT parquet, COMPRESSION ${codec}, ROW_GROUP_SIZE 2048)`);
    const { schema, rows } = await runQuery(environment(BATCH), `SELECT * FROM '${file}'`);
    expect(
      difference(
        rows,
        source.rows,
        schema.fields.map(({ type }) => type),
      ),
    ).toBeNull();
  });

  test('version 2 pages', async () => {
    const file = join(folder, 'duck-v2.parquet');
    await duck.run(`COPY origin TO '${file}' (FORMAT parquet, PARQUET_VERSION v2)`);
    const { schema, rows } = await runQuery(environment(BATCH), `SELECT * FROM '${file}'`);
    expect(
      difference(
        rows,
        source.rows,
        schema.fields.map(({ type }) => type),
      ),
    ).toBeNull();
  });
});
