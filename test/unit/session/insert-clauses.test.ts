import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { create, type TableEnvironment } from '../../../src/index.ts';
import { spread } from '../../tools/spread.ts';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'weir-insert-'));
});
afterEach(() => fs.rmSync(root, { recursive: true }));

async function run(environment: TableEnvironment, ...statements: readonly string[]): Promise<void> {
  for (const sql of statements) await (await environment.executeSql(sql)).wait();
}

async function rows(environment: TableEnvironment, sql: string): Promise<readonly unknown[]> {
  const list = await (await environment.executeSql(sql)).materialize();
  return list.map((row) => Object.values(row)).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

const batch = (parallelism = 1) =>
  create({
    configuration: { 'execution.runtime-mode': 'BATCH', ...spread(parallelism) },
  });

const partitioned = (format = 'csv') =>
  `CREATE TABLE p (id INT, k STRING, d DATE) PARTITIONED BY (d, k)
   WITH ('connector' = 'filesystem', 'path' = '${root}/p', 'format' = '${format}')`;

describe('PARTITIONED BY', () => {
  test.each(['csv', 'json', 'parquet'])('makes directories, in its own order, and reads them: %s', async (format) => {
    const environment = batch(2);
    await run(
      environment,
      partitioned(format),
      "INSERT INTO p VALUES (1, 'x', DATE '2024-01-01'), (2, 'y', DATE '2024-01-01'), (3, CAST(NULL AS STRING), NULL)",
    );
    expect(fs.readdirSync(`${root}/p`).sort()).toEqual(['d=2024-01-01', 'd=__DEFAULT_PARTITION__']);
    expect(fs.readdirSync(`${root}/p/d=2024-01-01`).sort()).toEqual(['k=x', 'k=y']);
    expect(await rows(environment, 'SELECT * FROM p')).toEqual([
      [1, 'x', '2024-01-01'],
      [2, 'y', '2024-01-01'],
      [3, null, null],
    ]);
    expect(await rows(environment, "SELECT id FROM p WHERE k = 'y' AND d >= DATE '2023-12-31'")).toEqual([[2]]);
  });

  test('of CREATE TABLE AS and of LIKE', async () => {
    const environment = batch();
    await run(
      environment,
      partitioned(),
      `CREATE TABLE c PARTITIONED BY (k) WITH ('connector' = 'filesystem', 'path' = '${root}/c', 'format' = 'json')
       AS SELECT 1 AS id, 'a' AS k`,
      `CREATE TABLE l WITH ('path' = '${root}/l') LIKE p`,
      "INSERT INTO l VALUES (1, 'x', DATE '2024-01-01')",
    );
    expect(fs.readdirSync(`${root}/c`)).toEqual(['k=a']);
    expect(fs.readdirSync(`${root}/l`)).toEqual(['d=2024-01-01']);
  });

  test('is refused by sinks that would ignore it, as are buckets', async () => {
    const environment = batch();
    await run(
      environment,
      "CREATE TABLE v (id INT, k STRING) PARTITIONED BY (k) WITH ('connector' = 'values')",
      "CREATE TABLE b (id INT, k STRING) DISTRIBUTED BY (id) INTO 4 BUCKETS WITH ('connector' = 'blackhole')",
      "CREATE TABLE n (id INT, k STRING) PARTITIONED BY (k) WITH ('connector' = 'blackhole')",
      "INSERT INTO n VALUES (1, 'a')",
    );
    await expect(run(environment, "INSERT INTO v VALUES (1, 'a')")).rejects.toThrow('is partitioned');
    await expect(run(environment, "INSERT INTO b VALUES (1, 'a')")).rejects.toThrow('is distributed into buckets');
  });
});

describe('PARTITION (…)', () => {
  test('fixes columns; what is not named is NULL', async () => {
    const environment = batch();
    await run(
      environment,
      partitioned('json'),
      "INSERT INTO p PARTITION (d = '2024-05-06', k = 'x') SELECT 1",
      "INSERT INTO p PARTITION (k = 'z') SELECT 2, DATE '2024-05-07'",
      "INSERT INTO p PARTITION (k = 'z') (d) SELECT DATE '2024-05-08'",
    );
    expect(await rows(environment, 'SELECT * FROM p')).toEqual([
      [1, 'x', '2024-05-06'],
      [2, 'z', '2024-05-07'],
      [null, 'z', '2024-05-08'],
    ]);
    await expect(run(environment, "INSERT INTO p PARTITION (id = 1) SELECT 'a', d FROM p")).rejects.toThrow(
      "'id' is no partition column",
    );
  });
});

describe('INSERT OVERWRITE', () => {
  test('replaces a table that has no partitions, by nothing too', async () => {
    const environment = batch(2);
    await run(
      environment,
      `CREATE TABLE q (id INT) WITH ('connector' = 'filesystem', 'path' = '${root}/q', 'format' = 'json')`,
      'INSERT INTO q VALUES (1), (2)',
      'INSERT OVERWRITE q VALUES (3)',
    );
    expect(await rows(environment, 'SELECT * FROM q')).toEqual([[3]]);
    await run(environment, 'INSERT OVERWRITE q SELECT id + 1 FROM q');
    expect(await rows(environment, 'SELECT * FROM q')).toEqual([[4]]);
    await run(environment, 'INSERT OVERWRITE q SELECT id FROM q WHERE id < 0');
    expect(await rows(environment, 'SELECT * FROM q')).toEqual([]);
  });

  // Flink, FileSystemCommitter: partitions that get rows, and an empty one only where PARTITION (…) names it whole.
  test('replaces the partitions that get rows, and the one that PARTITION (…) names', async () => {
    const environment = batch();
    const day = "DATE '2024-01-01'";
    await run(
      environment,
      partitioned(),
      `INSERT INTO p VALUES (1, 'x', ${day}), (2, 'y', ${day}), (3, 'z', ${day})`,
      `INSERT OVERWRITE p VALUES (20, 'y', ${day})`,
    );
    const at = '2024-01-01';
    expect(await rows(environment, 'SELECT * FROM p')).toEqual([
      [1, 'x', at],
      [20, 'y', at],
      [3, 'z', at],
    ]);
    await run(environment, 'INSERT OVERWRITE p SELECT * FROM p WHERE id < 0');
    expect((await rows(environment, 'SELECT * FROM p')).length).toBe(3);
    await run(environment, `INSERT OVERWRITE p PARTITION (d = '${at}', k = 'x') SELECT id FROM p WHERE id < 0`);
    expect(await rows(environment, 'SELECT * FROM p')).toEqual([
      [20, 'y', at],
      [3, 'z', at],
    ]);
  });

  test('is refused in STREAMING and by other sinks, before anything is touched', async () => {
    const environment = create();
    await run(
      environment,
      `CREATE TABLE q (id INT) WITH ('connector' = 'filesystem', 'path' = '${root}/q', 'format' = 'json')`,
      "CREATE TABLE o (id INT) WITH ('connector' = 'blackhole')",
      'INSERT INTO q VALUES (1)',
    );
    // Flink 2.3: "Streaming mode not support overwrite."
    await expect(run(environment, 'INSERT OVERWRITE q VALUES (2)')).rejects.toMatchObject({ code: 'PLAN-OVERWRITE' });
    await expect(run(environment, 'INSERT OVERWRITE o VALUES (2)')).rejects.toMatchObject({
      code: 'CONNECTOR-ABILITY',
    });
    expect(await rows(environment, 'SELECT * FROM q')).toEqual([[1]]);
  });
});
