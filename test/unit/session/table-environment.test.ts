import { describe, expect, test } from 'vitest';
import { compare, create, EngineError } from '../../../src/index.ts';
import type { SinkChanges } from '../../../src/session/session.ts';

const rowsOf = (...rows: readonly (readonly [string, Record<string, unknown>])[]): string =>
  `'connector' = 'values', 'changelog-mode' = 'I,UB,UA,D', 'rows' = '${JSON.stringify(rows)}'`;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('TableEnvironment', () => {
  test('a query gives its changes one by one, and what they come to', async () => {
    const environment = create();
    await environment.executeSql(
      `CREATE TABLE t (k STRING, v INT) WITH (${rowsOf(['+I', { k: 'a', v: 1 }], ['+I', { k: 'b', v: 2 }], ['+I', { k: 'a', v: 3 }])})`,
    );
    const query = 'SELECT k, SUM(v) AS s FROM t GROUP BY k';
    const result = await environment.sqlQuery(query);
    expect(result.schema.fields.map(({ name }) => name)).toEqual(['k', 's']);
    const kinds = [];
    for await (const { kind, row } of result) kinds.push([kind, row.k, row.s]);
    expect(kinds).toEqual([
      ['+I', 'a', 1],
      ['+I', 'b', 2],
      ['-U', 'a', 1],
      ['+U', 'a', 4],
    ]);
    expect(await (await environment.sqlQuery(query)).materialize()).toEqual([
      { k: 'b', s: 2 },
      { k: 'a', s: 4 },
    ]);
    await environment.executeSql("SET 'execution.runtime-mode' = 'AUTOMATIC'");
    await environment.executeSql(
      "CREATE TABLE i (v INT) WITH ('connector' = 'values', 'rows' = '[[\"+I\", {\"v\": 7}]]')",
    );
    expect(await (await environment.sqlQuery('SELECT SUM(v) AS s FROM i')).collect()).toEqual([
      { kind: '+I', row: { s: 7 } },
    ]);
  });

  test('rows of the program are tables: arrays, iterables, async iterables', async () => {
    const environment = create({ configuration: { 'execution.runtime-mode': 'batch' } });
    await environment.createTemporaryView('people', [
      { name: 'ann', age: 31 },
      { name: 'bob', age: null },
    ]);
    async function* visits() {
      yield ['ann', 3n];
      yield ['bob', 4n];
    }
    await environment.createTemporaryView('visits', visits(), 'who STRING, n BIGINT');
    expect(await (await environment.sqlQuery('SELECT name FROM people WHERE age IS NULL')).collect()).toEqual([
      { kind: '+I', row: { name: 'bob' } },
    ]);
    expect(await (await environment.sqlQuery('SELECT SUM(n) AS n FROM visits')).collect()).toEqual([
      { kind: '+I', row: { n: 7 } },
    ]);
    await expect(environment.createTemporaryView('x', [{ a: null }])).rejects.toThrow("the type of column 'a' of 'x'");
  });

  test('INSERT runs until its job ends; a statement set is one job', async () => {
    const delivered: SinkChanges[] = [];
    const environment = create({ onSinkChanges: (changes) => delivered.push(changes) });
    await environment.executeSql("CREATE TABLE s (x INT) WITH ('connector' = 'values')");
    await environment.executeSql("CREATE TABLE z (x INT) WITH ('connector' = 'values')");
    const result = await environment.executeSql('INSERT INTO s VALUES (1), (2)');
    expect((await result.wait())?.vertices.length).toBeGreaterThan(0);
    expect(delivered.map(({ table, changes }) => [table, changes.map(({ row }) => row[0])])).toEqual([
      ['default_catalog.default_database.s', [1, 2]],
    ]);
    const statements = ['BEGIN STATEMENT SET', 'INSERT INTO s VALUES (3)', 'INSERT INTO z VALUES (4)', 'END'];
    for (const sql of statements) await (await environment.executeSql(sql)).wait();
    expect(delivered.slice(1).map(({ changes }) => changes[0]?.row[0])).toEqual([3, 4]);
    const jobs = await (await environment.executeSql('SHOW JOBS')).collect();
    expect(jobs.map(({ row }) => row.status)).toEqual(['FINISHED', 'FINISHED']);
  });

  test('errors have a code and a place; one statement at a time', async () => {
    const environment = create();
    await expect(environment.executeSql('SELEC 1')).rejects.toMatchObject({ code: 'SQL-SYNTAX' });
    await expect(environment.executeSql('SELECT a FROM nowhere')).rejects.toMatchObject({ code: 'SQL-TABLE-UNKNOWN' });
    await expect(environment.executeSql('SELECT 1; SELECT 2')).rejects.toMatchObject({ code: 'SQL-SEVERAL' });
    await expect(environment.executeSql("SET 'execution.runtime-mode' = 'fast'")).rejects.toThrow('cannot be');
    await expect(environment.sqlQuery('SHOW TABLES')).rejects.toBeInstanceOf(EngineError);
    const failing = await environment.executeSql('SELECT 1 / (x - x) AS q FROM (VALUES (1)) AS t(x)');
    await expect(failing.collect()).rejects.toBeInstanceOf(EngineError);
    await expect(failing.wait()).rejects.toBeInstanceOf(EngineError);
  });

  test('a signal ends the query, and so does a reader that stops reading', async () => {
    const environment = create();
    async function* endless() {
      for (let i = 0; ; i++) yield [i];
    }
    const unbounded = { bounded: false };
    await environment.createTemporaryView('e', endless(), 'i INT', unbounded);
    const controller = new AbortController();
    const result = await environment.executeSql('SELECT * FROM e', { signal: controller.signal });
    let rows = 0;
    const reading = (async () => {
      for await (const _ of result) if (++rows === 5000) controller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'RUN-CANCELLED' });
    expect(rows).toBeGreaterThanOrEqual(5000);

    await environment.createTemporaryView('f', endless(), 'i INT', unbounded);
    const second = await environment.executeSql('SELECT * FROM f');
    for await (const { row } of second) if (row.i === 100) break;
    await expect(second.wait()).rejects.toMatchObject({ code: 'RUN-CANCELLED' });
  });

  test('paths outside the allowed ones cannot be read', async () => {
    const environment = create({ allowedPaths: ['/nowhere/data'] });
    const reading = environment
      .executeSql(
        "CREATE TABLE f (a STRING) WITH ('connector' = 'filesystem', 'path' = '/etc/hosts', 'format' = 'raw')",
      )
      .then(() => environment.executeSql('SELECT * FROM f'))
      .then((result) => result.collect());
    await expect(reading).rejects.toMatchObject({ code: 'PATH-NOT-ALLOWED' });
  });
});

