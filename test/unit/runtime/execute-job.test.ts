import { describe, expect, test } from 'vitest';
import type { Transformation } from '../../../src/graph/transformation.ts';
import { executeJob } from '../../../src/runtime/execute-job.ts';
import { fuseNothing } from '../../../src/runtime/fuse.ts';
import { environmentOf, from, graphOf, Log, operator, sink, source } from './toys.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const sorted = (values: readonly number[] | undefined): number[] => [...(values ?? [])].sort((a, b) => a - b);

async function run(
  mode: 'BATCH' | 'STREAMING',
  parallelism: number,
  roots: readonly Transformation[],
  options: { readonly chaining?: boolean; readonly signal?: AbortSignal } = {},
) {
  const log = new Log();
  const environment = environmentOf(log);
  const graph = graphOf(mode, parallelism, roots, options.chaining);
  const outcome = await executeJob(graph, environment, 'j1', options.signal).then(
    (result) => ({ result, error: null }),
    (error: Error) => ({ result: null, error }),
  );
  expect(environment.memory.statistics.used).toBe(0);
  return { ...outcome, log };
}

describe.each(['BATCH', 'STREAMING'] as const)('%s', (mode) => {
  test.each([
    [1, true],
    [1, false],
    [3, true],
    [3, false],
  ])('rows reach the sink at parallelism %i, chaining %s', async (parallelism, chaining) => {
    const mapped = operator('pass', [from(source('s', { rows: '50' }), 'rebalance')]);
    const keyed = operator('pass', [from(mapped, 'hash')], {}, 'keyed');
    const { error, log, result } = await run(mode, parallelism, [sink('t', keyed)], { chaining });
    expect(error).toBe(null);
    expect(sorted(log.rows.t)).toEqual(numbers(50));
    if (parallelism === 1) expect(log.rows.t).toEqual(numbers(50));
    expect(log.lines.filter((line) => line === 't finished')).toHaveLength(parallelism);
    expect(log.lines.filter((line) => line === 't watermark MAX').length).toBe(parallelism);
    expect(result?.vertices.at(-1)?.counters.numRecordsOut).toBe(50);
  });

  test('the end of input lets operators finish in slices, one after the other', async () => {
    const sums = operator('sum', [from(operator('sum', [from(source('s', { rows: '5' }), 'singleton')]))], {}, 'again');
    const { log } = await run(mode, 1, [sink('t', sums)]);
    expect(log.rows.t).toEqual([10]);
  });

  test('a shared node feeds two sinks; a union has many producers', async () => {
    const shared = operator('pass', [from(source('s', {}))]);
    const union: Transformation = { ...operator('u', [from(shared), from(source('z', { rows: '3' }))]), kind: 'union' };
    const { log } = await run(mode, 1, [sink('t', shared), sink('u', union)]);
    expect(log.rows.t).toEqual(numbers(10));
    expect(sorted(log.rows.u)).toEqual(sorted([...numbers(10), ...numbers(3)]));
  });

  test('sources and sinks may answer later', async () => {
    const { log } = await run(mode, 1, [sink('t', source('s', { rows: '20', wait: '1' }), { wait: '2' })]);
    expect(log.rows.t).toEqual(numbers(20));
  });
});

describe('a join', () => {
  const join = (build: Transformation, probe: Transformation, kind: 'hash' | 'any' = 'hash') =>
    operator('anti-join', [from(build, kind, 0), from(probe, kind, 1)]);

  test.each([1, 2])('reads its build side to the end first, at parallelism %i', async (parallelism) => {
    const build = source('b', { rows: '40', wait: '1' });
    const { error, log } = await run('BATCH', parallelism, [sink('t', join(build, source('p', { rows: '100' })))]);
    expect(error).toBe(null);
    expect(sorted(log.rows.t)).toEqual(numbers(100).slice(40));
    expect(log.lines.indexOf('join input 0 ended')).toBeLessThan(log.lines.indexOf('join input 1 ended'));
  });

  test('of one source with itself does not lock up, however long the source', async () => {
    const shared = source('s', { rows: '4000' });
    const few = operator('sum', [from(shared)]);
    const { error, log, result } = await run('BATCH', 1, [sink('t', join(few, shared, 'any'))]);
    expect(error).toBe(null);
    expect(log.rows.t).toHaveLength(4000);
    expect(result?.shuffleBytes).toBeGreaterThan(0);
  });

  test('two in one chain: the builds come through gates at their links', async () => {
    const first = join(source('b1', { rows: '5' }), source('p', { rows: '20' }), 'any');
    const second = operator(
      'anti-join',
      [from(source('b2', { rows: '9' }), 'any', 0), from(first, 'any', 1)],
      {},
      'two',
    );
    const graph = graphOf('BATCH', 1, [sink('t', second)]);
    expect(graph.vertices).toHaveLength(3);
    const { log } = await run('BATCH', 1, [sink('t', second)]);
    expect(log.rows.t).toEqual(numbers(20).slice(9));
  });
});

