import { expect, test } from 'vitest';
import { create } from '../../../src/index.ts';

/** Longest time on the processor between two turns of the event loop, once the signal is due, in milliseconds. */
async function cancelled(sql: string, mode: string, parallelism: string): Promise<{ code: unknown; worst: number }> {
  const weir = create({ configuration: { 'execution.runtime-mode': mode, 'parallelism.default': parallelism } });
  const bounds = "'fields.k.min' = '0', 'fields.k.max' = '200000'";
  await weir.executeSql(
    `CREATE TABLE g (k BIGINT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '100000000', ${bounds})`,
  );
  await weir.executeSql(
    `CREATE TABLE b (k BIGINT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '20000', ${bounds})`,
  );
  const controller = new AbortController();
  const processor = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const start = processor();
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
  const code = await result.collect().then(
    () => null,
    (error: { code?: unknown }) => error.code,
  );
  running = false;
  expect(weir.session.jobs.map(({ status }) => status)).toEqual(['CANCELED']);
  return { code, worst: Math.max(worst, processor() - last) };
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
