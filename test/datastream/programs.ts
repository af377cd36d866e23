/** The programs of test/golden/datastream.jsonl, as they are written with Weir. Each gives the lines that it prints. */

import type { JobGraph } from '../../src/graph/job-graph.ts';
import { SHIP_STRATEGY } from '../../src/graph/plan-json.ts';
import {
  AggregatingStateDescriptor,
  DataGeneratorSource,
  type DataStream,
  DiscardingSink,
  EventTimeSessionWindows,
  type KeyedContext,
  type KeyedProcessFunction,
  type KeyedStream,
  ListStateDescriptor,
  MAX_WATERMARK,
  MapStateDescriptor,
  MIN_WATERMARK,
  OutputTag,
  perSubtask,
  ReducingStateDescriptor,
  SlidingEventTimeWindows,
  type StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
} from '../../src/index.ts';
import { planProgram } from '../../src/session/program/plan-program.ts';

/** (key, value, time) */
type Row = readonly [key: string, value: number, time: number];
export type Lines = Promise<readonly string[]>;
export type Program = (environment: () => StreamExecutionEnvironment) => Lines;

const INPUT: readonly Row[] = [
  ['b', 10, 1000],
  ['a', 1, 2000],
  ['b', 20, 1500],
  ['a', 2, 5000],
  ['c', 7, 3000],
  ['a', 3, 4000],
  ['b', 30, 9000],
];

/** A watermark one less than the time of each record that is later than all before. */
const STRATEGY = WatermarkStrategy.forGenerator<Row>(() => {
  let max = MIN_WATERMARK;
  return {
    onEvent: (_row, timestamp, output) => {
      if (timestamp <= max) return;
      max = timestamp;
      output.emitWatermark(timestamp - 1);
    },
    onPeriodicEmit: () => undefined,
  };
}).withTimestampAssigner(([, , time]) => time);

function source(env: StreamExecutionEnvironment, rows: readonly Row[] = INPUT): DataStream<Row> {
  return env.fromCollection(rows).assignTimestampsAndWatermarks(STRATEGY).setParallelism(1);
}

function keyed(env: StreamExecutionEnvironment, rows: readonly Row[] = INPUT): KeyedStream<Row, string> {
  return source(env, rows).keyBy(([key]) => key);
}

const collect = (stream: DataStream<string>): Lines => stream.executeAndCollect().toArray();
const tuple = (row: Row): string => `(${row.join(',')})`;
const time = (t: number): string => (t === MIN_WATERMARK ? 'MIN' : t === MAX_WATERMARK ? 'MAX' : String(t));
const clock = (t: number): string => (t === MIN_WATERMARK || t === MAX_WATERMARK ? time(t) : 'clock');
const ascending = (values: Iterable<number>): string => `[${[...values].sort((a, b) => a - b).join(', ')}]`;
const add = (x: Row, y: Row): Row => [x[0], x[1] + y[1], Math.max(x[2], y[2])];

function timers(options: { readonly again?: boolean; readonly processing?: boolean }) {
  return {
    processElement: (row, context, out) => {
      const service = context.timerService();
      out.collect(
        `element ${row[0]} ${row[1]} at ${context.timestamp()}, watermark ${time(service.currentWatermark())}`,
      );
      service.registerEventTimeTimer(row[2] + 500);
      service.registerEventTimeTimer(row[2] + 100_000);
      if (options.processing) service.registerProcessingTimeTimer(MAX_WATERMARK - 10 - row[1]);
    },
    onTimer: (t, context, out) => {
      const event = context.timeDomain() === 'EVENT_TIME';
      const at = event ? `event ${t}` : `processing MAX-${MAX_WATERMARK - t}`;
      const watermark = time(context.timerService().currentWatermark());
      out.collect(`timer ${context.getCurrentKey()} ${at}, watermark ${watermark}`);
      if (options.again && t < 200_000) context.timerService().registerEventTimeTimer(t + 200_000);
    },
  } satisfies KeyedProcessFunction<string, Row, string>;
}

