import { tableFromArrays } from 'apache-arrow';
import { expect, test } from 'vitest';
import { create } from '../../../src/index.ts';

const COLUMNS = 'id BIGINT NOT NULL, price DECIMAL(10, 2), name STRING, ts TIMESTAMP(3)';
const ROWS = [
  { id: 1n, price: '12.50', name: 'tea', ts: '2024-03-01 08:00:00.250' },
  { id: 2n, price: null, name: null, ts: null },
];

test('a result becomes an Arrow table and comes back unchanged', async () => {
  const environment = create({ configuration: { 'execution.runtime-mode': 'batch' } });
  await environment.createTemporaryView('goods', ROWS, COLUMNS);
  const table = await (await environment.sqlQuery('SELECT * FROM goods')).toArrow();
  expect(table.numRows).toBe(2);
  expect([...table.getChild('id')!]).toEqual([1n, 2n]);
  expect([...table.getChild('name')!]).toEqual(['tea', null]);
  await environment.createTemporaryViewFromArrow('again', table);
  const rows = await (await environment.sqlQuery('SELECT * FROM again')).materialize();
  const before = await (await environment.sqlQuery('SELECT * FROM goods')).materialize();
  expect(rows).toHaveLength(2);
  expect(rows.map(({ id, price, name }) => [id, price, name])).toEqual(
    before.map(({ id, price, name }) => [id, price, name]),
  );
});

test('changes of a streaming query carry their kinds', async () => {
  const environment = create();
  await environment.createTemporaryView('goods', ROWS, COLUMNS);
  const table = await (await environment.sqlQuery('SELECT COUNT(*) AS n FROM goods')).toArrow();
  expect(table.schema.fields.map(({ name }) => name)).toEqual(['n', '$kind']);
  expect([...table.getChild('n')!]).toEqual([1n, 1n, 2n]);
});

test('a table of the application is read by SQL', async () => {
  const environment = create({ configuration: { 'execution.runtime-mode': 'batch' } });
  await environment.createTemporaryViewFromArrow('t', tableFromArrays({ a: Int32Array.of(1, 2, 3) }));
  const rows = await (await environment.sqlQuery('SELECT SUM(a) AS total FROM t')).materialize();
  expect(rows).toEqual([{ total: 6 }]);
});
