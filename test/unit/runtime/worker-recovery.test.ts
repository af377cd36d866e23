import { afterEach, beforeEach, expect, test } from 'vitest';
import { create } from '../../../src/index.ts';
import type { WorkerPool } from '../../../src/runtime/worker/worker-pool.ts';
import { workerPool } from '../../../src/session/worker-pool.ts';
import { spread } from '../../tools/spread.ts';

const ROWS = 400_000;

let pool: WorkerPool;
beforeEach(() => {
  pool = workerPool(new URL('../../../src/index.ts', import.meta.url).href);
});
afterEach(() => pool.close());

test.each(['BATCH', 'STREAMING'])('%s: a job whose worker dies goes on without it, if it may restart', async (mode) => {
  const weir = create({
    workers: pool,
    configuration: {
      'execution.runtime-mode': mode,
      ...spread(2),
      'execution.checkpointing.interval': '20 ms',
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.delay': '10 ms',
      'restart-strategy.fixed-delay.attempts': '10',
    },
  });
  await weir.executeSql(
    `CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '400000',
       'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${ROWS}')`,
  );
  // So that the thread is there.
  await (await weir.executeSql('SELECT COUNT(*) AS n FROM (VALUES (1), (2)) AS v (x)')).collect();
  const result = await weir.executeSql('SELECT id % 3 AS k, COUNT(*) AS n FROM t GROUP BY id % 3');
  const rows = result.materialize();
  setTimeout(() => pool.threads(1)[0]!.end(), 400);
  expect((await rows).map(({ k, n }) => `${k} ${n}`).sort()).toEqual(['0 133333', '1 133334', '2 133333']);
  expect((await result.wait())!.restarts).toBeGreaterThan(0);
});

test('subtasks that keep a table together begin again together when a worker dies', async () => {
  const weir = create({
    workers: pool,
    configuration: {
      'execution.runtime-mode': 'BATCH',
      ...spread(3),
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.delay': '10 ms',
      'restart-strategy.fixed-delay.attempts': '10',
    },
  });
  const paced = (name: string, rows: number): string =>
    `CREATE TABLE ${name} (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '200000',
       'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${rows}')`;
  for (const statement of [paced('l', ROWS / 4), paced('r', ROWS / 4)]) await weir.executeSql(statement);
  const query = `SELECT COUNT(*) AS n, COUNT(DISTINCT l.id) AS ids, MAX(s) AS s
    FROM l FULL JOIN (SELECT id + 10 AS id, 'row ' || CAST(id AS STRING) AS s FROM r) AS r ON l.id = r.id`;
  const expected = [{ n: ROWS / 4 + 10, ids: ROWS / 4, s: 'row 99999' }];
  // While the rows are stored, and while they are looked up.
  for (const delay of [200, 700]) {
    await (await weir.executeSql('SELECT COUNT(*) AS n FROM (VALUES (1), (2)) AS v (x)')).collect();
    const result = await weir.executeSql(query);
    const rows = result.materialize();
    setTimeout(() => pool.threads(2)[1]!.end(), delay);
    expect(await rows).toEqual(expected);
    expect((await result.wait())!.restarts).toBeGreaterThan(0);
  }
});
