/**
 * TPC-H under many configurations, against DuckDB on the same rows, with times:
 *
 *   npx tsx test/tools/tpch-campaign.ts --scale 0.1 [--only q05] [--runs batch,streaming,…]
 */
import { parseArgs } from 'node:util';
import { difference } from '../oracle/same-rows.ts';
import { askDuckDb, loadTpch, runTpch, tpchQueries } from '../tpch/queries.ts';
import { spread } from './spread.ts';

// Node runs no TypeScript in threads either.
process.env.WEIR_WORKER_MODULE ??= new URL('./source-worker.mjs', import.meta.url).href;

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '0.1' },
    only: { type: 'string' },
    runs: { type: 'string' },
  },
});

const BATCH = { 'execution.runtime-mode': 'BATCH' };
const STREAMING = { 'execution.runtime-mode': 'STREAMING' };
const MINI_BATCH = {
  'table.exec.mini-batch.enabled': 'true',
  'table.exec.mini-batch.allow-latency': '1 s',
  'table.exec.mini-batch.size': '20000',
};
const disabled = (operators: string) => ({ 'table.exec.disabled-operators': operators });

const RUNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  batch: BATCH,
  'batch-p3': { ...BATCH, ...spread(3) },
  'batch-8mb': { ...BATCH, 'taskmanager.memory.managed.size': '8 mb' },
  'batch-1mb-p3': { ...BATCH, ...spread(3), 'taskmanager.memory.managed.size': '1 mb' },
  'batch-sort': {
    ...BATCH,
    ...disabled('NestedLoopJoin,ShuffleHashJoin,BroadcastHashJoin,HashAgg'),
    ...spread(2),
  },
  'batch-hash': { ...BATCH, ...disabled('NestedLoopJoin,SortMergeJoin,BroadcastHashJoin'), ...spread(2) },
  'batch-js': { ...BATCH, 'weir.codegen.backend': 'js' },
  streaming: STREAMING,
  'streaming-p3': { ...STREAMING, ...spread(3) },
  'streaming-mini-batch': { ...STREAMING, ...MINI_BATCH },
  'streaming-mini-batch-p3': { ...STREAMING, ...MINI_BATCH, ...spread(3) },
};

const { scale } = values;
const names = values.runs?.split(',') ?? Object.keys(RUNS);
const duck = await loadTpch(scale);
let failures = 0;
for (const tpch of tpchQueries()) {
  if (values.only !== undefined && tpch.name !== values.only) continue;
  let expected: Awaited<ReturnType<typeof askDuckDb>> | null = null;
  const times: string[] = [];
  for (const name of names) {
    const settings = { 'tpch.scale-factor': scale, ...RUNS[name]! };
    const start = performance.now();
    try {
      const { schema, rows, changes } = await runTpch(tpch, settings);
      const time = performance.now() - start;
      expected ??= await askDuckDb(duck, tpch, schema);
      const types = schema.fields.map(({ type }) => type);
      const streaming = name.startsWith('streaming');
      // A global aggregate over nothing: STREAMING emits no row.
      const wanted = streaming && rows.length === 0 && tpch.name === 'q17' ? [] : expected;
      const options = { ordered: tpch.ordered && !streaming, decimalUnits: tpch.divides ? 1n : 0n };
      const wrong = difference(rows, wanted, types, options);
      times.push(`${name} ${time.toFixed(0)}${streaming ? ` (${changes.length} changes)` : ''}`);
      if (wrong === null) continue;
      failures++;
      process.stdout.write(`${tpch.name} ${name}: ${wrong}\n`);
    } catch (error) {
      failures++;
      process.stdout.write(`${tpch.name} ${name}: ${(error as Error).stack?.split('\n').slice(0, 6).join('\n')}\n`);
    }
  }
  process.stdout.write(`${tpch.name} ms: ${times.join(', ')}\n`);
}
duck.close();
process.stdout.write(`${failures} failures\n`);
process.exitCode = failures === 0 ? 0 : 1;
