/**
 * What further threads bring: the same queries with one subtask and with several, in one process and in turn, by the
 * clock on the wall. TPC-H in BATCH over tables in memory or Parquet files, Nexmark in STREAMING.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, type TableEnvironment } from '../../src/index.ts';
import { intoBlackhole } from './nexmark.ts';
import { median, type Report, round } from './report.ts';
import { statementsOf } from './tpch.ts';
import { TABLES, tpchFiles } from './tpch-data.ts';

export interface SpeedupOptions {
  /** memory, parquet: of TPC-H; nexmark */
  readonly source: string;
  readonly parallelism: number;
  readonly scale: number;
  readonly events: number;
  readonly data: string | null;
  readonly rounds: number;
  readonly queries: readonly string[] | null;
  readonly report: Report;
}

/** Rounds that do not count: threads start, and V8 goes on compiling for some seconds. */
const WARM_UP = { tpch: 10, nexmark: 1 };

/** Of medians, and of the best rounds, which nothing else on the machine has disturbed. */
interface Speedup {
  readonly median: number;
  readonly best: number;
}

const ROOT = join(import.meta.dirname, '../..');
// Node runs no TypeScript in threads either.
process.env.WEIR_WORKER_MODULE ??= new URL('../tools/source-worker.mjs', import.meta.url).href;

export async function speedup(options: SpeedupOptions): Promise<void> {
  const ratios = await (options.source === 'nexmark' ? nexmark(options) : tpch(options));
  const mean = (of: keyof Speedup): number =>
    Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio[of]), 0) / ratios.length);
  options.report({ geomean: round(mean('median'), 3), best: round(mean('best'), 3) });
}

async function tpch(options: SpeedupOptions): Promise<Speedup[]> {
  const all = readdirSync(join(ROOT, 'queries/tpch')).map((name) => name.replace('.sql', ''));
  const directory = await tpchFiles(options.scale, options.data);
  const environment = create({ configuration: { 'execution.runtime-mode': 'batch' } });
  for (const table of TABLES) {
    const file = join(directory, `${table}.parquet`);
    const kept = `CREATE TABLE ${table} WITH ('connector' = 'memory') AS SELECT * FROM '${file}'`;
    const read = `CREATE VIEW ${table} AS SELECT * FROM '${file}'`;
    await execute(environment, options.source === 'parquet' ? read : kept);
  }
  const ratios: Speedup[] = [];
  for (const query of options.queries ?? all.sort()) {
    const statements = statementsOf(query);
    for (const view of statements.slice(0, -1)) await execute(environment, view);
    ratios.push(await compare(environment, query, statements.at(-1)!, WARM_UP.tpch, options));
  }
  return ratios;
}

async function nexmark(options: SpeedupOptions): Promise<Speedup[]> {
  const ratios: Speedup[] = [];
  for (const query of options.queries ?? ['q4', 'q9', 'q17']) {
    const environment = create({
      configuration: {
        'nexmark.events.num': String(options.events),
        'table.exec.mini-batch.enabled': 'true',
        'table.exec.mini-batch.allow-latency': '2s',
        'table.exec.mini-batch.size': '50000',
        'table.exec.sink.require-on-conflict': 'false',
      },
      // The script says how many, too.
      fixedOptions: ['nexmark.events.num'],
    });
    const script = intoBlackhole(readFileSync(join(ROOT, `queries/nexmark/${query}.sql`), 'utf8'));
    const statements = script.trim().replace(/;$/, '').split(/;\s*$/m);
    const last = statements.pop()!;
    for (const statement of statements) await execute(environment, statement);
    const insert = last.replace('CREATE TABLE sink', 'CREATE TABLE $SINK');
    ratios.push(await compare(environment, query, insert, WARM_UP.nexmark, options));
  }
  return ratios;
}

async function compare(
  environment: TableEnvironment,
  query: string,
  statement: string,
  warmUp: number,
  { parallelism, rounds, report }: SpeedupOptions,
): Promise<Speedup> {
  const times = new Map<number, { readonly wall: number[]; readonly cpu: number[] }>();
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const subtasks of [1, parallelism]) {
      await execute(environment, `SET 'parallelism.default' = '${subtasks}'`);
      const cpu = process.cpuUsage();
      const start = performance.now();
      await execute(environment, statement.replace('$SINK', `sink_${query}_${subtasks}_${round}`));
      const wall = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      if (round < warmUp) continue;
      const of = times.get(subtasks) ?? { wall: [], cpu: [] };
      times.set(subtasks, of);
      of.wall.push(wall);
      of.cpu.push((user + system) / 1000);
    }
  }
  const [one, several] = [times.get(1)!, times.get(parallelism)!];
  const speedup = median(one.wall) / median(several.wall);
  const best = Math.min(...one.wall) / Math.min(...several.wall);
  const summary = ({ wall, cpu }: typeof one) => ({ wallMs: round(median(wall)), cpuMs: round(median(cpu)) });
  report({ query, one: summary(one), several: summary(several), speedup: round(speedup, 2), best: round(best, 2) });
  return { median: speedup, best };
}

async function execute(environment: TableEnvironment, statement: string): Promise<void> {
  const result = await environment.executeSql(statement);
  for await (const _ of result.batches());
  await result.wait();
}
