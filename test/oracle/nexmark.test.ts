/**
 * Nexmark: every query gives the same rows in BATCH and STREAMING, at parallelism 1 and 3, with and without
 * mini-batches, and those that DuckDB can say give what DuckDB gives on the same events.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { QueryStatement } from '../../src/sql/ast.ts';
import type { DataType } from '../../src/types/data-type.ts';
import { spread } from '../tools/spread.ts';
import { NotInDuckDb, toDuckDb } from './dialect.ts';
import { DuckDb, type Row } from './duckdb.ts';
import { environment, parse, type QueryResult, runQuery, type Settings } from './environment.ts';
import { difference } from './same-rows.ts';

const FOLDER = join(import.meta.dirname, '../../queries/nexmark');
const SIZE: Settings = { 'nexmark.events.num': '3000' };

const MINI_BATCH: Settings = {
  'table.exec.mini-batch.enabled': 'true',
  'table.exec.mini-batch.allow-latency': '1 s',
  'table.exec.mini-batch.size': '500',
};
const BATCH: Settings = { 'execution.runtime-mode': 'BATCH' };
const STREAMING: Settings = { 'execution.runtime-mode': 'STREAMING' };
const P3: Settings = spread(3);

const RUNS: readonly (readonly [name: string, settings: Settings])[] = [
  ['BATCH, parallelism 3', { ...BATCH, ...P3 }],
  ['STREAMING', STREAMING],
  ['STREAMING, parallelism 3', { ...STREAMING, ...P3 }],
  ['STREAMING, mini-batch', { ...STREAMING, ...MINI_BATCH }],
  ['STREAMING, parallelism 3, mini-batch', { ...STREAMING, ...P3, ...MINI_BATCH }],
];

/** Of bids at the same time Q18 may keep any: only these columns are certain. */
const CERTAIN: Readonly<Record<string, readonly string[]>> = { q18: ['auction', 'bidder', 'dateTime'] };

interface Query {
  readonly name: string;
  readonly text: string;
  readonly query: QueryStatement;
}

const queries: readonly Query[] = readdirSync(FOLDER)
  .filter((file) => /^q\d+\.sql$/.test(file))
  .sort((a, b) => Number(a.slice(1, -4)) - Number(b.slice(1, -4)))
  .map((file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const query = parse(text).find((statement) => statement.kind === 'query-statement');
    return { name: file.slice(0, -4), text, query: query! };
  });

async function run({ name, text, query }: Query, settings: Settings): Promise<{ types: DataType[]; rows: Row[] }> {
  const env = environment({ ...SIZE, ...settings });
  for (const statement of parse(text)) {
    if (statement.kind !== 'query-statement') await env.executeSql(statement, { text });
  }
  const { schema, rows } = await runQuery(env, query, text);
  return certain(name, schema, rows);
}

function certain(
  name: string,
  { fields }: QueryResult['schema'],
  rows: readonly Row[],
): { types: DataType[]; rows: Row[] } {
  const columns = fields.flatMap((field, i) => (CERTAIN[name]?.includes(field.name) !== false ? [i] : []));
  return {
    types: columns.map((column) => fields[column]!.type),
    rows: rows.map((row) => columns.map((column) => row[column]!)),
  };
}

let duck: DuckDb;

beforeAll(async () => {
  duck = await DuckDb.open();
  const env = environment({ ...SIZE, ...BATCH });
  for (const { text } of queries.filter(({ name }) => ['q3', 'q4'].includes(name))) {
    for (const statement of parse(text)) {
      if (statement.kind !== 'create-table' && statement.kind !== 'create-view') continue;
      await env.executeSql(statement, { text }).catch(() => undefined);
    }
  }
  for (const view of ['person', 'auction', 'bid']) {
    const { schema, rows } = await runQuery(env, `SELECT * FROM ${view}`);
    await duck.createTable(view, schema, rows);
  }
});

afterAll(() => duck.close());

describe.each(queries)('$name', (query) => {
  let batch: Awaited<ReturnType<typeof run>>;

  beforeAll(async () => {
    batch = await run(query, BATCH);
  });

  test.each(RUNS)('%s', async (_name, settings) => {
    const { rows } = await run(query, settings);
    expect(difference(rows, batch.rows, batch.types)).toBeNull();
  });

  test('DuckDB', async (context) => {
    let sql: string;
    try {
      sql = toDuckDb(query.query.query);
    } catch (error) {
      if (error instanceof NotInDuckDb) return context.skip(error.message);
      throw error;
    }
    const env = environment({ ...SIZE, ...BATCH });
    for (const statement of parse(query.text)) {
      if (statement.kind !== 'query-statement') await env.executeSql(statement, { text: query.text });
    }
    const { schema } = await runQuery(env, query.query, query.text);
    const theirs = await duck.query(
      sql,
      schema.fields.map(({ type }) => type),
    );
    expect(difference(batch.rows, certain(query.name, schema, theirs).rows, batch.types)).toBeNull();
  });
});
