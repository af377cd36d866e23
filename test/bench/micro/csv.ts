/**
 * CSV scan against DuckDB's, CPU time of the process, in one run: `npx tsx test/bench/micro/csv.ts file.csv`. The file
 * is TPC-H's lineitem with a header; both read all columns with declared types.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { systemClock } from '../../../src/base/clock.ts';
import { Configuration } from '../../../src/base/config.ts';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import { csvFormat } from '../../../src/connectors/formats/csv/index.ts';
import type { ReaderContext } from '../../../src/dataflow/connector.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import type { DataType } from '../../../src/types/data-type.ts';
import * as types from '../../../src/types/data-type.ts';

const money = types.decimal(15, 2);
const COLUMNS: readonly (readonly [string, DataType, string])[] = [
  ['l_orderkey', types.INT, 'INT'],
  ['l_partkey', types.INT, 'INT'],
  ['l_suppkey', types.INT, 'INT'],
  ['l_linenumber', types.INT, 'INT'],
  ['l_quantity', money, 'DECIMAL(15,2)'],
  ['l_extendedprice', money, 'DECIMAL(15,2)'],
  ['l_discount', money, 'DECIMAL(15,2)'],
  ['l_tax', money, 'DECIMAL(15,2)'],
  ['l_returnflag', types.STRING, 'VARCHAR'],
  ['l_linestatus', types.STRING, 'VARCHAR'],
  ['l_shipdate', types.DATE, 'DATE'],
  ['l_commitdate', types.DATE, 'DATE'],
  ['l_receiptdate', types.DATE, 'DATE'],
  ['l_shipinstruct', types.STRING, 'VARCHAR'],
  ['l_shipmode', types.STRING, 'VARCHAR'],
  ['l_comment', types.STRING, 'VARCHAR'],
];

const path = process.argv[2];
if (path === undefined) throw new Error('which file? npx tsx test/bench/micro/csv.ts file.csv');
const rounds = Number(process.argv[3] ?? 3);
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

function scan(): { rows: number; longest: number } {
  const fields = COLUMNS.map(([name, type]) => ({ name, type: types.nullable(type) }));
  const request = { fields, projection: fields.map((_, i) => i), filters: [], options: { header: 'true' } };
  const reader = csvFormat.createReader!(request, context);
  reader.open({ path: path!, part: 0, rowsDone: 0 });
  let rows = 0;
  let longest = 0;
  for (;;) {
    const start = performance.now();
    const batch = reader.next();
    longest = Math.max(longest, performance.now() - start);
    if (batch === null) break;
    rows += batch.rowCount;
    batch.release();
  }
  reader.close();
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
const declared = COLUMNS.map(([name, , type]) => `'${name}': '${type}'`).join(', ');
const totals = COLUMNS.map(([name, , type]) => (type === 'VARCHAR' ? `sum(strlen(${name}))` : `max(${name})`)).join(
  ', ',
);
const query = `SELECT ${totals} FROM read_csv('${path}', header = true, columns = {${declared}})`;
const ours: number[] = [];
const theirs: number[] = [];
let result = { rows: 0, longest: 0 };
for (let round = 0; round <= rounds; round++) {
  const duck = await cpu(() => connection.runAndReadAll(query));
  const own = await cpu(() => {
    result = scan();
  });
  if (round === 0) continue;
  ours.push(own);
  theirs.push(duck);
}
process.stdout.write(
  `16 columns: ${result.rows} rows, ours ${median(ours).toFixed(0)} ms, DuckDB ${median(theirs).toFixed(0)} ms, ` +
    `ratio ${median(ours.map((value, i) => value / theirs[i]!)).toFixed(2)}, longest call ${result.longest.toFixed(1)} ms\n`,
);
process.stdout.write(`memory still in use: ${memory.statistics.used} bytes\n`);
