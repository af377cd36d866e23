/** Jobs on several threads: the same rows, and whatever can happen to a thread. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { create, EngineError, type TableEnvironment } from '../../../src/index.ts';
import { WorkerPool } from '../../../src/runtime/worker/worker-pool.ts';
import { workerPool } from '../../../src/session/worker-pool.ts';
import { spread } from '../../tools/spread.ts';

let pool: WorkerPool;
beforeEach(() => {
  pool = workerPool(new URL('../../../src/index.ts', import.meta.url).href);
});
afterEach(() => pool.close());

const sequence = (rows: number): string =>
  `'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${rows}', 'rows-per-second' = '100000000'`;

/** Table `t`, with as many ids as `rows`, and `endless`. */
async function session(settings: Readonly<Record<string, string>>, rows = 20_000): Promise<TableEnvironment> {
  const weir = create({ workers: pool, configuration: { ...spread(2), ...settings } });
  await weir.executeSql(
    `CREATE TABLE t (id BIGINT, k INT, s STRING) WITH ('connector' = 'datagen', ${sequence(rows)},
       'fields.k.min' = '0', 'fields.k.max' = '40', 'fields.s.length' = '20')`,
  );
  await weir.executeSql(
    `CREATE TABLE endless (k INT, s STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000',
       'fields.k.min' = '0', 'fields.k.max' = '100000', 'fields.s.length' = '10')`,
  );
  return weir;
}

async function rowsOf(weir: TableEnvironment, sql: string): Promise<string[]> {
  return (await (await weir.executeSql(sql)).materialize()).map((row) => Object.values(row).join('|')).sort();
}

async function failure(promise: Promise<unknown>): Promise<EngineError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(EngineError);
  return error as EngineError;
}

const used = ({ session: { memory } }: TableEnvironment): number => memory.statistics.used;

describe.each(['BATCH', 'STREAMING'])('%s', (mode) => {
  test.each(['2', '3'])('%s threads give the rows of one, and their memory back', async (parallelism) => {
    const settings = { 'execution.runtime-mode': mode };
    const weir = await session({ ...settings, ...spread(parallelism) });
    const alone = await session({ ...settings, ...spread(1) });
    const joined =
      'SELECT a.k, COUNT(*) AS n, SUM(b.id) AS m, MIN(a.s) AS s FROM t a JOIN t b ON a.id = b.id GROUP BY a.k';
    expect(await rowsOf(weir, joined)).toEqual(await rowsOf(alone, joined));
    // Modules are compiled, and tables of constants are made, the first time.
    const before = used(weir);
    for (let i = 0; i < 3; i++) await rowsOf(weir, joined);
    expect(used(weir)).toBe(before);
  });

  test('threads that take turns in a slot', async () => {
    const settings = {
      'execution.runtime-mode': mode,
      ...spread(4),
      'taskmanager.numberOfTaskSlots': '2',
    };
    const weir = await session(settings);
    const rows = await rowsOf(weir, 'SELECT COUNT(*) AS n, SUM(id) AS s FROM (SELECT DISTINCT id FROM t)');
    expect(rows).toEqual(['20000|200010000']);
  });

  test('what a task on a worker fails with comes back whole', async () => {
    const weir = await session({ 'execution.runtime-mode': mode });
    const error = await failure(rowsOf(weir, 'SELECT k, SUM(1 / (id - id)) AS x FROM t GROUP BY k'));
    expect(error.code).toBe('RUN-DIVISION-BY-ZERO');
    expect(error.message).toMatch(/division by zero|divided by zero/);
    const before = used(weir);
    await failure(rowsOf(weir, 'SELECT k, SUM(1 / (id - id)) AS x FROM t GROUP BY k'));
    expect(used(weir)).toBe(before);
  });

  test('rows that sinks on workers hand over all arrive', async () => {
    const seen = new Set<string>();
    const weir = create({
      workers: pool,
      configuration: { ...spread(3), 'execution.runtime-mode': mode },
      onPrint: (_stream, line) => seen.add(line),
    });
    await weir.executeSql(`CREATE TABLE n (id BIGINT) WITH ('connector' = 'datagen', ${sequence(30_000)})`);
    await weir.executeSql("CREATE TABLE p (id BIGINT) WITH ('connector' = 'print')");
    await (await weir.executeSql('INSERT INTO p SELECT id FROM n')).wait();
    expect(seen.size).toBe(30_000);
    // The subtask stands before each line. In BATCH splits go to who comes first; the others may be too late.
    const subtasks = [...new Set([...seen].map((line) => line.split('>')[0]))].sort();
    expect(subtasks).toEqual(mode === 'STREAMING' ? ['1', '2', '3'] : expect.arrayContaining(['1']));
  });
});

