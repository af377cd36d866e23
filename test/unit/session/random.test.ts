/** RAND and RAND_INTEGER with a seed: the numbers of Flink 2.3, which are those of java.util.Random. */
import { expect, test } from 'vitest';
import { create } from '../../../src/index.ts';

const TABLE = `CREATE TABLE t (a INT) WITH ('connector' = 'values', 'bounded' = 'true',
  'rows' = '[["+I", {"a": 1}], ["+I", {"a": 2}], ["+I", {"a": 3}], ["+I", {"a": 9}]]')`;

async function rows(query: string, mode: string): Promise<unknown[]> {
  const environment = create({ configuration: { 'execution.runtime-mode': mode } });
  await environment.executeSql(TABLE);
  const result = await environment.sqlQuery(query);
  return (await result.materialize()).map((row) => Object.values(row as object));
}

test.each(['batch', 'streaming'])('a literal seed begins one series for each call, in %s', async (mode) => {
  expect(await rows('SELECT RAND(1), RAND(5), RAND_INTEGER(1, 100), RAND_INTEGER(7, 8) FROM t', mode)).toEqual([
    [0.7308781907032909, 0.730519863614471, 85, 5],
    [0.41008081149220166, 0.08825840967622589, 88, 5],
    [0.20771484130971707, 0.4889045498516358, 47, 5],
    [0.3327170559595112, 0.461837214623537, 13, 0],
  ]);
  expect(
    await rows('SELECT RAND(-7), RAND_INTEGER(-1, 100), RAND_INTEGER(3, 1000000) FROM t WHERE a = 1', mode),
  ).toEqual([[0.2691218093260761, 13, 933734]]);
});

test.each(['batch', 'streaming'])('a seed from a column begins a series in each row, in %s', async (mode) => {
  expect(
    await rows('SELECT RAND(a), RAND_INTEGER(a, 10), RAND_INTEGER(1, a), RAND(NULLIF(a, a)) FROM t', mode),
  ).toEqual([
    [0.7308781907032909, 5, 0, null],
    [0.7311469360199058, 8, 0, null],
    [0.731057369148862, 4, 1, null],
    [0.7301615514268123, 9, 6, null],
  ]);
});

test('the bound must be positive', async () => {
  await expect(rows('SELECT RAND_INTEGER(5, a - 1) FROM t', 'batch')).rejects.toThrow(
    'the bound of RAND_INTEGER must be a positive INT, not 0',
  );
});
