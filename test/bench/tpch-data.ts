/** TPC-H tables as Parquet files that DuckDB writes by default, made once per scale. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { create } from '../../src/index.ts';

export const TABLES = ['customer', 'lineitem', 'nation', 'orders', 'part', 'partsupp', 'region', 'supplier'] as const;

/** @returns the directory with `<table>.parquet` */
export async function tpchFiles(scale: number, directory: string | null): Promise<string> {
  const target = directory ?? join(tmpdir(), `weir-bench-tpch-${scale}`);
  if (TABLES.every((table) => existsSync(join(target, `${table}.parquet`)))) return target;
  const raw = `${target}.raw`;
  mkdirSync(raw, { recursive: true });
  mkdirSync(target, { recursive: true });
  const environment = create({ configuration: { 'execution.runtime-mode': 'batch' } });
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const table of TABLES) {
    const options = `'connector' = 'tpch', 'table' = '${table}', 'scale-factor' = '${scale}'`;
    await environment.executeSql(`CREATE TABLE ${table} WITH (${options})`);
    const files = `'connector' = 'filesystem', 'format' = 'parquet', 'path' = '${join(raw, table)}'`;
    const written = await environment.executeSql(
      `CREATE TABLE ${table}_files WITH (${files}) AS SELECT * FROM ${table}`,
    );
    await written.wait();
    const partial = join(target, `${table}.partial`);
    await connection.run(`COPY (SELECT * FROM read_parquet('${join(raw, table)}/*')) TO '${partial}' (FORMAT parquet)`);
    renameSync(partial, join(target, `${table}.parquet`));
  }
  await environment.close();
  connection.closeSync();
  rmSync(raw, { recursive: true });
  return target;
}
