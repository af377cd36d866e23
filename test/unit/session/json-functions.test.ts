/**
 * JSON functions with their clauses, through the whole engine; what Flink answers is in test/golden/expressions/json.
 */
import { expect, test } from 'vitest';
import { create } from '../../../src/index.ts';

async function row(query: string): Promise<unknown> {
  const result = await create({ configuration: { 'execution.runtime-mode': 'batch' } }).sqlQuery(query);
  const [only] = await result.materialize();
  return only;
}

test('RETURNING, WRAPPER and ON EMPTY', async () => {
  const text = `'{"a": 1, "b": [1, 2]}'`;
  expect(
    await row(
      `SELECT JSON_VALUE(${text}, '$.a' RETURNING INT) AS n, JSON_QUERY(${text}, '$.b' WITH WRAPPER) AS b,` +
        ` JSON_EXISTS(${text}, '$.c') AS c`,
    ),
  ).toEqual({ n: 1, b: '[[1,2]]', c: false });
});

test('constructors keep nested JSON and leave NULLs out where they are told to', async () => {
  expect(
    await row(`SELECT JSON_OBJECT('a' VALUE JSON_ARRAY(1, 'x'), 'b' VALUE CAST(NULL AS INT) ABSENT ON NULL) AS j`),
  ).toEqual({ j: '{"a":[1,"x"]}' });
});

test('a clause about NULLs chooses the aggregate', async () => {
  expect(
    await row(
      'SELECT JSON_ARRAYAGG(v) AS a, JSON_ARRAYAGG(v NULL ON NULL) AS w, JSON_OBJECTAGG(KEY k VALUE v) AS o' +
        " FROM (VALUES ('a', 1), ('b', CAST(NULL AS INT))) AS t (k, v)",
    ),
  ).toEqual({ a: '[1]', w: '[1,null]', o: '{"a":1,"b":null}' });
});
