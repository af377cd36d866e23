import { describe, expect, test } from 'vitest';
import { Configuration } from '../../../src/base/config.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Transformation } from '../../../src/graph/transformation.ts';
import { submitJob } from '../../../src/runtime/execute-job.ts';
import { SimulatedDisk } from '../../sim/simulated-disk.ts';
import { environmentOf, from, graphOf, Log, ledger, operator, source } from './toys.ts';

const EVERY_TURN = { 'execution.checkpointing.interval': '1 ms', 'execution.checkpointing.dir': '/checkpoints' };
const AT_ONCE = { 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.delay': '0 ms' };

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const runningSums = (count: number): number[] => numbers(count).map((i) => (i * (i + 1)) / 2);

interface Setting {
  readonly log: Log;
  readonly disk: SimulatedDisk;
  readonly options?: Readonly<Record<string, string>>;
  readonly parallelism?: number;
  readonly chaining?: boolean;
}

/** Slow enough for a checkpoint between any two batches. */
function start(root: Transformation, { log, disk, options = {}, parallelism = 1, chaining = false }: Setting) {
  const environment = environmentOf(log, { fileSystem: disk, configuration: new Configuration({ ...options }) });
  const execution = submitJob(graphOf('STREAMING', parallelism, [root], chaining), environment, 'j1');
  execution.result.then(
    () => expect(environment.memory.statistics.used).toBe(0),
    () => expect(environment.memory.statistics.used).toBe(0),
  );
  return execution;
}

const sums = (rows: string, wait = '2') =>
  ledger(
    't',
    operator('crash', [
      from(operator('running-sum', [from(source('s', { rows, wait, batch: '5' }), 'singleton')]), 'singleton'),
    ]),
  );

describe.each([true, false])('chaining %s', (chaining) => {
  test('after failures every row is committed exactly once, and state goes on from the checkpoint', async () => {
    const log = new Log();
    log.crashes.crash = [40, 60, 10];
    const disk = new SimulatedDisk();
    const options = { ...EVERY_TURN, ...AT_ONCE, 'restart-strategy.fixed-delay.attempts': '5' };
    const { restarts } = await start(sums('200'), { log, disk, options, chaining }).result;
    expect(restarts).toBe(3);
    expect(log.rows.t).toEqual([...runningSums(200), -19900]);
    expect(log.committed.size).toBeGreaterThan(3);
    expect(disk.files('/checkpoints')).toEqual([]);
  });
});

test('without checkpoints a failure ends the job, unless a strategy is set; then it begins anew', async () => {
  const failing = new Log();
  failing.crashes.crash = [40];
  await expect(start(sums('100'), { log: failing, disk: new SimulatedDisk() }).result).rejects.toThrow('crashed');
  expect(failing.rows.t).toBe(undefined);
  const log = new Log();
  log.crashes.crash = [40];
  const { restarts } = await start(sums('100'), { log, disk: new SimulatedDisk(), options: AT_ONCE }).result;
  expect(restarts).toBe(1);
  expect(log.rows.t).toEqual([...runningSums(100), -4950]);
});

test('barriers are aligned: a gate with several channels takes a consistent cut', async () => {
  const log = new Log();
  log.crashes.crash = [100, 50];
  const options = { ...EVERY_TURN, ...AT_ONCE, 'restart-strategy.fixed-delay.attempts': '5' };
  const fast = source('a', { rows: '150', wait: '1', batch: '5' });
  const slow = source('b', { rows: '60', wait: '3', batch: '2' });
  const union: Transformation = { ...operator('u', [from(fast), from(slow)]), kind: 'union' };
  const root = ledger('t', operator('crash', [from(union, 'singleton')]));
  const { restarts } = await start(root, { log, disk: new SimulatedDisk(), options, parallelism: 2 }).result;
  expect(restarts).toBe(2);
  const expected = [...numbers(150), ...numbers(60)].sort((x, y) => x - y);
  expect([...(log.rows.t ?? [])].sort((x, y) => x - y)).toEqual(expected);
});

test('a source that has ended does not stop checkpoints; what it gave is not read again', async () => {
  const log = new Log();
  log.crashes.crash = [90];
  const options = { ...EVERY_TURN, ...AT_ONCE };
  const short = operator('running-sum', [from(source('a', { rows: '4' }))], {}, 'short');
  const union: Transformation = {
    ...operator('u', [from(short), from(source('b', { rows: '200', wait: '2', batch: '5' }))]),
    kind: 'union',
  };
  const root = ledger('t', operator('crash', [from(union, 'singleton')]));
  const { restarts, vertices } = await start(root, { log, disk: new SimulatedDisk(), options }).result;
  expect(restarts).toBe(1);
  expect(vertices.find(({ name }) => name.startsWith('a'))?.counters.numRecordsIn).toBe(4);
  expect([...(log.rows.t ?? [])].sort((x, y) => x - y)).toEqual(
    [...numbers(200), 0, 1, 3, 6, -6].sort((x, y) => x - y),
  );
});

test('a process that dies goes on from its last checkpoint when the job is run again', async () => {
  const random = seededRandom(7);
  const disk = new SimulatedDisk();
  const committed = new Log();
  // Of the first run only the disk survives, and what its committer made visible.
  const first = environmentOf(committed, { fileSystem: disk, configuration: new Configuration(EVERY_TURN) });
  const execution = submitJob(graphOf('STREAMING', 1, [sums('200')], false), first, 'j1');
  execution.result.catch(() => undefined);
  while ((committed.rows.t ?? []).length < 60) await new Promise((resolve) => setTimeout(resolve, 1));
  disk.onOperation = () => {
    throw new Error('dead');
  };
  const seen = [...(committed.rows.t ?? [])];
  execution.cancel();
  await execution.result.catch(() => undefined);
  disk.crash(random);
  const again = new Log();
  again.transactions = 1000;
  for (const id of committed.committed) again.committed.add(id);
  await start(sums('200'), { log: again, disk, options: EVERY_TURN }).result;
  expect([...seen, ...(again.rows.t ?? [])]).toEqual([...runningSums(200), -19900]);
});

test('a checkpoint that cannot be written is given up; beyond what is tolerated the job fails over', async () => {
  const log = new Log();
  const disk = new SimulatedDisk();
  let failures = 3;
  disk.onOperation = (operation, path) => {
    if (operation === 'sync' && path.includes('chk-') && failures-- > 0) throw new Error('no space left');
  };
  const tolerant = { ...EVERY_TURN, 'execution.checkpointing.tolerable-failed-checkpoints': '3' };
  const { restarts } = await start(sums('100'), { log, disk, options: tolerant }).result;
  expect(restarts).toBe(0);
  expect(log.rows.t).toEqual([...runningSums(100), -4950]);
  failures = 1;
  const strict = new Log();
  const options = { ...EVERY_TURN, ...AT_ONCE };
  const result = await start(sums('100'), { log: strict, disk, options }).result;
  expect(result.restarts).toBe(1);
  expect(strict.rows.t).toEqual([...runningSums(100), -4950]);
});

test('so many checkpoints are retained as configured, and outlive a job that fails if they are to', async () => {
  const log = new Log();
  log.crashes.crash = [80];
  const disk = new SimulatedDisk();
  const options = {
    ...EVERY_TURN,
    'restart-strategy.type': 'none',
    'execution.checkpointing.num-retained': '2',
    'execution.checkpointing.externalized-checkpoint-retention': 'DELETE_ON_CANCELLATION',
  };
  await expect(start(sums('100'), { log, disk, options }).result).rejects.toThrow('crashed');
  expect(disk.files('/checkpoints').filter((path) => path.endsWith('_metadata'))).toHaveLength(2);
});
