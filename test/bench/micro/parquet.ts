/**
 * Parquet scan against DuckDB's, CPU time of the process, in one run: `npx tsx test/bench/micro/parquet.ts
 * file.parquet`. Prints the ratio for numeric and for text columns of TPC-H's lineitem.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { systemClock } from '../../../src/base/clock.ts';
import { Configuration } from '../../../src/base/config.ts';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import { parquetFormat } from '../../../src/connectors/formats/parquet/index.ts';
import type { ReaderContext } from '../../../src/dataflow/connector.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';

const parquet = parquetFormat();

const NUMERIC = ['l_orderkey', 'l_partkey', 'l_quantity', 'l_extendedprice', 'l_discount', 'l_tax', 'l_shipdate'];
const TEXT = ['l_returnflag', 'l_linestatus', 'l_shipinstruct', 'l_shipmode', 'l_comment'];

const path = process.argv[2];
if (path === undefined) throw new Error('which file? npx tsx test/bench/micro/parquet.ts file.parquet');
const rounds = Number(process.argv[3] ?? 5);
const memory = new LinearMemory();
const context: ReaderContext = {
  fileSystem: nodeFileSystem,
  clock: systemClock,
  configuration: new Configuration(),
  memory,
  budget: new MemoryBudget(Number.POSITIVE_INFINITY),
  compiler: kernelCompiler(memory, new ModuleCache()),
  subtaskIndex: 0,
  parallelism: 1,
  batchRows: 65536,
  collections: new Map(),
  deliver: () => {},
};

/** Decodes the columns of the whole file; returns the rows and the longest call of `next` in milliseconds. */
function scan(names: readonly string[]): { rows: number; longest: number } {
  const file = nodeFileSystem.open(path!, 'read');
  const fields = parquet.inferFields!(file, {}).filter((field) => names.includes(field.name));
  const request = { fields, projection: fields.map((_, i) => i), filters: [], options: {} };
  const reader = parquet.createReader!(request, context);
  let rows = 0;
  let longest = 0;
  for (const split of parquet.splits(file, request)) {
    reader.open(split);
    for (;;) {
      const start = performance.now();
      const batch = reader.next();
      longest = Math.max(longest, performance.now() - start);
      if (batch === null) break;
      rows += batch.rowCount;
      batch.release();
    }
  }
  reader.close();
  file.close();
  return { rows, longest };
}

async function cpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run('SET threads=1');
const aggregates = (names: readonly string[], text: boolean): string =>
  names
    .map((name) => (text ? `sum(strlen(${name}))` : name.endsWith('date') ? `max(${name})` : `sum(${name})`))
    .join(', ');
for (const [label, names, text] of [
  ['7 numeric columns', NUMERIC, false],
  ['5 text columns', TEXT, true],
] as const) {
  const query = `SELECT ${aggregates(names, text)} FROM '${path}'`;
  const ours: number[] = [];
  const theirs: number[] = [];
  let longest = 0;
  let rows = 0;
  for (let round = 0; round <= rounds; round++) {
    const duck = await cpu(() => connection.runAndReadAll(query));
    const own = await cpu(() => {
      const result = scan(names);
      rows = result.rows;
      longest = result.longest;
    });
    if (round === 0) continue;
    ours.push(own);
    theirs.push(duck);
  }
  const ratio = median(ours.map((value, i) => value / theirs[i]!));
  process.stdout.write(
    `${label}: ${rows} rows, ours ${median(ours).toFixed(0)} ms, DuckDB ${median(theirs).toFixed(0)} ms, ` +
      `ratio ${ratio.toFixed(2)}, longest call ${longest.toFixed(1)} ms\n`,
  );
}
process.stdout.write(`memory still in use: ${memory.statistics.used} bytes\n`);