function stateOfOneKey(): KeyedProcessFunction<string, Row, string> {
  const count = new ValueStateDescriptor<number>('v');
  const list = new ListStateDescriptor<number>('l');
  const map = new MapStateDescriptor<number, number>('m');
  const sum = new ReducingStateDescriptor<number>('s', (a, b) => a + b);
  const average = new AggregatingStateDescriptor<number, readonly [number, number], number>('g', {
    createAccumulator: () => [0, 0],
    add: (value, [total, n]) => [total + value, n + 1],
    getResult: ([total, n]) => total / n,
    merge: (a, b) => [a[0] + b[0], a[1] + b[1]],
  });
  const open = (context: Parameters<NonNullable<KeyedProcessFunction<string, Row, string>['open']>>[0]) => ({
    count: context.getState(count),
    list: context.getListState(list),
    map: context.getMapState(map),
    sum: context.getReducingState(sum),
    average: context.getAggregatingState(average),
  });
  let state: ReturnType<typeof open>;
  return {
    open: (context) => {
      state = open(context);
    },
    processElement: ([key, value, t], _context, out) => {
      state.count.update((state.count.value() ?? 0) + 1);
      state.list.add(value);
      state.map.put(value, t);
      state.sum.add(value);
      state.average.add(value);
      const entries = [...state.map.entries()].sort(([a], [b]) => a - b).map(([k, v]) => `${k}=${v}`);
      out.collect(
        `${key} count ${state.count.value()} list [${[...state.list.get()].join(', ')}] map {${entries.join(', ')}} ` +
          `sum ${state.sum.get()} average ${state.average.get()?.toFixed(1)}`,
      );
    },
  };
}

const processingTimeRead: KeyedProcessFunction<string, Row, string> = {
  processElement: ([key, value, t], context, out) => {
    out.collect(`element ${key}${value} ${clock(context.timerService().currentProcessingTime())}`);
    context.timerService().registerEventTimeTimer(t + 1);
  },
  onTimer: (_t, context, out) => {
    out.collect(`timer ${context.getCurrentKey()} ${clock(context.timerService().currentProcessingTime())}`);
  },
};

const bothInputs = {
  processElement1: ([key, value, t]: Row, context: KeyedContext<string>, out: { collect(line: string): void }) => {
    out.collect(`first ${key} ${value}`);
    context.timerService().registerEventTimeTimer(t);
  },
  processElement2: ([key, value]: Row, _context: KeyedContext<string>, out: { collect(line: string): void }) => {
    out.collect(`second ${key} ${value}`);
  },
  onTimer: (t: number, context: KeyedContext<string>, out: { collect(line: string): void }) => {
    out.collect(`timer ${context.getCurrentKey()} ${t}`);
  },
};

function broadcastBeforeKeyed(env: StreamExecutionEnvironment): Lines {
  const descriptor = new MapStateDescriptor<string, number>('b');
  const rules = source(env, [
    ['x', 7, 1],
    ['y', 8, 2],
  ]);
  const input = keyed(env, [
    ['b', 1, 10],
    ['a', 2, 20],
    ['c', 3, 30],
  ]);
  return collect(
    input.connect(rules.broadcast(descriptor)).process<string>({
      processElement: ([key, value], context, out) => {
        const keys = [...context.getBroadcastState(descriptor).immutableEntries()].map(([k]) => k).sort();
        out.collect(`keyed ${key}${value} sees [${keys.join(', ')}]`);
      },
      processBroadcastElement: ([key, value], context, out) => {
        context.getBroadcastState(descriptor).put(key, value);
        out.collect(`broadcast ${key}${value}`);
      },
    }),
  );
}

function tumblingWindow(env: StreamExecutionEnvironment, lateOnly: boolean): Lines {
  const late = new OutputTag<Row>('late');
  const windows = keyed(env)
    .window(TumblingEventTimeWindows.of(2000))
    .sideOutputLateData(late)
    .process<string>((key, context, rows, out) => {
      const values = ascending([...rows].map(([, value]) => value));
      out.collect(`${key} [${context.window.start}) ${values} watermark ${time(context.currentWatermark())}`);
    });
  return collect(lateOnly ? windows.getSideOutput(late).map((row) => `late ${tuple(row)}`) : windows);
}

function pageExample(env: StreamExecutionEnvironment): readonly string[] {
  const same = (value: number): number => value;
  env.setParallelism(2);
  env
    .fromSequence(1, 10)
    .name('source')
    .map(same)
    .name('map1')
    .map(same)
    .name('map2')
    .rebalance()
    .map(same)
    .name('map3')
    .map(same)
    .name('map4')
    .keyBy((value) => value % 3)
    .map(same)
    .name('map5')
    .map(same)
    .name('map6')
    .sinkTo(new DiscardingSink())
    .name('sink');
  const { vertices, edges } = graphOf(env);
  return vertices.map(({ id, name, parallelism }) => {
    const results = edges
      .filter(({ from }) => from === id)
      .map(({ partitionType, distribution }) => {
        const pattern = distribution.kind === 'forward' ? 'POINTWISE' : 'ALL_TO_ALL';
        return ` -> ${partitionType} ${pattern} (${SHIP_STRATEGY[distribution.kind]})`;
      });
    return `${name} x${parallelism}${results.join('')}`;
  });
}

