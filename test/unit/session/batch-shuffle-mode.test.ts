/** What each value of `execution.batch-shuffle-mode` makes of an exchange: two stages with files between, or one. */
import { expect, test } from 'vitest';
import { createTableEnvironment } from '../../../src/session/create.ts';
import { diskWithInput, ROWS } from '../../sim/jobs.ts';
import { spread } from '../../tools/spread.ts';

const QUERY = 'SELECT g, COUNT(*) AS c FROM src GROUP BY g';

test.each([
  ['ALL_EXCHANGES_BLOCKING', true],
  ['ALL_EXCHANGES_HYBRID_FULL', true],
  ['ALL_EXCHANGES_PIPELINED', false],
  ['ALL_EXCHANGES_HYBRID_SELECTIVE', false],
])('%s: results in files: %s', async (mode, files) => {
  const disk = diskWithInput();
  const environment = createTableEnvironment({
    fileSystem: disk,
    configuration: {
      'execution.runtime-mode': 'BATCH',
      'execution.batch-shuffle-mode': mode,
      ...spread(2),
    },
  });
  await environment.executeSql(
    `CREATE TABLE src (id BIGINT, g BIGINT, v BIGINT, ts TIMESTAMP(3))
     WITH ('connector' = 'filesystem', 'path' = '/in', 'format' = 'csv')`,
  );
  const written = new Set<string>();
  disk.onOperation = (operation, path) => {
    if (operation === 'open' && path.endsWith('.arrow')) written.add(path);
  };
  const result = await environment.sqlQuery(QUERY);
  expect(await result.materialize()).toHaveLength(new Set(ROWS.map(({ g }) => g)).size);
  expect(written.size > 0).toBe(files);
  const [plan] = await (await environment.executeSql(`EXPLAIN ${QUERY}`)).collect();
  expect(/stage 2/.test(String(Object.values(plan!.row)[0]))).toBe(files);
});