describe('failure and cancellation', () => {
  test('a failing source: everything is closed, no sink finishes', async () => {
    const { error, log } = await run('STREAMING', 1, [
      sink('t', source('s', { rows: '100', fail: '3' })),
      sink('u', source('z', { endless: '1', wait: '1' })),
    ]);
    expect(error?.message).toBe('s is broken');
    expect(log.rows.t).toEqual(numbers(12));
    expect(sorted(log.lines.filter((line) => line.endsWith('closed')).map((line) => line.length))).toEqual([
      8, 8, 8, 8,
    ]);
    expect(log.lines.some((line) => line.endsWith('finished'))).toBe(false);
  });

  test('an operator that cannot be opened', async () => {
    const { error, log } = await run('BATCH', 1, [sink('t', operator('open-fails', [from(source('s', {}))]))]);
    expect(error?.message).toBe('cannot open');
    expect(log.lines).toEqual(['s closed', 't closed']);
  });

  test.each([
    ['that is busy', { endless: '1', batch: '2' }],
    ['that waits for its source', { endless: '1', wait: '100000' }],
    ['whose source has nothing yet', { endless: '1', silent: '1' }],
  ])('a job %s is cancelled within 200 ms', async (_what, options) => {
    const controller = new AbortController();
    const chain = operator('slow', [from(operator('pass', [from(source('s', options))]), 'hash')]);
    setTimeout(() => controller.abort(), 50);
    const start = performance.now();
    const { error, log } = await run('STREAMING', 1, [sink('t', chain)], { signal: controller.signal });
    expect(performance.now() - start).toBeLessThan(250);
    expect(error).toMatchObject({ code: 'RUN-CANCELLED' });
    expect(log.lines).toEqual(['s closed', 't closed']);
  });
});

test('between rows of drained sources everything has been worked off', async () => {
  const log = new Log();
  let turn = 0;
  const drainedAt: number[] = [];
  const environment = environmentOf(log, {
    onDrained: () => {
      drainedAt.push(log.rows.t?.length ?? 0);
      turn++;
    },
  });
  const inner = environment.connector('numbers');
  const gated = {
    ...environment,
    connector: (name: string) =>
      name !== 'numbers'
        ? environment.connector(name)
        : {
            ...inner,
            createSource: (...of: Parameters<NonNullable<typeof inner.createSource>>) => {
              const made = inner.createSource!(...of);
              return {
                ...made,
                createReader: (context: Parameters<typeof made.createReader>[0]) => {
                  const reader = made.createReader(context);
                  let handed = -1;
                  return {
                    addSplits: (splits: readonly unknown[]) => reader.addSplits(splits),
                    poll: () => {
                      if (handed === turn) return 'nothing-yet';
                      handed = turn;
                      return reader.poll();
                    },
                    snapshot: () => [],
                    close: () => undefined,
                  };
                },
              };
            },
          },
  };
  const graph = graphOf(
    'STREAMING',
    1,
    [sink('t', operator('pass', [from(source('s', { rows: '5', batch: '1' }))]))],
    false,
  );
  await executeJob(graph, gated, 'j1');
  expect(log.rows.t).toEqual([0, 1, 2, 3, 4]);
  expect(drainedAt.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
});

// b is read through a gate, element by element, while each turn of a takes a row: a has ended when b stands at 1.
test('watermarks: the smallest over the inputs, MAX at the end', async () => {
  const marked = (name: string, rows: string) => operator('watermarks', [from(source(name, { rows, batch: '1' }))]);
  const join = operator('pass', [from(marked('a', '3')), from(marked('b', '2'))], {}, 'join');
  const { log } = await run('STREAMING', 1, [sink('t', join)]);
  expect(log.lines.filter((line) => line.includes('watermark'))).toEqual([
    't watermark 0',
    't watermark 1',
    't watermark MAX',
  ]);
});

test('operators may be fused before they are made', async () => {
  const log = new Log();
  const kinds: string[] = [];
  const base = environmentOf(log);
  const first = operator('pass', [from(source('s', {}))]);
  const joined = operator('anti-join', [from(source('b', { rows: '4' }), 'any', 0), from(first, 'any', 1)]);
  const graph = graphOf('BATCH', 1, [sink('t', joined)]);
  await executeJob(
    graph,
    {
      ...base,
      operator: (kind) => {
        kinds.push(kind);
        return base.operator(kind);
      },
      fuse: (links) => {
        if (links.length < 4) return fuseNothing(links);
        const plain = fuseNothing(links);
        const inputs = [
          { link: 2, input: 0 },
          { link: 1, input: 0 },
        ];
        return [plain[0]!, { link: links[2]!, inputs }, plain[3]!];
      },
    },
    'j1',
  );
  expect(kinds).toEqual(['anti-join']);
  expect(log.rows.t).toEqual([4, 5, 6, 7, 8, 9]);
});
