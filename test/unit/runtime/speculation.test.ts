import { expect, test } from 'vitest';
import { Configuration } from '../../../src/base/config.ts';
import { submitJob } from '../../../src/runtime/execute-job.ts';
import { SimulatedDisk } from '../../sim/simulated-disk.ts';
import { environmentOf, from, graphOf, Log, ledger, operator, source } from './toys.ts';

const SPECULATIVE = {
  'execution.batch.speculative.enabled': 'true',
  'slow-task-detector.check-interval': '5 ms',
  // The others take a millisecond, and may take a hundred where the machine is busy.
  'slow-task-detector.execution-time.baseline-lower-bound': '400 ms',
  'slow-task-detector.execution-time.baseline-ratio': '0.5',
};

function job(log: Log, disk: SimulatedDisk, options: Readonly<Record<string, string>>) {
  const root = ledger('t', operator('stall', [from(source('s', { rows: '100' }), 'hash')]));
  const environment = environmentOf(log, { fileSystem: disk, configuration: new Configuration({ ...options }) });
  return { execution: submitJob(graphOf('BATCH', 3, [root]), environment, 'j1'), environment };
}

test('EM-35: a slow task is tried a second time; the try that ends first counts, the other one is cancelled', async () => {
  const log = new Log();
  const disk = new SimulatedDisk();
  const { execution, environment } = job(log, disk, SPECULATIVE);
  const { speculations, restarts } = await execution.result;
  expect([speculations, restarts]).toEqual([1, 0]);
  expect([...(log.rows.t ?? [])].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(log.lines.filter((line) => line.startsWith('stall 1'))).toEqual(['stall 1#1 closed', 'stall 1#0 closed']);
  expect(environment.memory.statistics.used).toBe(0);
  expect(disk.files()).toEqual([]);
});

test('EM-35: it is off by default', async () => {
  const log = new Log();
  const { execution } = job(log, new SimulatedDisk(), {});
  setTimeout(() => execution.cancel(), 100);
  await expect(execution.result).rejects.toMatchObject({ code: 'RUN-CANCELLED' });
  expect(log.lines.filter((line) => line.startsWith('stall 1'))).toEqual(['stall 1#0 closed']);
});
