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
