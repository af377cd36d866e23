/**
 * One query in STREAMING that stops at a drawn instant, with a savepoint or because its process is killed, and goes on at
 * another parallelism, twice. What its changes come to must be what BATCH gives.
 */
import { Configuration } from '../../src/base/config.ts';
import { seededRandom } from '../../src/base/random.ts';
import { CatalogManager } from '../../src/catalog/catalog-manager.ts';
import { type Change, materialize } from '../../src/session/changelog-view.ts';
import { registries } from '../../src/session/open-session.ts';
import { Session } from '../../src/session/session.ts';
import { TableEnvironment } from '../../src/session/table-environment.ts';
import type { TableResult } from '../../src/session/table-result.ts';
import { diskWithInput } from './jobs.ts';
import { SimulatedTime } from './simulated-time.ts';

/** Over src(id, g, v, ts) and its view dim(id, g, v) of a few rows. */
export const QUERIES: Readonly<Record<string, string>> = {
  filter: 'SELECT id, v FROM src WHERE v > 50',
  group: 'SELECT g, COUNT(*) AS c, SUM(v) AS s, MIN(v) AS lo, MAX(v) AS hi, AVG(v) AS mean FROM src GROUP BY g',
  global: 'SELECT COUNT(*) AS c, SUM(v) AS s FROM src',
  distinct: 'SELECT g, COUNT(DISTINCT v) AS d, SUM(DISTINCT v) AS s FROM src GROUP BY g',
  'select distinct': 'SELECT DISTINCT v FROM src',
  'group of group': 'SELECT c, COUNT(*) AS n FROM (SELECT v, COUNT(*) AS c FROM src GROUP BY v) AS t GROUP BY c',
  'max of group': 'SELECT MAX(c) AS most FROM (SELECT v, COUNT(*) AS c FROM src GROUP BY v) AS t',
  text: "SELECT CAST(g AS STRING) || '-key' AS k, MAX(CAST(v AS STRING)) AS m FROM src GROUP BY CAST(g AS STRING)",
  join: 'SELECT a.id, b.v FROM src AS a JOIN dim AS b ON a.g = b.g',
  'left join': 'SELECT a.id, b.v FROM src AS a LEFT JOIN dim AS b ON a.v = b.v',
  'full join': 'SELECT a.id, b.id FROM (SELECT * FROM src WHERE g < 4) AS a FULL JOIN dim AS b ON a.v = b.v',
  'semi join': 'SELECT id FROM src WHERE v IN (SELECT v FROM dim)',
  'anti join': 'SELECT id FROM src WHERE NOT EXISTS (SELECT * FROM dim WHERE dim.v = src.v)',
  'join of groups': `SELECT a.g, a.s, b.c FROM (SELECT g, SUM(v) AS s FROM src GROUP BY g) AS a
    JOIN (SELECT g, COUNT(*) AS c FROM dim GROUP BY g) AS b ON a.g = b.g`,
  'first row': `SELECT g, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY ts ASC) AS rn FROM src)
    WHERE rn = 1`,
  'last row': `SELECT g, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY ts DESC) AS rn FROM src)
    WHERE rn = 1`,
  'top n': `SELECT g, id, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY v DESC, id) AS rn FROM src)
    WHERE rn <= 3`,
  'top n of groups': `SELECT v, c FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY c DESC, v) AS rn
    FROM (SELECT v, COUNT(*) AS c FROM src GROUP BY v) AS t) WHERE rn <= 5`,
  union: 'SELECT g FROM src WHERE v > 90 UNION SELECT v FROM dim',
  except: 'SELECT v FROM src EXCEPT SELECT v FROM dim',
  sorted: 'SELECT id, ts FROM src ORDER BY ts',
};

export interface Restored {
  readonly query: string;
  /** Of the runs, one after the other. */
  readonly parallelism: readonly number[];
  /** How often it was stopped and went on. */
  readonly restarts: number;
  /** null: what the changes come to is right. */
  readonly problem: string | null;
}

