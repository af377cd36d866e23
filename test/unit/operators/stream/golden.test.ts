/** The operators alone against the answers of Flink 2.3 (test/golden/datastream.jsonl). */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { OutputTag } from '../../../../src/dataflow/functions/output-tag.ts';
import type {
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  ProcessWindowFunction,
} from '../../../../src/dataflow/functions/process-functions.ts';
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from '../../../../src/dataflow/functions/state.ts';
import type { StreamOperatorDefinition, WindowDefinition } from '../../../../src/dataflow/functions/stream-operator.ts';
import {
  EventTimeSessionWindows,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
} from '../../../../src/dataflow/functions/windows.ts';
import { MAX_WATERMARK } from '../../../../src/dataflow/traits.ts';
import { type Mode, printTime, StreamHarness } from './harness.ts';

interface Golden {
  readonly program: string;
  readonly mode: Mode;
  readonly out: readonly string[];
}
const golden: readonly Golden[] = readFileSync('test/golden/datastream.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden);

type Row = readonly [key: string, value: number, time: number];
const INPUT: readonly Row[] = [
  ['b', 10, 1000],
  ['a', 1, 2000],
  ['b', 20, 1500],
  ['a', 2, 5000],
  ['c', 7, 3000],
  ['a', 3, 4000],
  ['b', 30, 9000],
];
const byKey = (row: unknown): unknown => (row as Row)[0];
const print = ([key, value, time]: Row): string => `(${key},${value},${time})`;
const LARGEST = MAX_WATERMARK;

const harnesses: StreamHarness[] = [];
afterEach(() => {
  for (const harness of harnesses.splice(0)) harness.close();
});

function open(definition: StreamOperatorDefinition, mode: Mode): StreamHarness {
  const harness = new StreamHarness(definition, { mode });
  harnesses.push(harness);
  harness.clock.time = 1_700_000_000_000;
  return harness;
}

/** Feeds the input with its watermarks; what comes out but watermarks. */
function run(definition: StreamOperatorDefinition, mode: Mode): unknown[] {
  const harness = open(definition, mode);
  let largest = Number.MIN_SAFE_INTEGER;
  for (const row of INPUT) {
    harness.process([row], [row[2]]);
    if (mode === 'BATCH' || row[2] <= largest) continue;
    largest = row[2];
    harness.watermark(largest - 1);
  }
  harness.end();
  return harness.out.filter((line) => !String(line).startsWith('watermark'));
}

const reduce = (fn: (a: Row, b: Row) => Row): StreamOperatorDefinition => ({
  type: 'reduce',
  keys: [byKey],
  fn: { reduce: (a, b) => fn(a as Row, b as Row) },
});

function timers(again: boolean, processing: boolean): StreamOperatorDefinition {
  const fn: KeyedProcessFunction<string, Row, string> = {
    processElement: ([key, value, time], context, out) => {
      const watermark = printTime(context.timerService().currentWatermark());
      out.collect(`element ${key} ${value} at ${context.timestamp()}, watermark ${watermark}`);
      context.timerService().registerEventTimeTimer(time + 500);
      context.timerService().registerEventTimeTimer(time + 100000);
      if (processing) context.timerService().registerProcessingTimeTimer(LARGEST - 10 - value);
    },
    onTimer: (time, context, out) => {
      const event = context.timeDomain() === 'EVENT_TIME';
      const at = event ? `event ${time}` : `processing MAX-${LARGEST - time}`;
      out.collect(
        `timer ${context.getCurrentKey()} ${at}, watermark ${printTime(context.timerService().currentWatermark())}`,
      );
      if (again && event && time < 200000) context.timerService().registerEventTimeTimer(time + 200000);
    },
  };
  return { type: 'keyedProcess', keys: [byKey], fn } as StreamOperatorDefinition;
}

const clockOrNot = (time: number): string => (time > 1e12 && time < LARGEST ? 'clock' : printTime(time));
const readsClock: KeyedProcessFunction<string, Row, string> = {
  processElement: ([key, value, time], context, out) => {
    out.collect(`element ${key}${value} ${clockOrNot(context.timerService().currentProcessingTime())}`);
    context.timerService().registerEventTimeTimer(time + 1);
  },
  onTimer: (_time, context, out) => {
    out.collect(`timer ${context.getCurrentKey()} ${clockOrNot(context.timerService().currentProcessingTime())}`);
  },
};

function allStates(): KeyedProcessFunction<string, Row, string> {
  let states: ReturnType<typeof get>;
  const get = (context: Parameters<NonNullable<KeyedProcessFunction<string, Row, string>['open']>>[0]) => ({
    count: context.getState(new ValueStateDescriptor<number>('v')),
    list: context.getListState(new ListStateDescriptor<number>('l')),
    map: context.getMapState(new MapStateDescriptor<number, number>('m')),
    sum: context.getReducingState(new ReducingStateDescriptor<number>('s', (a, b) => a + b)),
    average: context.getAggregatingState(
      new AggregatingStateDescriptor<number, readonly [number, number], number>('g', {
        createAccumulator: () => [0, 0],
        add: (value, [sum, count]) => [sum + value, count + 1],
        getResult: ([sum, count]) => sum / count,
        merge: ([a, n], [b, m]) => [a + b, n + m],
      }),
    ),
  });
  return {
    open: (context) => {
      states = get(context);
    },
    processElement: ([key, value, time], _context, out) => {
      const { count, list, map, sum, average } = states;
      count.update((count.value() ?? 0) + 1);
      list.add(value);
      map.put(value, time);
      sum.add(value);
      average.add(value);
      const entries = [...map.entries()].sort(([a], [b]) => a - b).map(([k, v]) => `${k}=${v}`);
      out.collect(
        `${key} count ${count.value()} list [${[...list.get()].join(', ')}] map {${entries.join(', ')}} ` +
          `sum ${sum.get()} average ${average.get()!.toFixed(1)}`,
      );
    },
  };
}

function windows(window: Partial<WindowDefinition> & Pick<WindowDefinition, 'assigner'>): StreamOperatorDefinition {
  const defaults: WindowDefinition = {
    ...window,
    allowedLateness: 0,
    lateTag: null,
    contents: { kind: 'list' },
    process: null,
  };
  return { type: 'window', keys: [byKey], window: { ...defaults, ...window } };
}

const valuesOf = (elements: Iterable<unknown>): string =>
  [...elements]
    .map((row) => (row as Row)[1])
    .sort((a, b) => a - b)
    .join(', ');
const printWindow = (line: (start: number, end: number, watermark: number) => [string, string]) =>
  ({
    process: (key, context, elements, out) => {
      const { start, end } = context.window;
      const [bounds, rest] = line(start, end, context.currentWatermark());
      out.collect(`${key} ${bounds} [${valuesOf(elements)}]${rest}`);
    },
  }) as ProcessWindowFunction<unknown, unknown, unknown>;

const withTime = (a: Row, value: number, time: number): Row => [a[0], value, time];

const PROGRAMS: Readonly<Record<string, (mode: Mode) => unknown[]>> = {
  'rolling-reduce': (mode) =>
    run(
      reduce((a, b) => withTime(a, a[1] + b[1], Math.max(a[2], b[2]))),
      mode,
    ).map((row) => `${(row as Row)[0]}:${(row as Row)[1]}`),
  'rolling-sum': (mode) =>
    run(
      reduce((a, b) => withTime(a, a[1] + b[1], a[2])),
      mode,
    ).map((row) => print(row as Row)),
  'event-timers': (mode) => run(timers(false, false), mode),
  'timer-while-firing': (mode) => run(timers(true, false), mode),
  'processing-timers': (mode) => run(timers(false, true), mode),
  'processing-time-read': (mode) => run({ type: 'keyedProcess', keys: [byKey], fn: readsClock } as never, mode),
  'watermarks-not-keyed': (mode) =>
    run(
      {
        type: 'process',
        keys: [null],
        fn: {
          processElement: (value, context, out) => {
            const [key, number] = value as Row;
            const watermark = printTime(context.timerService().currentWatermark());
            out.collect(`${key}${number} timestamp ${context.timestamp()} watermark ${watermark}`);
          },
        },
      },
      mode,
    ),
  'state-of-one-key': (mode) => run({ type: 'keyedProcess', keys: [byKey], fn: allStates() } as never, mode),
  'tumbling-window': (mode) =>
    run(
      windows({
        assigner: TumblingEventTimeWindows.of(2000),
        process: printWindow((start, _end, watermark) => [`[${start})`, ` watermark ${printTime(watermark)}`]),
      }),
      mode,
    ),
  'session-window': (mode) =>
    run(
      windows({
        assigner: EventTimeSessionWindows.withGap(1500),
        process: printWindow((start, end) => [`[${start}, ${end})`, '']),
      }),
      mode,
    ),
  'sliding-window': (mode) =>
    run(
      windows({
        assigner: SlidingEventTimeWindows.of(4000, 2000),
        contents: {
          kind: 'reduce',
          fn: { reduce: (a, b) => withTime(a as Row, (a as Row)[1] + (b as Row)[1], 0) },
        },
      }),
      mode,
    ).map((row) => `${(row as Row)[0]}:${(row as Row)[1]}`),
  'tumbling-window-late': (mode) => {
    const definition = windows({
      assigner: TumblingEventTimeWindows.of(2000),
      lateTag: new OutputTag<unknown>('late'),
    });
    run(definition, mode);
    const late = harnesses.at(-1)!.sideOutputs.get('late') ?? [];
    return late.map((row) => `late ${print(row as Row)}`);
  },
  'two-keyed-inputs': (mode) => {
    const fn: KeyedCoProcessFunction<string, Row, Row, string> = {
      processElement1: ([key, value, time], context, out) => {
        out.collect(`first ${key} ${value}`);
        context.timerService().registerEventTimeTimer(time);
      },
      processElement2: ([key, value], _context, out) => out.collect(`second ${key} ${value}`),
      onTimer: (time, context, out) => out.collect(`timer ${context.getCurrentKey()} ${time}`),
    };
    const harness = open({ type: 'keyedCoProcess', keys: [byKey, byKey], fn } as never, mode);
    const first: Row[] = [
      ['b', 1, 10],
      ['a', 2, 20],
      ['c', 3, 30],
      ['a', 4, 40],
    ];
    const second: Row[] = [
      ['a', 100, 1],
      ['c', 200, 2],
      ['b', 300, 3],
      ['d', 400, 4],
      ['a', 500, 5],
    ];
    harness.process(
      first,
      first.map(([, , time]) => time),
      0,
    );
    harness.process(
      second,
      second.map(([, , time]) => time),
      1,
    );
    harness.end(2);
    return harness.out.filter((line) => line !== 'watermark MAX');
  },
  'broadcast-before-keyed': (mode) => {
    const descriptor = new MapStateDescriptor<string, number>('b');
    const fn: KeyedBroadcastProcessFunction<string, Row, Row, string> = {
      processElement: ([key, value], context, out) => {
        const keys = [...context.getBroadcastState(descriptor).immutableEntries()].map(([name]) => name).sort();
        out.collect(`keyed ${key}${value} sees [${keys.join(', ')}]`);
      },
      processBroadcastElement: ([key, value], context, out) => {
        context.getBroadcastState(descriptor).put(key, value);
        out.collect(`broadcast ${key}${value}`);
      },
    };
    const definition = { type: 'keyedBroadcastProcess', keys: [byKey, null], fn, descriptors: [descriptor] };
    const harness = open(definition as never, mode);
    harness.process(
      [
        ['b', 1, 10],
        ['a', 2, 20],
        ['c', 3, 30],
      ],
      [10, 20, 30],
      0,
    );
    harness.process(
      [
        ['x', 7, 1],
        ['y', 8, 2],
      ],
      [1, 2],
      1,
    );
    harness.end(2);
    return harness.out.filter((line) => line !== 'watermark MAX');
  },
};

describe('Flink 2.3 gives the same', () => {
  for (const { program, mode, out } of golden) {
    const mine = PROGRAMS[program];
    if (mine !== undefined) test(`${program} in ${mode}`, () => expect(mine(mode)).toEqual(out));
  }
});

test('a warning for the first dropped timer, a count for all', () => {
  run(timers(true, false), 'BATCH');
  const { log, counters } = harnesses.at(-1)!;
  expect(log).toEqual(['timers that it registers while the timers of a key fire are dropped in BATCH']);
  expect(counters['numTimersDropped']).toBe(14);
});