const ENDLESS = 'SELECT k, COUNT(*) AS n, MAX(s) AS m FROM endless GROUP BY k';

/** Reads results until the job is well on its way. */
async function started(weir: TableEnvironment, sql: string) {
  const result = await weir.executeSql(sql);
  const changes = result.changes();
  for (let i = 0; i < 5000; i++) await changes.next();
  return { result, changes };
}

test('a worker that dies fails its job, not the process; the next job has a new one', async () => {
  const weir = await session({});
  await rowsOf(weir, 'SELECT k, COUNT(*) AS n FROM t GROUP BY k');
  const before = used(weir);
  const { changes } = await started(weir, ENDLESS);
  const [thread] = pool.threads(1);
  thread!.end();
  const error = await failure(
    (async () => {
      for await (const _ of changes);
    })(),
  );
  expect(error.code).toBe('RUN-WORKER-LOST');
  expect(weir.session.jobs.at(-1)!.status).toBe('FAILED');
  expect(await rowsOf(weir, 'SELECT COUNT(DISTINCT id) AS n FROM t')).toEqual(['20000']);
  expect(pool.threads(1)[0]).not.toBe(thread);
  // What the dead thread had was given back.
  expect(used(weir)).toBeLessThanOrEqual(before + 65_536);
});

test('a worker that cannot start fails the job', async () => {
  const broken = new WorkerPool(new URL('data:text/javascript,throw new Error("no such thing")'));
  const weir = create({ workers: broken, configuration: spread(2) });
  await weir.executeSql("CREATE TABLE t (k INT) WITH ('connector' = 'datagen', 'number-of-rows' = '10')");
  const error = await failure(rowsOf(weir, 'SELECT k, COUNT(*) AS n FROM t GROUP BY k'));
  expect(error.code).toBe('RUN-WORKER-LOST');
  expect(error.message).toContain('no such thing');
});

test('a job in BATCH on two threads leaves a savepoint, from which one on three goes on', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'weir-workers-'));
  const path = join(parent, 'savepoint');
  const sql = 'SELECT k, COUNT(*) AS n, SUM(id) AS s FROM t GROUP BY k';
  const past = await session({ 'execution.runtime-mode': 'BATCH', 'weir.savepoint-at-end': path });
  const first = await rowsOf(past, sql);
  // The same rows once more: another source stands in the place of the one that was read to its end.
  const live = await session({ ...spread(3), 'execution.state-recovery.path': path }, 20_001);
  const changes = await (await live.executeSql(sql)).collect();
  rmSync(parent, { recursive: true });
  expect(first).toHaveLength(41);
  expect(changes.filter(({ kind }) => kind === '+I')).toEqual([]);
  const latest = new Map(changes.filter(({ kind }) => kind === '+U').map(({ row }) => [row['k'], row]));
  const total = (column: string): number => [...latest.values()].reduce((sum, row) => sum + Number(row[column]), 0);
  expect(total('n')).toBe(40_001);
  expect(total('s')).toBe((20_000 * 20_001) / 2 + (20_001 * 20_002) / 2);
});

test('cancelling reaches workers, and everything is given back', async () => {
  const weir = await session({});
  await rowsOf(weir, 'SELECT k, COUNT(*) AS n, MAX(s) AS m FROM t GROUP BY k');
  const before = used(weir);
  for (let i = 0; i < 2; i++) {
    const { changes } = await started(weir, ENDLESS);
    weir.close();
    const error = await failure(
      (async () => {
        for await (const _ of changes);
      })(),
    );
    expect(error.code).toBe('RUN-CANCELLED');
    expect(used(weir)).toBe(before);
  }
});

test('who reads slowly slows workers down', async () => {
  const weir = await session({});
  const { changes } = await started(weir, 'SELECT k, s FROM endless');
  const memory = (): number => weir.session.memory.statistics.used;
  let most = 0;
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    most = Math.max(most, memory());
    for (let row = 0; row < 100; row++) await changes.next();
  }
  // Some batches of 2048 rows of 60 bytes in each ring.
  expect(most).toBeLessThan(8 << 20);
  weir.close();
  await failure(
    (async () => {
      for await (const _ of changes);
    })(),
  );
});