export const MINI_BATCH: Readonly<Record<string, string>> = {
  'table.exec.mini-batch.enabled': 'true',
  'table.exec.mini-batch.allow-latency': '10 ms',
  'table.exec.mini-batch.size': '7',
};

/** Every other seed has mini-batches. @param how savepoint: the next run begins with it; kill: with the last checkpoint */
export async function restore(query: string, seed: number, how: 'savepoint' | 'kill'): Promise<Restored> {
  const random = seededRandom(seed * 2654435761);
  const parallelism = [1 + random.below(3), 1 + random.below(3), 1 + random.below(3)];
  const disk = diskWithInput();
  const begin = (mode: string, subtasks: number, path: string | null) => {
    const time = new SimulatedTime(random);
    const session = new Session({
      registries: registries(),
      catalogs: new CatalogManager(),
      configuration: new Configuration({
        'execution.runtime-mode': mode,
        'parallelism.default': String(subtasks),
        'execution.checkpointing.interval': `${5 + random.below(30)} ms`,
        'restart-strategy.type': 'none',
        ...(seed % 2 === 0 ? MINI_BATCH : {}),
        ...(path === null ? {} : { 'execution.state-recovery.path': path }),
        ...(how === 'kill' && mode === 'STREAMING' ? { 'weir.job-id': 'killed' } : {}),
      }),
      fileSystem: disk,
      clock: time,
      timers: time,
      random,
      workers: null,
    });
    return new TableEnvironment(session);
  };
  const changes: Change[] = [];
  let restarts = 0;
  let path: string | null = null;
  let schema: TableResult['schema'] | null = null;
  for (const [number, subtasks] of parallelism.entries()) {
    const result = await run(begin('STREAMING', subtasks, path), query);
    schema = result.schema;
    // So many looks at the input files after the beginning.
    let left = 1 + random.below(12);
    let stopped: Promise<string | null> | null = null;
    disk.onOperation = (operation, file) => {
      if (number === parallelism.length - 1 || operation !== 'read' || !file.startsWith('/in') || --left !== 0) return;
      if (how === 'savepoint') {
        stopped = result.job!.control.stopWithSavepoint({ directory: '/savepoints' }).catch(() => null);
        return;
      }
      const die = (): never => {
        throw new Error('killed');
      };
      disk.onOperation = die;
      result.job!.cancel();
      die();
    };
    const killed = await readAll(result, changes);
    disk.onOperation = () => undefined;
    if (killed) disk.crash(random);
    path = await stopped;
    if (path === null && !killed) break;
    restarts++;
  }
  const types = schema!.fields.map(({ type }) => type);
  const expected: Change[] = [];
  for await (const change of (await run(begin('BATCH', 1, null), query)).changes()) expected.push(change);
  const problem = differenceOf(materialize(changes, types), materialize(expected, types));
  return { query, parallelism, restarts, problem };
}

/** @returns whether the job was killed */
async function readAll(result: TableResult, into: Change[]): Promise<boolean> {
  try {
    for await (const change of result.changes()) into.push(change);
    return false;
  } catch {
    return true;
  }
}

async function run(environment: TableEnvironment, query: string): Promise<TableResult> {
  await environment.executeSql(
    `CREATE TABLE src (id BIGINT, g BIGINT, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
     WITH ('connector' = 'filesystem', 'path' = '/in', 'format' = 'csv')`,
  );
  await environment.executeSql('CREATE VIEW dim AS SELECT id, g, v FROM src WHERE id < 20');
  return environment.sqlQuery(query);
}

function differenceOf(
  actual: readonly (readonly unknown[])[],
  expected: readonly (readonly unknown[])[],
): string | null {
  const text = (rows: readonly (readonly unknown[])[]): string[] => rows.map((row) => row.join(',')).sort();
  const [a, b] = [text(actual), text(expected)];
  if (a.join('\n') === b.join('\n')) return null;
  const extra = a.filter((row) => !b.includes(row));
  const missing = b.filter((row) => !a.includes(row));
  return `${a.length} rows instead of ${b.length}; too many: ${extra.slice(0, 3).join(' | ')}; missing: ${missing
    .slice(0, 3)
    .join(' | ')}`;
}
