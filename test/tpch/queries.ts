/** The 22 queries of queries/tpch as the tests run them, and DuckDB with the rows that our connector makes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QueryStatement, Statement } from '../../src/sql/ast.ts';
import { print } from '../../src/sql/print.ts';
import { divides, duckDialect, toDuckDb } from '../oracle/dialect.ts';
import { DuckDb } from '../oracle/duckdb.ts';
import {
  environment,
  parse,
  type QueryResult,
  runQuery,
  type Settings,
  withoutFinalOrder,
} from '../oracle/environment.ts';

const FOLDER = join(import.meta.dirname, '../../queries/tpch');

const TABLES = ['region', 'nation', 'supplier', 'customer', 'part', 'partsupp', 'orders', 'lineitem'];

export interface TpchQuery {
  readonly name: string;
  readonly text: string;
  /** CREATE TABLE and CREATE VIEW. */
  readonly setup: readonly Statement[];
  readonly query: QueryStatement;
  readonly ordered: boolean;
  /** DuckDB divides DECIMALs as DOUBLE. */
  readonly divides: boolean;
}

export function tpchQueries(): readonly TpchQuery[] {
  return readdirSync(FOLDER)
    .filter((file) => /^q\d\d\.sql$/.test(file))
    .sort()
    .map((file) => {
      const text = readFileSync(join(FOLDER, file), 'utf8');
      const statements = parse(text);
      const query = statements.find((statement) => statement.kind === 'query-statement')!;
      return {
        name: file.slice(0, 3),
        text,
        setup: statements.filter((statement) => statement.kind !== 'query-statement'),
        query,
        ordered: query.query.orderBy !== undefined,
        divides: divides(statements),
      };
    });
}

/** @param settings mode, parallelism, `tpch.scale-factor` */
export async function runTpch(tpch: TpchQuery, settings: Settings): Promise<QueryResult> {
  const env = environment(settings);
  for (const statement of tpch.setup) await env.executeSql(statement, { text: tpch.text });
  const streaming = settings['execution.runtime-mode'] === 'STREAMING';
  return runQuery(env, streaming ? withoutFinalOrder(tpch.query) : tpch.query, tpch.text);
}

/** All eight tables, read through the engine in BATCH. */
export async function loadTpch(scale: string): Promise<DuckDb> {
  const duck = await DuckDb.open();
  const env = environment({ 'execution.runtime-mode': 'BATCH', 'tpch.scale-factor': scale });
  for (const table of TABLES) {
    await env.executeSql(`CREATE TABLE ${table} WITH ('connector' = 'tpch', 'table' = '${table}')`);
    const { schema, rows } = await runQuery(env, `SELECT * FROM ${table}`);
    await duck.createTable(table, schema, rows);
  }
  return duck;
}

export async function askDuckDb(
  duck: DuckDb,
  tpch: TpchQuery,
  schema: QueryResult['schema'],
): Promise<QueryResult['rows']> {
  for (const statement of tpch.setup) {
    if (statement.kind === 'create-view')
      await duck.run(print(statement, duckDialect).replace('CREATE', 'CREATE OR REPLACE'));
  }
  return duck.query(
    toDuckDb(tpch.query.query),
    schema.fields.map(({ type }) => type),
  );
}
