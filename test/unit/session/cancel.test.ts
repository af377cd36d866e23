import { existsSync, linkSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { create, type TableEnvironment } from '../../../src/index.ts';
import { spread } from '../../tools/spread.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-cancel-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Longest time on the processor between two turns of the event loop, once the signal is due, in milliseconds. */
async function cancelled(sql: string, mode: string, parallelism: string): Promise<{ code: unknown; worst: number }> {
  const weir = create({
    configuration: { 'execution.runtime-mode': mode, ...spread(parallelism), 'table.dml-sync': 'true' },
  });
  const bounds = "'fields.k.min' = '0', 'fields.k.max' = '200000', 'rows-per-second' = '1000000000'";
  await weir.executeSql(
    `CREATE TABLE g (k BIGINT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '100000000', ${bounds})`,
  );
  await weir.executeSql(
    `CREATE TABLE b (k BIGINT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '20000', ${bounds})`,
  );
  if (sql.includes('parquet')) await writeParquet(weir);
  const controller = new AbortController();
  const processor = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  let start = processor();
  let last = start;
  let worst = 0;
  let running = true;
  const turn = (): void => {
    const now = processor();
    if (now - start > 300) {
      worst = Math.max(worst, now - last);
      if (now - start > 700) controller.abort();
    }
    last = now;
    if (running) setImmediate(turn);
  };
  turn();
  const result = await weir.executeSql(sql, { signal: controller.signal });
  // Planning is over, which reads the files' statistics in one go.
  start = processor();
  const code = await result.collect().then(
    () => null,
    (error: { code?: unknown }) => error.code,
  );
  running = false;
  expect(weir.session.jobs.at(-1)!.status).toBe('CANCELED');
  return { code, worst: Math.max(worst, processor() - last) };
}

/** Many Parquet files, of which only the first takes room on the disk. */
async function writeParquet(weir: TableEnvironment): Promise<void> {
  const path = join(folder, 'parquet');
  await weir.executeSql(
    `CREATE TABLE parquet (k BIGINT, s STRING, t STRING)
     WITH ('connector' = 'filesystem', 'format' = 'parquet', 'path' = '${path}')`,
  );
  if (existsSync(path)) return;
  await weir.executeSql(
    "INSERT INTO parquet SELECT k, s, SUBSTRING(s, 1, 3) FROM g /*+ OPTIONS('number-of-rows' = '400000') */",
  );
  const [first] = readdirSync(path);
  for (let i = 0; i < 100; i++) linkSync(join(path, first!), join(path, `${i}-${first}`));
}

test.each([
  ['sort', 'SELECT * FROM g ORDER BY s, k'],
  ['join build', 'SELECT COUNT(*) AS n FROM b JOIN g ON b.k = g.k'],
  ['nested loop', 'SELECT COUNT(*) AS n FROM b AS x JOIN b AS y ON x.k < y.k JOIN b AS z ON y.k < z.k'],
  [
    'nested loops of which one makes rows for the other',
    'SELECT MAX(x.k + y.k + z.k) AS m FROM b AS x, b AS y, b AS z',
  ],
  ['aggregation', 'SELECT k, COUNT(*) AS n, MAX(s) AS m FROM g GROUP BY k'],
  ['distinct strings', 'SELECT COUNT(DISTINCT s) AS n FROM g'],
  ['scan of Parquet files', 'SELECT MAX(k) AS k, MAX(s) AS s, MAX(t) AS t FROM parquet'],
  ['scan of Parquet files that keeps nothing', "SELECT k FROM parquet WHERE s = '' AND t LIKE '%x%y%z%w%'"],
])('BATCH: %s is cancelled within 200 ms', async (_, sql) => {
  for (const parallelism of ['1', '3']) {
    const { code, worst } = await cancelled(sql, 'BATCH', parallelism);
    expect(code).toBe('RUN-CANCELLED');
    expect(worst).toBeLessThan(200);
  }
});

test.each([
  ['join', 'SELECT COUNT(*) AS n FROM g AS x JOIN g AS y ON x.k = y.k'],
  ['aggregation', 'SELECT k, COUNT(*) AS n, MAX(s) AS m FROM g GROUP BY k'],
])('STREAMING: %s is cancelled within 200 ms', async (_, sql) => {
  const { code, worst } = await cancelled(sql, 'STREAMING', '1');
  expect(code).toBe('RUN-CANCELLED');
  expect(worst).toBeLessThan(200);
});
