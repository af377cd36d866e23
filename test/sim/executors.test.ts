import { expect, test } from 'vitest';
import { Configuration } from '../../src/base/config.ts';
import { EngineError } from '../../src/base/errors.ts';
import { seededRandom } from '../../src/base/random.ts';
import { CatalogManager } from '../../src/catalog/catalog-manager.ts';
import { registries } from '../../src/session/open-session.ts';
import { Session } from '../../src/session/session.ts';
import { TableEnvironment } from '../../src/session/table-environment.ts';
import { spread } from '../tools/spread.ts';
import { FaultInjector } from './faults.ts';
import { diskWithInput, ROWS } from './jobs.ts';
import { simulatedWorkers } from './simulated-executors.ts';
import { SimulatedTime } from './simulated-time.ts';

/** Files of the input are opened to find their splits before any task runs. */
test.each([
  ['none', 'cannot read /in/part-3.csv: EIO'],
  ['fixed-delay', null],
])('an input that cannot be opened when splits are dealt out, restart strategy %s', async (strategy, message) => {
  const random = seededRandom(1);
  const [disk, time] = [diskWithInput(), new SimulatedTime(random)];
  const injector = new FaultInjector(disk, random, []);
  const session = new Session({
    registries: registries(),
    catalogs: new CatalogManager(),
    configuration: new Configuration({
      'execution.runtime-mode': 'BATCH',
      ...spread(2),
      'restart-strategy.type': strategy,
      'restart-strategy.fixed-delay.attempts': '1',
    }),
    fileSystem: disk,
    clock: time,
    timers: time,
    random,
    workers: simulatedWorkers(injector, time),
  });
  const environment = new TableEnvironment(session);
  await environment.executeSql(
    `CREATE TABLE src (id BIGINT, g BIGINT, v BIGINT, ts TIMESTAMP(3))
     WITH ('connector' = 'filesystem', 'path' = '/in', 'format' = 'csv')`,
  );
  const result = await environment.sqlQuery('SELECT COUNT(*) AS c FROM src WHERE g > 3');
  let failures = 1;
  disk.onOperation = (operation, path) => {
    if (operation !== 'open' || path !== '/in/part-3.csv' || failures-- <= 0) return;
    throw new EngineError('RUN-FILE-FAILED', 'cannot read /in/part-3.csv: EIO');
  };
  const rows = result.collect().then(
    (changes) => changes.map(({ row }) => row['c']),
    (error: Error) => error.message,
  );
  expect(await rows).toEqual(message ?? [ROWS.filter(({ g }) => g > 3).length]);
});
