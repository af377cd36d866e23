/**
 * Hash joins whose subtasks keep one build side together: the rows of one subtask's join, of every type, on one thread
 * and on several, within memory and beyond it; and nothing is left of what they hand each other.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { create, type TableEnvironment } from '../../../src/index.ts';
import type { WorkerPool } from '../../../src/runtime/worker/worker-pool.ts';
import { workerPool } from '../../../src/session/worker-pool.ts';
import { spread } from '../../tools/spread.ts';

let pool: WorkerPool;
beforeEach(() => {
  pool = workerPool(new URL('../../../src/index.ts', import.meta.url).href);
});
afterEach(() => pool.close());

/** Keys of `l` are 0 to 1499 and NULL, those of `r` 1000 to 2999 and NULL, several times each. */
const TABLES = [
  `CREATE TABLE seq (id INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000',
     'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '7999')`,
  `CREATE TABLE l WITH ('connector' = 'memory') AS
     SELECT id, NULLIF(id % 1500, 7) AS k, 'left ' || CAST(id AS STRING) AS s FROM seq WHERE id < 6000`,
  `CREATE TABLE r WITH ('connector' = 'memory') AS
     SELECT id, NULLIF(1000 + id % 2000, 1007) AS k, 'a string on the right, ' || CAST(id AS STRING) AS s FROM seq`,
  `CREATE TABLE wide WITH ('connector' = 'memory') AS SELECT k, s || REPEAT('.', 100) AS s FROM l`,
];

const LIST = 'l.id, l.s, r.id AS rid, r.s AS rs';
const QUERIES: Readonly<Record<string, string>> = {
  inner: `SELECT ${LIST} FROM l JOIN r ON l.k = r.k`,
  'inner by strings': `SELECT ${LIST} FROM l JOIN r ON l.k = r.k AND SUBSTR(l.s, 1, 1) <> SUBSTR(r.s, 1, 1)`,
  left: `SELECT ${LIST} FROM l LEFT JOIN r ON l.k = r.k AND l.id < r.id`,
  right: `SELECT ${LIST} FROM l RIGHT JOIN r ON l.k = r.k AND l.id < r.id`,
  full: `SELECT ${LIST} FROM l FULL JOIN r ON l.k = r.k`,
  semi: 'SELECT l.id, l.s FROM l WHERE EXISTS (SELECT 1 FROM r WHERE r.k = l.k AND r.id > l.id)',
  'semi of the larger': 'SELECT r.id, r.s FROM r WHERE r.k IN (SELECT k FROM l)',
  anti: 'SELECT l.id, l.s FROM l WHERE NOT EXISTS (SELECT 1 FROM r WHERE r.k = l.k)',
  'not in': 'SELECT l.id FROM l WHERE l.k NOT IN (SELECT k FROM r WHERE k IS NOT NULL)',
  'not in a list with NULL': 'SELECT l.id FROM l WHERE l.k NOT IN (SELECT k FROM r)',
  'null-safe': `SELECT ${LIST} FROM l JOIN r ON l.k IS NOT DISTINCT FROM r.k`,
  'of an empty side': `SELECT ${LIST} FROM l LEFT JOIN (SELECT * FROM r WHERE id < 0) AS r ON l.k = r.k`,
  'rows that come by hash, and are joined so behind the join': `SELECT /*+ BROADCAST(wide), SHUFFLE_HASH(b) */ a.id, b.c, wide.s
       FROM (SELECT id, MAX(k) AS k FROM r GROUP BY id) AS a JOIN wide ON a.k = wide.k
       JOIN (SELECT id, COUNT(*) AS c FROM r GROUP BY id) AS b ON a.id = b.id`,
  'rows that come by hash, and are grouped so with those that met nothing': `SELECT a.id, COUNT(*) AS n, MAX(l.s) AS s, MAX(a.s) AS rs
       FROM (SELECT id, MAX(k) AS k, MAX(s) AS s FROM r GROUP BY id) AS a RIGHT JOIN l ON a.k = l.k GROUP BY a.id`,
  'two in a chain': `SELECT ${LIST}, x.id AS xid FROM l JOIN r ON l.k = r.k LEFT JOIN l AS x ON x.id = r.id`,
};

async function session(settings: Readonly<Record<string, string>>): Promise<TableEnvironment> {
  const weir = create({ workers: pool, configuration: { 'execution.runtime-mode': 'BATCH', ...settings } });
  for (const table of TABLES) await (await weir.executeSql(table)).wait();
  return weir;
}

async function rowsOf(weir: TableEnvironment, sql: string): Promise<string[]> {
  return (await (await weir.executeSql(sql)).materialize()).map((row) => JSON.stringify(row)).sort();
}

async function spilledBytes(weir: TableEnvironment, sql: string): Promise<number> {
  const result = await weir.executeSql(sql);
  await result.materialize();
  const { vertices } = (await result.wait())!;
  return vertices.reduce((sum, { counters }) => sum + (counters['spilledBytes'] ?? 0), 0);
}

const BEYOND_MEMORY = {
  ...spread(3),
  'taskmanager.memory.managed.size': '200 kb',
  'table.exec.disabled-operators': 'SortMergeJoin',
};

describe.each([
  ['two threads', { ...spread(2) }],
  ['three threads', { ...spread(3) }],
  ['four subtasks that take turns on two threads', { ...spread(4), 'taskmanager.numberOfTaskSlots': '2' }],
  ['beyond memory', BEYOND_MEMORY],
  ['no thread', { ...spread(3), 'taskmanager.numberOfTaskSlots': '3' }],
])('%s', (_, settings) => {
  test.each(Object.entries(QUERIES))('%s', async (_, query) => {
    const alone = await session(spread(1));
    const together = await session(settings);
    expect(await rowsOf(together, query)).toEqual(await rowsOf(alone, query));
    const before = together.session.memory.statistics.used;
    for (let i = 0; i < 3; i++) await rowsOf(together, query);
    // What the main thread frees of another one comes back to it with its next job.
    expect(together.session.memory.statistics.used).toBeLessThan(before + 1024);
  });
});

test('what does not fit is on disk, in parts that each subtask joins some of', async () => {
  const weir = await session(BEYOND_MEMORY);
  // 14,000 rows of two numbers and a string.
  expect(await spilledBytes(weir, QUERIES['full']!)).toBeGreaterThan(14_000 * 40);
});