describe('SHOW and DESCRIBE', () => {
  test('print as Flink does', async () => {
    const environment = create();
    await environment.executeSql(
      "CREATE TABLE t (id BIGINT NOT NULL, name STRING COMMENT 'who', PRIMARY KEY (id) NOT ENFORCED) COMMENT 'it''s' WITH ('connector' = 'blackhole')",
    );
    const print = async (sql: string): Promise<string[]> => {
      const lines: string[] = [];
      await (await environment.executeSql(sql)).print((line) => lines.push(line));
      return lines;
    };
    expect(await print('SHOW TABLES')).toEqual([
      '+------------+',
      '| table name |',
      '+------------+',
      '|          t |',
      '+------------+',
      '1 row in set',
    ]);
    expect(await print("SHOW TABLES LIKE 'x%'")).toEqual(['Empty set']);
    expect(await print('DESCRIBE t')).toEqual([
      '+------+--------+-------+---------+--------+-----------+---------+',
      '| name |   type |  null |     key | extras | watermark | comment |',
      '+------+--------+-------+---------+--------+-----------+---------+',
      '|   id | BIGINT | FALSE | PRI(id) |        |           |         |',
      '| name | STRING |  TRUE |         |        |           |     who |',
      '+------+--------+-------+---------+--------+-----------+---------+',
      '2 rows in set',
    ]);
    const [created] = await (await environment.executeSql('SHOW CREATE TABLE t')).collect();
    expect(created?.row.result).toBe(
      [
        'CREATE TABLE `default_catalog`.`default_database`.`t` (',
        '  `id` BIGINT NOT NULL,',
        "  `name` VARCHAR(2147483647) COMMENT 'who',",
        '  CONSTRAINT `PK_id` PRIMARY KEY (`id`) NOT ENFORCED',
        ')',
        "COMMENT 'it''s'",
        'WITH (',
        "  'connector' = 'blackhole'",
        ')',
        '',
      ].join('\n'),
    );
  });

  test('SET and RESET', async () => {
    const environment = create({ configuration: { 'parallelism.default': '2' } });
    await environment.executeSql("SET 'parallelism.default' = '4'");
    await environment.executeSql("SET 'pipeline.name' = 'x'");
    expect((await (await environment.executeSql('SET')).collect()).map(({ row }) => [row.key, row.value])).toEqual([
      ['parallelism.default', '4'],
      ['pipeline.name', 'x'],
    ]);
    await environment.executeSql("RESET 'parallelism.default'");
    expect(environment.session.configuration.raw('parallelism.default')).toBe('2');
    await environment.executeSql('RESET');
    expect(environment.session.configuration.raw('pipeline.name')).toBe(null);
  });
});

describe('compare', () => {
  test('finds the modes equal, folds updating sources for BATCH, leaves out the last ORDER BY', async () => {
    const script = `
      CREATE TABLE t (k STRING, v INT) WITH (${rowsOf(['+I', { k: 'a', v: 1 }], ['+I', { k: 'b', v: 2 }], ['-D', { k: 'b', v: 2 }])});
      SELECT k, SUM(v) AS s FROM t GROUP BY k ORDER BY s`;
    const [only] = await all(compare(script));
    expect(only).toMatchObject({ equal: true, rows: { streaming: 1, batch: 1 }, intended: null, differences: [] });
    expect(only?.kinds).toEqual({ '+I': 2, '-U': 0, '+U': 0, '-D': 1 });
  });

  test('names intended differences', async () => {
    const script = `
      CREATE TABLE t (v INT) WITH ('connector' = 'values', 'rows' = '[]');
      SELECT SUM(v) AS s, COUNT(*) AS n FROM t`;
    const [only] = await all(compare(script));
    expect(only).toMatchObject({ equal: false, rows: { streaming: 0, batch: 1 } });
    expect(only?.intended).toBe('global aggregate over nothing: STREAMING emits no row');
    expect(only?.differences[0]).toMatchObject({ row: [null, 0n], streaming: 0, batch: 1 });
  });
});
