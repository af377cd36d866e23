/**
 * The 22 TPC-H queries beside DuckDB, interleaved, medians. `memory`: tables loaded before (columns and their ranges,
 * no sorting, no indexes), both engines in this process. `parquet`: whole processes over files that DuckDB wrote.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { create } from '../../src/index.ts';
import { measureProcess } from './processes.ts';
import { median, type Report, round } from './report.ts';
import { TABLES, tpchFiles } from './tpch-data.ts';

export interface TpchOptions {
  readonly scale: number;
  readonly parallelism: number;
  readonly source: 'memory' | 'parquet';
  readonly data: string | null;
  readonly rounds: number;
  readonly queries: readonly string[] | null;
  readonly report: Report;
}

interface Times {
  readonly cpuMs: number[];
  readonly wallMs: number[];
}

const ROOT = join(import.meta.dirname, '../..');

/** The statements of a query file without its tables: perhaps a view, then the query. */
export function statementsOf(query: string): string[] {
  return readFileSync(join(ROOT, `queries/tpch/${query}.sql`), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('--'))
    .join('\n')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '' && !statement.startsWith('CREATE TABLE'));
}

const forDuckdb = (statement: string): string => statement.replaceAll('`', '"');

export async function tpch(options: TpchOptions): Promise<void> {
  const all = readdirSync(join(ROOT, 'queries/tpch'))
    .map((name) => name.replace('.sql', ''))
    .sort();
  const queries = options.queries ?? all;
  const directory = await tpchFiles(options.scale, options.data);
  const ratios =
    options.source === 'memory' ? await inMemory(options, queries, directory) : overFiles(options, queries, directory);
  const logarithms = ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0);
  options.report({ geomean: round(Math.exp(logarithms / ratios.length), 3) });
}

function result(query: string, weir: Times, duckdb: Times, report: Report): number {
  const ratio = median(weir.cpuMs.map((cpu, i) => cpu / duckdb.cpuMs[i]!));
  const summary = ({ cpuMs, wallMs }: Times) => ({ cpuMs: round(median(cpuMs)), wallMs: round(median(wallMs)) });
  report({ query, weir: summary(weir), duckdb: summary(duckdb), ratio: round(ratio, 3) });
  return ratio;
}

async function measure(times: Times, work: () => Promise<unknown>): Promise<void> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  times.cpuMs.push((user + system) / 1000);
  times.wallMs.push(performance.now() - wall);
}

/** Rounds of both before any is measured: so long Node goes on compiling what they run, on other threads. */
const WARM_UP = 6;

async function inMemory(
  { parallelism, rounds, report }: TpchOptions,
  queries: readonly string[],
  directory: string,
): Promise<number[]> {
  const environment = create({
    configuration: { 'execution.runtime-mode': 'batch', 'parallelism.default': String(parallelism) },
  });
  const duckdb = await (await DuckDBInstance.create(':memory:', { threads: String(parallelism) })).connect();
  const load: Record<string, Times> = { weir: { cpuMs: [], wallMs: [] }, duckdb: { cpuMs: [], wallMs: [] } };
  for (const table of TABLES) {
    const file = join(directory, `${table}.parquet`);
    await measure(load['weir']!, async () => {
      const loading = `CREATE TABLE ${table} WITH ('connector' = 'memory') AS SELECT * FROM '${file}'`;
      await (await environment.executeSql(loading)).wait();
    });
    await measure(load['duckdb']!, () => duckdb.run(`CREATE TABLE ${table} AS SELECT * FROM '${file}'`));
  }
  const total = (times: Times): number => round(times.cpuMs.reduce((sum, cpu) => sum + cpu, 0));
  report({ load: { weirCpuMs: total(load['weir']!), duckdbCpuMs: total(load['duckdb']!) } });
  const ratios: number[] = [];
  for (const query of queries) {
    const statements = statementsOf(query);
    const main = statements.at(-1)!;
    for (const view of statements.slice(0, -1)) {
      await environment.executeSql(view);
      await duckdb.run(forDuckdb(view));
    }
    const ours: Times = { cpuMs: [], wallMs: [] };
    const theirs: Times = { cpuMs: [], wallMs: [] };
    for (let i = -WARM_UP; i < rounds; i++) {
      const unmeasured: Times = { cpuMs: [], wallMs: [] };
      const [a, b] = i < 0 ? [unmeasured, unmeasured] : [ours, theirs];
      let rows = 0;
      let expected = 0;
      await measure(a, async () => {
        for await (const _ of await environment.executeSql(main)) rows++;
      });
      await measure(b, async () => {
        expected = (await duckdb.runAndReadAll(forDuckdb(main))).getRows().length;
      });
      if (rows !== expected) throw new Error(`${query}: ${rows} rows, DuckDB has ${expected}`);
    }
    ratios.push(result(query, ours, theirs, report));
  }
  await environment.close();
  return ratios;
}

function overFiles(
  { parallelism, rounds, report }: TpchOptions,
  queries: readonly string[],
  directory: string,
): number[] {
  const scripts = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  const ratios = queries.map((query) => {
    const statements = statementsOf(query);
    const views = TABLES.map((table) => {
      return `CREATE TEMPORARY VIEW ${table} AS SELECT * FROM '${join(directory, `${table}.parquet`)}'`;
    });
    const script = [...views, ...statements].map((statement) => `${statement};\n`).join('');
    const file = join(scripts, `${query}.sql`);
    const duckdbFile = join(scripts, `${query}.duckdb.sql`);
    writeFileSync(file, script);
    writeFileSync(duckdbFile, forDuckdb(script));
    const ours: Times = { cpuMs: [], wallMs: [] };
    const theirs: Times = { cpuMs: [], wallMs: [] };
    for (let i = 0; i < rounds; i++) {
      const settings = ['--mode', 'batch', '--format', 'csv', '-D', `parallelism.default=${parallelism}`];
      const weir = measureProcess(process.execPath, [join(ROOT, 'dist/weir.js'), ...settings, file]);
      const duckdb = measureProcess(process.execPath, [
        join(import.meta.dirname, 'duckdb-process.mjs'),
        duckdbFile,
        String(parallelism),
      ]);
      const [rows, expected] = [weir.stdout.trim().split('\n').length - 1, duckdb.stdout.trim().split('\n').length];
      if (rows !== expected && !(rows === 0 && expected === 1)) {
        throw new Error(`${query}: ${rows} rows, DuckDB has ${expected}`);
      }
      for (const [times, run] of [
        [ours, weir],
        [theirs, duckdb],
      ] as const) {
        times.cpuMs.push(run.cpuMs);
        times.wallMs.push(run.wallMs);
      }
    }
    return result(query, ours, theirs, report);
  });
  rmSync(scripts, { recursive: true });
  return ratios;
}
