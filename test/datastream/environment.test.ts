/** Programs from source to sink: where records come from, how they are spread, where they go, and handles of jobs. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobGraph } from '../../src/graph/job-graph.ts';
import {
  DataGeneratorSource,
  type DataStream,
  DiscardingSink,
  IterableSource,
  OutputTag,
  StreamExecutionEnvironment,
  type StreamSink,
  WatermarkStrategy,
} from '../../src/index.ts';
import { planProgram } from '../../src/session/program/plan-program.ts';
import { withSubmission } from '../../src/session/program/submission.ts';

const MODES = ['STREAMING', 'BATCH'] as const;

function environment(configuration: Readonly<Record<string, string>> = {}) {
  const warnings: string[] = [];
  const printed: string[] = [];
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    configuration,
    onWarning: ({ message }) => warnings.push(message),
    onPrint: (stream, line) => printed.push(`${stream}: ${line}`),
  });
  return { env, warnings, printed };
}

const all = <T>(stream: DataStream<T>): Promise<T[]> => stream.executeAndCollect().toArray();
const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const graphOf = (env: StreamExecutionEnvironment): JobGraph =>
  planProgram(env.session, env.program.sinks, 'test').graph;
const none = <T>(): WatermarkStrategy<T> => WatermarkStrategy.noWatermarks<T>();

async function* counting(to: number): AsyncGenerator<number> {
  for (let i = 0; i < to; i++) yield i;
}

describe.each(MODES)('sources in %s', (mode) => {
  const configuration = { 'execution.runtime-mode': mode };

  test('elements, collections and iterables are read in order', async () => {
    const { env } = environment({ ...configuration, 'parallelism.default': '2' });
    expect(await all(env.fromElements('a', 'b', 'c'))).toEqual(['a', 'b', 'c']);
    expect(await all(env.fromCollection(new Set([3, 1, 2])))).toEqual([3, 1, 2]);
    expect(await all(env.fromCollection(counting(5000)))).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });

  test.each([1, 2, 3])('%i subtasks share a sequence', async (parallelism) => {
    const { env } = environment({ ...configuration, 'parallelism.default': String(parallelism) });
    const values = await all(env.fromSequence(-5, 994));
    expect(ascending(values)).toEqual(Array.from({ length: 1000 }, (_, i) => i - 5));
  });

  test('a generator is read once, and a function that makes one as often as need be', async () => {
    const { env } = environment(configuration);
    const once = env.fromCollection(counting(2));
    expect(await all(once)).toEqual([0, 1]);
    await expect(all(once)).rejects.toMatchObject({ code: 'STREAM-SOURCE' });
    const again = env.fromSource(new IterableSource(() => counting(2)), none(), 'again');
    expect([await all(again), await all(again)]).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test('an empty sequence is no error', async () => {
    expect(await all(environment(configuration).env.fromSequence(3, 2))).toEqual([]);
  });

  test('lines of files', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'weir-'));
    writeFileSync(join(directory, 'a.txt'), 'one\r\ntwo\n');
    writeFileSync(join(directory, 'b.txt'), 'three\n\nfive');
    expect(await all(environment(configuration).env.readTextFile(directory))).toEqual([
      'one',
      'two',
      'three',
      '',
      'five',
    ]);
  });

  test('a source of the program, with timestamps', async () => {
    const source = new DataGeneratorSource((index) => ({ at: index * 10 }), 3);
    const strategy = WatermarkStrategy.forMonotonousTimestamps<{ at: number }>().withTimestampAssigner(({ at }) => at);
    const stamped = environment(configuration).env.fromSource(source, strategy, 'ticks');
    expect(
      await all(stamped.process<number>((_value, context, out) => out.collect(context.timestamp() ?? -1))),
    ).toEqual([0, 10, 20]);
  });
});

describe.each(MODES)('streams in %s', (mode) => {
  const configuration = { 'execution.runtime-mode': mode };

  test('union keeps everything, also of one stream twice', async () => {
    const { env } = environment(configuration);
    const numbers = env.fromElements(1, 2);
    expect(ascending(await all(numbers.union(env.fromElements(3), numbers)))).toEqual([1, 1, 2, 2, 3]);
  });

  test('a stream may have several consumers', async () => {
    const { env } = environment(configuration);
    const numbers = env.fromElements(1, 2, 3).map((value) => value * 10);
    const odd = numbers.filter((value) => value % 20 !== 0).map((value) => value + 1);
    expect(ascending(await all(numbers.union(odd)))).toEqual([10, 11, 20, 30, 31]);
  });

  test('what goes to a side output is not in the main one', async () => {
    const { env } = environment(configuration);
    const odd = new OutputTag<string>('odd');
    const unread = new OutputTag<string>('unread');
    const even = env.fromSequence(1, 6).process<number>((value, context, out) => {
      context.output(unread, 'nobody listens');
      if (value % 2 === 0) out.collect(value);
      else context.output(odd, `odd ${value}`);
    });
    const both = even.map((value) => `even ${value}`).union(even.getSideOutput(odd));
    expect((await all(both)).sort()).toEqual(['even 2', 'even 4', 'even 6', 'odd 1', 'odd 3', 'odd 5']);
  });

  test('connected streams are told apart', async () => {
    const { env } = environment(configuration);
    const both = env.fromElements('a').connect(env.fromElements(1));
    const mapped = both.map(
      (text) => `text ${text}`,
      (value) => `number ${value}`,
    );
    expect((await all(mapped)).sort()).toEqual(['number 1', 'text a']);
    const flat = both.flatMap<string>(
      (text, out) => out.collect(text),
      (value, out) => out.collect(String(value)),
    );
    expect((await all(flat)).sort()).toEqual(['1', 'a']);
  });

  test.each(['rebalance', 'rescale', 'shuffle', 'global'] as const)('%s loses nothing', async (kind) => {
    const { env } = environment({ ...configuration, 'parallelism.default': '3' });
    const spread = env.fromCollection(Array.from({ length: 100 }, (_, i) => i));
    expect(ascending(await all(spread[kind]().map((value) => value)))).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  test('a partitioner of the program decides', async () => {
    const { env, printed } = environment({ ...configuration, 'parallelism.default': '2' });
    env
      .fromElements(1, 2, 3, 4)
      .partitionCustom(
        (key: number, partitions) => key % partitions,
        (value) => value,
      )
      .print('at');
    await env.execute();
    expect(printed.sort()).toEqual(['stdout: at:1> 2', 'stdout: at:1> 4', 'stdout: at:2> 1', 'stdout: at:2> 3']);
  });

  test('a partitioner that names no subtask is refused', async () => {
    const { env } = environment({ ...configuration, 'parallelism.default': '2' });
    const lost = env.fromElements(1).partitionCustom(
      () => 7,
      (value) => value,
    );
    await expect(all(lost.map((value) => value))).rejects.toMatchObject({ code: 'STREAM-PARTITION' });
  });

  test('everything is broadcast to every subtask', async () => {
    const { env } = environment({ ...configuration, 'parallelism.default': '2' });
    expect(
      ascending(
        await all(
          env
            .fromElements(1, 2)
            .broadcast()
            .map((value) => value),
        ),
      ),
    ).toEqual([1, 1, 2, 2]);
  });

  test('an error of a function ends the job', async () => {
    const { env } = environment(configuration);
    const failing = env.fromElements(1).map((): number => {
      throw new RangeError('no such number');
    });
    await expect(all(failing)).rejects.toThrow('no such number');
  });

  test('a sink gets every record, is flushed and closed', async () => {
    const { env } = environment(configuration);
    const calls: string[] = [];
    const sink: StreamSink<number> = {
      createWriter: () => ({
        write: async (value) => void calls.push(`write ${value}`),
        flush: (end) => void calls.push(`flush ${end}`),
        close: () => void calls.push('close'),
      }),
    };
    env.fromElements(1, 2).sinkTo(sink);
    await env.execute();
    expect(calls).toEqual(['write 1', 'write 2', 'flush true', 'close']);
  });

  test('a sink with a committer commits when the job is whole', async () => {
    const { env } = environment(configuration);
    const calls: string[] = [];
    const sink: StreamSink<number> = {
      createWriter: () => {
        const written: number[] = [];
        return { write: (value) => void written.push(value), prepareCommit: () => written.splice(0) };
      },
      createCommitter: () => ({ commit: (values) => void calls.push(`commit ${values.join(' ')}`) }),
    };
    env.fromElements(1, 2).sinkTo(sink);
    await env.execute();
    expect(calls).toEqual(['commit 1 2']);
  });

  test('reading the first records of an endless stream ends the job', async () => {
    if (mode === 'BATCH') return;
    const { env } = environment(configuration);
    const endless = new DataGeneratorSource((index) => index, Number.POSITIVE_INFINITY);
    expect(await env.fromSource(endless, none(), 'endless').executeAndCollect(3)).toEqual([0, 1, 2]);
    expect(env.session.jobs.map(({ status }) => status)).toEqual(['CANCELED']);
  });
});

describe('the graph of a program', () => {
  const names = (env: StreamExecutionEnvironment): readonly string[] => graphOf(env).vertices.map(({ name }) => name);

  test('chains are cut where the program says', () => {
    const { env } = environment();
    const numbers = env.fromSequence(1, 2).name('numbers');
    const doubled = numbers.map((value) => value * 2).name('double');
    const alone = doubled
      .map((value) => value)
      .name('alone')
      .disableChaining();
    const fresh = alone
      .map((value) => value)
      .name('fresh')
      .startNewChain();
    fresh
      .map((value) => value)
      .name('last')
      .sinkTo(new DiscardingSink())
      .name('out');
    expect(names(env)).toEqual(['Source: numbers -> double', 'alone', 'fresh -> last -> out: Writer']);
  });

  test('without chaining every operator is a task', () => {
    const { env } = environment();
    env.disableOperatorChaining();
    env
      .fromSequence(1, 2)
      .map((value) => value)
      .sinkTo(new DiscardingSink());
    expect(names(env)).toEqual(['Source: Sequence Source', 'Map', 'Sink: Writer']);
  });

  test('slots are shared within a group, which is inherited', () => {
    const { env } = environment();
    const slow = env
      .fromSequence(1, 2)
      .map((value) => value)
      .slotSharingGroup('slow');
    slow.map((value) => value).sinkTo(new DiscardingSink());
    const { vertices } = graphOf(env);
    expect(vertices.map(({ name, slotSharingGroup }) => [name, slotSharingGroup])).toEqual([
      ['Source: Sequence Source', 'default'],
      ['Map -> Map -> Sink: Writer', 'slow'],
    ]);
  });

  test('operators may have another parallelism', () => {
    const { env } = environment({ 'parallelism.default': '2' });
    env
      .fromSequence(1, 2)
      .map((value) => value)
      .setParallelism(3)
      .setMaxParallelism(6)
      .sinkTo(new DiscardingSink());
    const { vertices, edges } = graphOf(env);
    expect(vertices.map(({ parallelism, maxParallelism }) => [parallelism, maxParallelism])).toEqual([
      [2, 128],
      [3, 6],
      [2, 128],
    ]);
    expect(edges.map(({ distribution }) => distribution.kind)).toEqual(['rebalance', 'rebalance']);
    expect(() => env.fromElements(1).setParallelism(0)).toThrow('parallelism 0 is not a whole number from 1');
  });

  test('the plan has the form that the plan viewer reads', () => {
    const { env } = environment({ 'parallelism.default': '2' });
    env
      .fromSequence(1, 2)
      .name('numbers')
      .keyBy((value) => value)
      .map((value) => value)
      .name('same')
      .print();
    const { nodes } = JSON.parse(env.getExecutionPlan()) as { nodes: readonly object[] };
    expect(nodes).toEqual([
      { id: 1, type: 'Source: numbers', pact: 'Data Source', contents: 'Source: numbers', parallelism: 2 },
      {
        id: 2,
        type: 'same',
        pact: 'Operator',
        contents: 'same',
        parallelism: 2,
        predecessors: [{ id: 1, ship_strategy: 'HASH', side: 'second' }],
      },
      {
        id: 3,
        type: 'Print to Std. Out: Writer',
        pact: 'Data Sink',
        contents: 'Print to Std. Out: Writer',
        parallelism: 2,
        predecessors: [{ id: 2, ship_strategy: 'FORWARD', side: 'second' }],
      },
    ]);
  });

  test('a uid names one operator', () => {
    const { env } = environment();
    env
      .fromSequence(1, 2)
      .uid('a')
      .map((value) => value)
      .uid('a')
      .print();
    expect(() => env.explain()).toThrow("'Source: Sequence Source' and 'Map' have the same uid 'a'");
  });

  test('a program without sinks is refused, also after its job', async () => {
    const { env } = environment();
    env.fromElements(1);
    await expect(env.execute()).rejects.toMatchObject({ code: 'STREAM-EMPTY' });
    env.fromElements(1).sinkTo(new DiscardingSink());
    await env.execute();
    await expect(env.execute()).rejects.toMatchObject({ code: 'STREAM-EMPTY' });
  });

  test('what is no function is refused where it is given', () => {
    const { env } = environment();
    const stream = env.fromElements(1);
    expect(() => stream.map({} as never)).toThrow('map takes a function, or an object with the method map');
  });
});

describe('what the command line says', () => {
  test('wins over the code, with a hint', async () => {
    const warnings: { message: string; hint: string | null }[] = [];
    const submission = {
      configuration: { 'execution.runtime-mode': 'BATCH' },
      onWarning: (warning: { message: string; hint: string | null }) => warnings.push(warning),
    };
    const values = await withSubmission(submission, () => {
      const env = StreamExecutionEnvironment.getExecutionEnvironment().setRuntimeMode('STREAMING');
      return all(
        env
          .fromElements(1, 2)
          .keyBy(() => 'all')
          .reduce((sum, value) => sum + value),
      );
    });
    expect(values).toEqual([3]);
    expect(warnings).toEqual([
      {
        message:
          "the program sets 'execution.runtime-mode' to 'STREAMING', but the command line says 'BATCH', which wins",
        hint: 'leave it out of the program, so that the same program runs either way',
        span: null,
      },
    ]);
  });

  test('settings of streams are ignored in BATCH, with one line each', async () => {
    const { env, warnings } = environment({
      'execution.runtime-mode': 'BATCH',
      'state.backend.type': 'lmdb',
      'execution.checkpointing.interval': '1 s',
    });
    const strategy = WatermarkStrategy.forMonotonousTimestamps<number>();
    await all(env.fromElements(1).assignTimestampsAndWatermarks(strategy));
    expect(warnings.map((message) => message.split(/ is ignored|\. | are ignored/)[0])).toEqual([
      "'state.backend.type'",
      'disabled Checkpointing',
      'watermark generators',
    ]);
  });
});

test('a sink is flushed before a checkpoint is whole', async () => {
  const { env } = environment({ 'execution.checkpointing.interval': '20 ms' });
  const calls: string[] = [];
  async function* slow(): AsyncGenerator<number> {
    yield 1;
    while (!calls.includes('commit')) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  env.fromCollection(slow()).sinkTo({
    createWriter: () => ({
      write: () => void calls.push('write'),
      flush: async (end) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        calls.push(end ? 'end' : 'flush');
      },
      prepareCommit: () => {
        calls.push('prepare');
        return [1];
      },
    }),
    createCommitter: () => ({ commit: () => void calls.push('commit') }),
  });
  await env.execute();
  const first = calls.indexOf('commit');
  expect(calls.slice(0, first)).toEqual(expect.arrayContaining(['write', 'flush', 'prepare']));
  expect(calls.indexOf('flush')).toBeLessThan(calls.indexOf('prepare'));
  expect(calls.indexOf('end')).toBeGreaterThan(first);
});

describe('the handle of a job', () => {
  const endless = (env: StreamExecutionEnvironment): DataStream<number> =>
    env.fromSource(new IterableSource(ticks, 'CONTINUOUS_UNBOUNDED'), none(), 'ticks');

  async function* ticks(): AsyncGenerator<number> {
    for (let i = 0; ; i++) {
      yield i;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  test('cancels', async () => {
    const { env } = environment();
    endless(env).sinkTo(new DiscardingSink());
    const client = await env.executeAsync('endless');
    expect(client.getJobStatus()).toBe('RUNNING');
    await client.cancel();
    expect(client.getJobStatus()).toBe('CANCELED');
    await expect(client.getJobExecutionResult()).rejects.toMatchObject({ code: 'RUN-CANCELLED' });
  });

  test('tells what was counted', async () => {
    const { env } = environment();
    env
      .fromSequence(1, 10)
      .filter((value) => value > 4)
      .rebalance()
      .sinkTo(new DiscardingSink());
    const client = await env.executeAsync();
    await client.getJobExecutionResult();
    const counters = client
      .metrics()
      .map(({ counters: { numRecordsIn, numRecordsOut } }) => [numRecordsIn, numRecordsOut]);
    expect(counters).toEqual([
      [10, 6],
      [6, 6],
    ]);
  });

  test.each([
    [1, 1, 'hashmap'],
    [2, 3, 'hashmap'],
    [3, 1, 'lmdb'],
  ])('takes savepoints, from which another job goes on: from %i subtasks to %i, on %s', async (from, to, backend) => {
    const directory = mkdtempSync(join(tmpdir(), 'weir-'));
    const program = (env: StreamExecutionEnvironment): DataStream<readonly [key: number, count: number]> =>
      env
        .fromSource(new IterableSource(ticks, 'CONTINUOUS_UNBOUNDED'), none<number>(), 'ticks')
        .uid('ticks')
        .map((value): readonly [number, number] => [value % 5, 1])
        .keyBy(([key]) => key)
        .reduce(([key, count]) => [key, count + 1])
        .uid('counts');
    const settings = { 'state.backend.type': backend };
    const { env: first } = environment({ ...settings, 'parallelism.default': String(from) });
    const counts = new Map<number, number>();
    let seen = 0;
    const write = ([key, count]: readonly [number, number]): void => {
      counts.set(key, count);
      seen++;
    };
    program(first).sinkTo({ createWriter: () => ({ write }) });
    const client = await first.executeAsync();
    while (seen < 12) await new Promise((resolve) => setTimeout(resolve, 5));
    const path = await client.stopWithSavepoint(false, directory);
    expect(client.getJobStatus()).toBe('FINISHED');
    const restored = { ...settings, 'parallelism.default': String(to), 'execution.state-recovery.path': path };
    for (const [key, count] of await program(environment(restored).env).executeAndCollect(10)) {
      expect(count).toBe((counts.get(key) ?? 0) + 1);
      counts.set(key, count);
    }
    expect(counts.size).toBe(5);
  });
});
