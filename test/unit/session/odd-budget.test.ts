/** Managed memory of any size, also one that no power of two divides. */
import { expect, test } from 'vitest';
import { create } from '../../../src/index.ts';

const ROWS = 20_000;

test('strings beyond a budget of an odd number of bytes', async () => {
  const weir = create({
    configuration: { 'execution.runtime-mode': 'BATCH', 'taskmanager.memory.managed.size': '1000001 b' },
  });
  await weir.executeSql(
    `CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000',
       'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${ROWS}')`,
  );
  await weir.executeSql("CREATE VIEW s AS SELECT id, REPEAT('x', 100) || CAST(id AS STRING) AS text FROM t");
  const joined = 'SELECT COUNT(*) AS n FROM s AS a JOIN s AS b ON a.text = b.text';
  const grouped = 'SELECT COUNT(*) AS n FROM (SELECT text, COUNT(*) AS c FROM s GROUP BY text) AS g';
  for (const query of [joined, grouped]) {
    const result = await weir.sqlQuery(query);
    expect(await result.materialize()).toEqual([{ n: ROWS }]);
  }
});
