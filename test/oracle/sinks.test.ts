/**
 * What reaches a sink comes to the rows of the query: upserts by the sink's key, retractions as a multiset, in both
 * modes, at parallelism 1 and 3, with and without mini-batches; two sinks of one statement set as well.
 */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { create, materialize } from '../../src/index.ts';
import type { SinkChanges } from '../../src/session/session.ts';
import { spread } from '../tools/spread.ts';
import { COMMON, runQuery, type Settings } from './environment.ts';
import { difference } from './same-rows.ts';

const MINI_BATCH: Settings = {
  'table.exec.mini-batch.enabled': 'true',
  'table.exec.mini-batch.allow-latency': '1 s',
  'table.exec.mini-batch.size': '7',
};

const RUNS: readonly (readonly [name: string, settings: Settings])[] = [
  ['batch', { 'execution.runtime-mode': 'BATCH' }],
  ['batch, p3', { 'execution.runtime-mode': 'BATCH', ...spread(3) }],
  ['streaming', { 'execution.runtime-mode': 'STREAMING' }],
  ['streaming, p3', { 'execution.runtime-mode': 'STREAMING', ...spread(3) }],
  ['streaming, mini-batch', { 'execution.runtime-mode': 'STREAMING', ...MINI_BATCH }],
];

function source(): string {
  const random = seededRandom(5);
  const rows = Array.from({ length: 200 }, (_, id) => {
    const k = random.below(6) === 0 ? null : `k${random.below(9)}`;
    return ['+I', { id, k, v: random.below(50) }];
  });
  return `CREATE TABLE src (id INT NOT NULL, k STRING, v INT) WITH ('connector' = 'values', 'rows' = '${JSON.stringify(rows)}')`;
}

interface Case {
  readonly columns: string;
  /** The sink's primary key: indices. */
  readonly key: readonly number[];
  readonly keyNames: string;
  readonly query: string;
}

const CASES: readonly Case[] = [
  {
    columns: 'k STRING NOT NULL, total INT, n BIGINT NOT NULL',
    key: [0],
    keyNames: 'k',
    query: "SELECT COALESCE(k, 'none'), SUM(v), COUNT(*) FROM src GROUP BY COALESCE(k, 'none')",
  },
  {
    columns: 'n BIGINT NOT NULL, times BIGINT NOT NULL',
    key: [0],
    keyNames: 'n',
    query: 'SELECT n, COUNT(*) FROM (SELECT k, COUNT(*) AS n FROM src GROUP BY k) GROUP BY n',
  },
  {
    columns: 'id INT NOT NULL, total INT',
    key: [0],
    keyNames: 'id',
    query: `SELECT s.id, t.total FROM src AS s JOIN (SELECT k, SUM(v) AS total FROM src GROUP BY k) AS t ON s.k = t.k
      WHERE s.id < 40`,
  },
  {
    columns: 'k STRING, place BIGINT NOT NULL, id INT NOT NULL',
    key: [0, 1],
    keyNames: 'k, place',
    query: `SELECT k, place, id FROM (
      SELECT k, id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS place FROM src WHERE k IS NOT NULL
    ) WHERE place <= 3`,
  },
];

async function delivered(
  settings: Settings,
  ddl: string,
  inserts: readonly string[],
): Promise<Map<string, SinkChanges[]>> {
  const changes = new Map<string, SinkChanges[]>();
  const env = create({
    configuration: { ...COMMON, 'table.exec.sink.require-on-conflict': 'false', ...settings },
    onSinkChanges: (batch) => {
      const name = batch.table.split('.').at(-1)!;
      changes.set(name, [...(changes.get(name) ?? []), batch]);
    },
  });
  await env.executeSql(source());
  for await (const result of env.executeScript(ddl)) await result.wait();
  const text =
    inserts.length === 1
      ? inserts[0]!
      : `EXECUTE STATEMENT SET BEGIN ${inserts.map((each) => `${each};`).join(' ')} END`;
  const result = await env.executeSql(text);
  await result.wait();
  return changes;
}

function folded(batches: readonly SinkChanges[], key: readonly number[] | null) {
  const changes = batches.flatMap((batch) => batch.changes);
  const { schema } = batches[0]!;
  const types = schema.fields.map(({ type }) => type);
  return { rows: materialize(changes, types, key), types };
}

describe.each(CASES)('$query', ({ columns, key, keyNames, query }) => {
  const insertable = columns.includes('place') ? columns.replace('k STRING', 'k STRING NOT NULL') : columns;
  const upsert = `CREATE TABLE up (${insertable}, PRIMARY KEY (${keyNames}) NOT ENFORCED)
    WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,D');`;
  const retract = `CREATE TABLE re (${columns}) WITH ('connector' = 'values', 'changelog-mode' = 'I,UB,UA,D');`;

  test.each(RUNS)('%s', async (_name, settings) => {
    const plain = create({ configuration: { ...COMMON, 'execution.runtime-mode': 'BATCH' } });
    await plain.executeSql(source());
    const expected = await runQuery(plain, query);

    const both = await delivered(settings, `${upsert} ${retract}`, [
      `INSERT INTO up ${query}`,
      `INSERT INTO re ${query}`,
    ]);
    const up = folded(both.get('up')!, key);
    expect(difference(up.rows, expected.rows, up.types)).toBeNull();
    const re = folded(both.get('re')!, null);
    expect(difference(re.rows, expected.rows, re.types)).toBeNull();

    const alone = folded((await delivered(settings, upsert, [`INSERT INTO up ${query}`])).get('up')!, key);
    expect(difference(alone.rows, expected.rows, alone.types)).toBeNull();
  });
});