function graphOf(env: StreamExecutionEnvironment): JobGraph {
  return planProgram(env.session, env.program.sinks, 'test').graph;
}

const forever = (env: StreamExecutionEnvironment): DataStream<number> =>
  env.fromSource(
    new DataGeneratorSource((i) => i, Number.POSITIVE_INFINITY),
    WatermarkStrategy.noWatermarks(),
    'forever',
  );

function automatic(env: StreamExecutionEnvironment, unbounded: boolean): readonly string[] {
  env
    .fromSequence(1, 3)
    .union(unbounded ? forever(env) : env.fromSequence(4, 6))
    .keyBy((value) => value % 2)
    .map((value) => value)
    .sinkTo(new DiscardingSink());
  const { vertices, edges, profile } = graphOf(env);
  const results = vertices.flatMap(({ id, name }) =>
    edges.filter(({ from }) => from === id).map(({ partitionType }) => `${name} -> ${partitionType}`),
  );
  return [`job type ${profile.mode}`, ...results];
}

export const PROGRAMS: Readonly<Record<string, Program>> = {
  'rolling-reduce': (env) =>
    collect(
      keyed(env())
        .reduce(add)
        .map(([key, value]) => `${key}:${value}`),
    ),
  'rolling-sum': (env) => collect(keyed(env()).sum(1).map(tuple)),
  'rolling-max': (env) => collect(keyed(env()).max(1).map(tuple)),
  'rolling-maxBy': (env) => collect(keyed(env()).maxBy(1).map(tuple)),
  'rolling-min': (env) => collect(keyed(env()).min(1).map(tuple)),
  'event-timers': (env) => collect(keyed(env()).process(timers({}))),
  'timer-while-firing': (env) => collect(keyed(env()).process(timers({ again: true }))),
  'processing-timers': (env) => collect(keyed(env()).process(timers({ processing: true }))),
  'processing-time-read': (env) => collect(keyed(env()).process(processingTimeRead)),
  'watermarks-not-keyed': (env) =>
    collect(
      source(env()).process<string>(([key, value], context, out) => {
        const watermark = time(context.timerService().currentWatermark());
        out.collect(`${key}${value} timestamp ${context.timestamp()} watermark ${watermark}`);
      }),
    ),
  'state-of-one-key': (env) => collect(keyed(env()).process(perSubtask(stateOfOneKey))),
  'two-keyed-inputs': (create) => {
    const env = create();
    const first = keyed(env, [
      ['b', 1, 10],
      ['a', 2, 20],
      ['c', 3, 30],
      ['a', 4, 40],
    ]);
    const second = keyed(env, [
      ['a', 100, 1],
      ['c', 200, 2],
      ['b', 300, 3],
      ['d', 400, 4],
      ['a', 500, 5],
    ]);
    return collect(first.connect(second).process(bothInputs));
  },
  'broadcast-before-keyed': (env) => broadcastBeforeKeyed(env()),
  'regular-before-keyed': (create) => {
    const env = create();
    const first = source(env, [
      ['p', 1, 10],
      ['q', 2, 20],
    ]);
    const second = keyed(env, [
      ['b', 1, 10],
      ['a', 2, 20],
    ]);
    return collect(
      first.connect(second).process<string>({
        processElement1: ([key, value], _context, out) => out.collect(`regular ${key}${value}`),
        processElement2: ([key, value], _context, out) => out.collect(`keyed ${key}${value}`),
      }),
    );
  },
  'tumbling-window': (env) => tumblingWindow(env(), false),
  'tumbling-window-late': (env) => tumblingWindow(env(), true),
  'session-window': (env) =>
    collect(
      keyed(env())
        .window(EventTimeSessionWindows.withGap(1500))
        .process<string>((key, { window }, rows, out) => {
          out.collect(`${key} [${window.start}, ${window.end}) ${ascending([...rows].map(([, value]) => value))}`);
        }),
    ),
  'sliding-window': (env) =>
    collect(
      keyed(env())
        .window(SlidingEventTimeWindows.of(4000, 2000))
        .reduce(add)
        .map(([key, value]) => `${key}:${value}`),
    ),
  'page-example': async (env) => pageExample(env()),
  'unbounded-in-batch': async (create) => {
    const env = create();
    forever(env)
      .map((value) => value)
      .sinkTo(new DiscardingSink());
    graphOf(env);
    return ['accepted'];
  },
  'automatic-all-bounded': async (env) => automatic(env(), false),
  'automatic-one-unbounded': async (env) => automatic(env(), true),
};
