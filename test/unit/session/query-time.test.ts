import { expect, test } from 'vitest';
import { create, type TableEnvironment } from '../../../src/index.ts';

/** A clock with fractions, as performance.timeOrigin + performance.now() has, that moves at every look. */
function environment(mode: string): TableEnvironment {
  let looks = 0;
  const clock = { now: () => 1_700_000_000_000.25 + 1000 * looks++, monotonic: () => performance.now() };
  return create({ clock, configuration: { 'execution.runtime-mode': mode, 'table.local-time-zone': 'UTC' } });
}

async function distinct(mode: string, expression: string): Promise<number> {
  const weir = environment(mode);
  await weir.createTemporaryView(
    't',
    Array.from({ length: 200 }, (_, i) => [i]),
    'i INT',
  );
  const rows = await (await weir.sqlQuery(`SELECT i, ${expression} AS v FROM t`)).collect();
  return new Set(rows.map(({ row }) => row.v)).size;
}

// Flink, "Temporal functions": evaluated per record in STREAMING, once as the query starts in BATCH; but for
// CURRENT_ROW_TIMESTAMP, PROCTIME and UNIX_TIMESTAMP.
test.each(['CURRENT_TIMESTAMP', 'NOW()', 'LOCALTIMESTAMP', 'LOCALTIME', 'CURRENT_TIME'])(
  '%s is one in BATCH, of each record in STREAMING',
  async (expression) => {
    expect(await distinct('BATCH', expression)).toBe(1);
    expect(await distinct('STREAMING', expression)).toBe(200);
  },
);

test.each(['CURRENT_ROW_TIMESTAMP()', 'PROCTIME()', 'UNIX_TIMESTAMP()'])(
  '%s is of each record in both modes',
  async (expression) => {
    expect(await distinct('BATCH', expression)).toBe(200);
    expect(await distinct('STREAMING', expression)).toBe(200);
  },
);

test('in BATCH all functions of one query see the same instant, in every part of it', async () => {
  const weir = environment('BATCH');
  await weir.createTemporaryView('t', [[1], [2]], 'i INT');
  const query = `SELECT COUNT(*) AS n FROM (SELECT NOW() AS v FROM t UNION ALL SELECT CURRENT_TIMESTAMP FROM t) AS a
    WHERE v = CURRENT_TIMESTAMP AND CAST(v AS TIMESTAMP(3)) = LOCALTIMESTAMP AND CURRENT_DATE = CAST(v AS DATE)`;
  expect(await (await weir.sqlQuery(query)).materialize()).toEqual([{ n: 4 }]);
});
