import { describe, expect, test } from 'vitest';
import { Configuration } from '../../../src/base/config.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Transformation } from '../../../src/graph/transformation.ts';
import { submitJob } from '../../../src/runtime/execute-job.ts';
import { ExecutionGraph } from '../../../src/runtime/execution-graph.ts';
import { regionsToRestart } from '../../../src/runtime/failover.ts';
import { type PipelinedRegion, pipelinedRegions } from '../../../src/runtime/regions.ts';
import { SimulatedDisk } from '../../sim/simulated-disk.ts';
import { environmentOf, from, graphOf, Log, ledger, operator, source } from './toys.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const sorted = (values: readonly number[] | undefined): number[] => [...(values ?? [])].sort((a, b) => a - b);

/** Two sources that read at their own stage, a stage that passes their rows on, and one that may crash. */
function threeStages(): Transformation {
  const a = operator('pass', [from(source('a', { rows: '40' }))], {}, 'pa');
  const b = operator('pass', [from(source('b', { rows: '30' }))], {}, 'pb');
  const middle = operator('pass', [from(a, 'hash')], {}, 'middle');
  const both: Transformation = { ...operator('u', [from(middle), from(b)]), kind: 'union' };
  return ledger('t', operator('crash', [from(both, 'hash')]));
}

const RETRY = {
  'restart-strategy.type': 'fixed-delay',
  'restart-strategy.fixed-delay.delay': '0 ms',
  'restart-strategy.fixed-delay.attempts': '3',
};

async function run(log: Log, disk: SimulatedDisk, options: Readonly<Record<string, string>> = RETRY, parallelism = 2) {
  const environment = environmentOf(log, { fileSystem: disk, configuration: new Configuration({ ...options }) });
  const graph = graphOf('BATCH', parallelism, [threeStages()]);
  const outcome = await submitJob(graph, environment, 'j1').result.then(
    (result) => ({ result, error: null }),
    (error: Error) => ({ result: null, error }),
  );
  expect(environment.memory.statistics.used).toBe(0);
  expect(disk.files()).toEqual([]);
  return outcome;
}

/** How many subtasks of a source were run. */
const runs = (log: Log, name: string): number => log.lines.filter((line) => line === `${name} closed`).length;

describe.each([1, 2, 3])('at parallelism %i', (parallelism) => {
  test('a failed task runs again, with nothing of the stages before it', async () => {
    const log = new Log();
    log.crashes.crash = [20, 10];
    const { error, result } = await run(log, new SimulatedDisk(), RETRY, parallelism);
    expect(error).toBe(null);
    expect(result?.restarts).toBeGreaterThan(0);
    expect(sorted(log.rows.t)).toEqual(sorted([...numbers(40), ...numbers(30)]));
    if (parallelism === 1) return;
    expect([runs(log, 'a'), runs(log, 'b')]).toEqual([parallelism, parallelism]);
  });
});

test('without a strategy the first failure is the end', async () => {
  const log = new Log();
  log.crashes.crash = [20];
  const { error } = await run(log, new SimulatedDisk(), {});
  expect(error?.message).toBe('crashed');
  expect(log.rows.t).toBe(undefined);
});

test.each(['missing', 'damaged'])('a result that is %s is made again, and what reads it; nothing else', async (how) => {
  const log = new Log();
  const disk = new SimulatedDisk();
  let hit = '';
  disk.onOperation = (operation, path) => {
    if (hit !== '' || operation !== 'open' || !path.includes('-b-_crash') || !path.endsWith('.arrow')) return;
    if (disk.stat(path) === undefined) return;
    hit = path;
    disk.onOperation = () => undefined;
    if (how === 'missing') disk.remove(path);
    else for (let i = 0; i < 20; i++) disk.damage(path, seededRandom(i + 1));
  };
  const { error, result } = await run(log, disk);
  expect(hit).not.toBe('');
  expect(error).toBe(null);
  expect(result?.restarts).toBe(1);
  expect(sorted(log.rows.t)).toEqual(sorted([...numbers(40), ...numbers(30)]));
  expect([runs(log, 'a'), runs(log, 'b')]).toEqual([2, 3]);
});

test('results that were read go when there is no room for them, and are made again if they are needed', async () => {
  const log = new Log();
  log.crashes.crash = [60];
  const { error } = await run(log, new SimulatedDisk(), { ...RETRY, 'cluster.intermediate.keep-bytes': '0' });
  expect(error).toBe(null);
  expect(sorted(log.rows.t)).toEqual(sorted([...numbers(40), ...numbers(30)]));
});

describe('which regions restart', () => {
  const graph = new ExecutionGraph(graphOf('BATCH', 2, [threeStages()]));
  const regions = pipelinedRegions(graph);
  const of = (prefix: string): PipelinedRegion[] =>
    regions.filter(({ members }) => members[0]!.vertex.id.startsWith(prefix));
  const restart = (failed: readonly PipelinedRegion[], lost: readonly PipelinedRegion[] = []) =>
    regionsToRestart(
      failed,
      regions,
      (region) => !lost.includes(region),
      () => true,
    );

  test('regions are subtasks where nothing but forward edges is pipelined', () => {
    expect(regions.map(({ members }) => members.length)).toEqual(regions.map(() => 1));
    expect(of('a')).toHaveLength(2);
  });

  test('one that reads, and nobody else', () => {
    const [first] = of('crash');
    expect([...restart([first!])]).toEqual([first]);
  });

  test('one whose result is read restarts all its readers, and theirs', () => {
    const [first] = of('a');
    expect(new Set(restart([first!]))).toEqual(new Set([first, ...of('middle'), ...of('crash')]));
  });

  test('a lost result restarts its producer', () => {
    const [reader] = of('crash');
    const [lost] = of('b');
    expect(new Set(restart([reader!], [lost!]))).toEqual(new Set([lost, ...of('crash')]));
  });
});
