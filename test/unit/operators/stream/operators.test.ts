/** What the golden programs do not show: time by the clock, lateness, idleness, snapshots. */
import { afterEach, describe, expect, test } from 'vitest';
import type { RuntimeContext } from '../../../../src/dataflow/functions/lifecycle.ts';
import { OutputTag } from '../../../../src/dataflow/functions/output-tag.ts';
import type { KeyedProcessFunction } from '../../../../src/dataflow/functions/process-functions.ts';
import {
  ListStateDescriptor,
  MapStateDescriptor,
  ValueStateDescriptor,
} from '../../../../src/dataflow/functions/state.ts';
import type { StreamOperatorDefinition, WindowDefinition } from '../../../../src/dataflow/functions/stream-operator.ts';
import { WatermarkStrategy } from '../../../../src/dataflow/functions/watermark-strategy.ts';
import {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../../../src/dataflow/functions/windows.ts';
import { memoryState } from '../memory-state.ts';
import { type HarnessOptions, StreamHarness } from './harness.ts';

const harnesses: StreamHarness[] = [];
afterEach(() => {
  for (const harness of harnesses.splice(0)) harness.close();
});

function open(definition: StreamOperatorDefinition, options: HarnessOptions = {}): StreamHarness {
  const harness = new StreamHarness(definition, options);
  harnesses.push(harness);
  return harness;
}

const self = (value: unknown): unknown => value;
const first = (value: unknown): unknown => (value as readonly unknown[])[0];

describe('functions', () => {
  test('records keep their timestamps, without a key', () => {
    const map = open({ type: 'map', keys: [null], fn: { map: (value) => (value as number) * 2 } });
    map.process([1, 2], [10, 20]);
    map.process([3]);
    expect([map.out, map.timestamps]).toEqual([
      [2, 4, 6],
      [10, 20, null],
    ]);
    const filter = open({ type: 'filter', keys: [null], fn: { filter: (value) => value !== 2 } });
    filter.process([1, 2, 3], [10, 20, 30]);
    expect([filter.out, filter.timestamps]).toEqual([
      [1, 3],
      [10, 30],
    ]);
    const flatMap = open({
      type: 'flatMap',
      keys: [null],
      fn: {
        flatMap: (value, out) => {
          for (let i = 0; i < (value as number); i++) out.collect(i);
        },
      },
    });
    flatMap.process([2, 0, 1], [10, 20, 30]);
    expect([flatMap.out, flatMap.timestamps]).toEqual([
      [0, 1, 0],
      [10, 10, 30],
    ]);
  });

  test('a flatMap that gives very many is emitted in several batches, in order', () => {
    const many = open({
      type: 'flatMap',
      keys: [null],
      fn: {
        flatMap: (value, out) => {
          for (let i = 0; i < (value as number); i++) out.collect(i);
        },
      },
    });
    many.process([20_000]);
    expect(many.out).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
  });

  test('keyed state of a map over a keyed stream, by key in both modes', () => {
    const counting = (): StreamOperatorDefinition => {
      let count: { value(): number | null; update(value: number): void };
      return {
        type: 'map',
        keys: [self],
        fn: {
          open: (context: RuntimeContext) => {
            count = context.getState(new ValueStateDescriptor<number>('n'));
          },
          map: (value) => {
            count.update((count.value() ?? 0) + 1);
            return `${value as string}${count.value()}`;
          },
        },
      };
    };
    const streaming = open(counting());
    streaming.process(['b', 'a', 'b']);
    expect(streaming.out).toEqual(['b1', 'a1', 'b2']);
    const batch = open(counting(), { mode: 'BATCH' });
    batch.process(['b', 'a', 'b']);
    batch.end();
    expect(batch.out).toEqual(['a1', 'b1', 'b2', 'watermark MAX']);
  });

  test('functions are opened, and closed once, also after a failure', () => {
    const calls: string[] = [];
    const fn = {
      open: () => {
        calls.push('open');
      },
      map: () => {
        throw new Error('no');
      },
      close: () => {
        calls.push('close');
      },
    };
    const harness = open({ type: 'map', keys: [self], fn });
    expect(() => harness.process(['a'])).toThrow('no');
    harness.close();
    harness.close();
    expect(calls).toEqual(['open', 'close']);
  });

  test('what needs a key says so', () => {
    const timer = open({
      type: 'process',
      keys: [null],
      fn: { processElement: (_value, context) => context.timerService().registerEventTimeTimer(1) },
    });
    expect(() => timer.process([1])).toThrow('a timer needs a keyed stream');
    const state = {
      open: (context: RuntimeContext) => void context.getState(new ValueStateDescriptor('x')),
      map: self,
    };
    expect(() => open({ type: 'map', keys: [null], fn: state })).toThrow('keyed state needs a keyed stream');
    const noKey = open({ type: 'map', keys: [() => undefined], fn: { map: self } });
    expect(() => noKey.process([1])).toThrow('a key selector gave a undefined');
  });
});

const timing: KeyedProcessFunction<string, readonly [string, number], string> = {
  processElement: ([, time], context) => {
    context.timerService().registerProcessingTimeTimer(time);
    context.timerService().registerProcessingTimeTimer(time);
    context.timerService().registerProcessingTimeTimer(time + 1);
    context.timerService().deleteProcessingTimeTimer(time + 1);
  },
  onTimer: (time, context, out) => {
    out.collect(`${context.getCurrentKey()} ${context.timeDomain()} ${time} ${context.timestamp()}`);
  },
};

test('processing timers fire when the clock has come to them', () => {
  const harness = open({ type: 'keyedProcess', keys: [first], fn: timing } as never);
  expect(harness.operator.nextProcessingTime).toBe(Number.POSITIVE_INFINITY);
  harness.process([
    ['a', 100],
    ['b', 50],
  ]);
  expect(harness.operator.nextProcessingTime).toBe(50);
  harness.advanceClock(49);
  expect(harness.out).toEqual([]);
  harness.advanceClock(99);
  harness.advanceClock(1000);
  expect(harness.out).toEqual(['b PROCESSING_TIME 50 null', 'a PROCESSING_TIME 100 null']);
});

test('very many timers of one watermark fire in slices; records that come meanwhile wait', () => {
  let ticks = 0;
  const fn: KeyedProcessFunction<number, number, number> = {
    processElement: (value, context, out) => {
      if (value < 0) out.collect(value);
      else context.timerService().registerEventTimeTimer(1);
    },
    onTimer: (_time, context, out) => out.collect(context.getCurrentKey()),
  };
  const harness = open({ type: 'keyedProcess', keys: [self], fn } as never);
  harness.clock.monotonic = () => ticks++ * 20;
  harness.process(Array.from({ length: 2000 }, (_, i) => i));
  harness.operator.processWatermark(5);
  expect(harness.operator.busy).toBe(true);
  expect(harness.out.length).toBeLessThan(2000);
  harness.operator.processRecords!({ values: [-1], timestamps: null }, 0);
  expect(harness.operator.busy).toBe(false);
  expect(harness.out.length).toBe(2002);
  expect(harness.out.slice(-2)).toEqual(['watermark 5', -1]);
});

type Row = readonly [key: string, value: number];
function windows(window: Partial<WindowDefinition> & Pick<WindowDefinition, 'assigner'>): StreamOperatorDefinition {
  const sum: WindowDefinition['contents'] = {
    kind: 'aggregate',
    fn: {
      createAccumulator: () => 0,
      add: (value, sum) => (sum as number) + (value as Row)[1],
      getResult: (sum) => `sum ${sum as number}`,
      merge: (a, b) => (a as number) + (b as number),
    },
  };
  const defaults = { allowedLateness: 0, lateTag: null, contents: sum, process: null };
  return { type: 'window', keys: [first], window: { ...defaults, ...window } };
}

describe('windows', () => {
  test('fire again for late records while they may, then drop them', () => {
    const tag = new OutputTag<unknown>('late');
    const assigner = TumblingEventTimeWindows.of(10);
    const harness = open(windows({ assigner, allowedLateness: 5, lateTag: tag }));
    harness.process(
      [
        ['a', 1],
        ['a', 2],
      ],
      [3, 12],
    );
    harness.watermark(9);
    harness.process([['a', 10]], [4]);
    harness.watermark(14);
    harness.process([['a', 100]], [5]);
    harness.watermark(30);
    expect(harness.out).toEqual(['sum 1', 'watermark 9', 'sum 11', 'watermark 14', 'sum 2', 'watermark 30']);
    expect(harness.timestamps).toEqual([9, 9, 19]);
    expect(harness.sideOutputs.get('late')).toEqual([['a', 100]]);
    const counting = open(windows({ assigner }));
    counting.watermark(100);
    counting.process([['a', 1]], [5]);
    expect(counting.counters).toEqual({ numLateRecordsDropped: 1 });
  });

  test('slide, also before the epoch', () => {
    const harness = open(windows({ assigner: SlidingEventTimeWindows.of(10, 5) }));
    harness.process(
      [
        ['a', 1],
        ['a', 2],
      ],
      [-1, 3],
    );
    harness.watermark(100);
    // [-10, 0) has the first, [-5, 5) both, [0, 10) the second.
    expect(harness.out.slice(0, -1)).toEqual(['sum 1', 'sum 3', 'sum 2']);
    expect(harness.timestamps).toEqual([-1, 4, 9]);
  });

  test('an offset moves them', () => {
    const harness = open(windows({ assigner: TumblingEventTimeWindows.of(10, 3) }));
    harness.process(
      [
        ['a', 1],
        ['a', 2],
        ['a', 4],
      ],
      [2, 3, 12],
    );
    harness.watermark(100);
    expect([harness.out.slice(0, -1), harness.timestamps]).toEqual([
      ['sum 1', 'sum 6'],
      [2, 12],
    ]);
  });

  test('sessions merge when a record joins them', () => {
    const harness = open(windows({ assigner: EventTimeSessionWindows.withGap(10) }));
    harness.process(
      [
        ['a', 1],
        ['a', 2],
        ['b', 7],
        ['a', 4],
      ],
      [0, 15, 0, 8],
    );
    harness.watermark(100);
    expect(harness.out.slice(0, -1).sort()).toEqual(['sum 7', 'sum 7']);
    expect(harness.timestamps).toEqual([9, 24]);
  });

  test('by the clock', () => {
    const harness = open(windows({ assigner: TumblingProcessingTimeWindows.of(10) }));
    harness.clock.time = 103;
    harness.process([
      ['a', 1],
      ['b', 5],
    ]);
    harness.clock.time = 108;
    harness.process([['a', 2]]);
    harness.advanceClock(109);
    expect(harness.out).toEqual(['sum 3', 'sum 5']);
    const sessions = open(windows({ assigner: ProcessingTimeSessionWindows.withGap(10) }));
    sessions.clock.time = 100;
    sessions.process([['a', 1]]);
    sessions.clock.time = 105;
    sessions.process([['a', 2]]);
    sessions.advanceClock(112);
    expect(sessions.out).toEqual([]);
    sessions.advanceClock(114);
    expect(sessions.out).toEqual(['sum 3']);
  });

  test('state of a window is its own, and may be cleared with it', () => {
    const cleared: number[] = [];
    const process: WindowDefinition['process'] = {
      process: (_key, context, elements, out) => {
        const mine = context.windowState().getState(new ValueStateDescriptor<number>('n'));
        const all = context.globalState().getState(new ValueStateDescriptor<number>('n'));
        mine.update((mine.value() ?? 0) + 1);
        all.update((all.value() ?? 0) + 1);
        const seen = context.windowState().getMapState(new MapStateDescriptor<number, number>('m'));
        seen.put(1, 1);
        out.collect(`${[...elements].length} records, ${mine.value()} ${all.value()} ${[...seen.keys()].length}`);
      },
      clear: (context) => {
        cleared.push(context.window.start);
        context.windowState().getState(new ValueStateDescriptor<number>('n')).clear();
      },
    };
    const assigner = TumblingEventTimeWindows.of(10);
    const harness = open(windows({ assigner, contents: { kind: 'list' }, process, allowedLateness: 5 }));
    harness.process(
      [
        ['a', 1],
        ['a', 2],
      ],
      [1, 11],
    );
    harness.watermark(9);
    harness.process([['a', 3]], [2]);
    harness.watermark(50);
    const lines = harness.out.filter((line) => String(line).includes('records'));
    expect(lines).toEqual(['1 records, 1 1 1', '2 records, 2 2 1', '1 records, 1 3 1']);
    expect(cleared).toEqual([0, 10]);
  });

  test('sessions have no state of their own', () => {
    const process: WindowDefinition['process'] = {
      process: (_key, context) => void context.windowState(),
    };
    const harness = open(windows({ assigner: EventTimeSessionWindows.withGap(10), process }));
    harness.process([['a', 1]], [1]);
    expect(() => harness.watermark(50)).toThrow('session windows have no state per window');
  });
});

describe('timestamps and watermarks', () => {
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness<unknown>(2).withTimestampAssigner(
    (value) => value as number,
  );
  const timestamps = (of = strategy): StreamOperatorDefinition => ({ type: 'timestamps', keys: [null], strategy: of });

  test('after each batch; with the interval 0 after each record that raises them', () => {
    const batches = open(timestamps());
    batches.process([10, 30, 20]);
    batches.process([25]);
    expect([batches.out, batches.timestamps]).toEqual([
      [10, 30, 20, 'watermark 27', 25],
      [10, 30, 20, 25],
    ]);
    const records = open(timestamps(), { autoWatermarkInterval: 0 });
    records.process([10, 30, 20]);
    expect(records.out).toEqual([10, 'watermark 7', 30, 'watermark 27', 20]);
  });

  test('those from before are replaced, but for the end', () => {
    const harness = open(timestamps());
    harness.process([10]);
    harness.watermark(1000);
    harness.end();
    expect(harness.out).toEqual([10, 'watermark 7', 'watermark MAX']);
  });

  test('BATCH makes timestamps only', () => {
    const harness = open(timestamps(), { mode: 'BATCH' });
    harness.process([10, 30]);
    harness.end();
    expect([harness.out, harness.timestamps]).toEqual([
      [10, 30, 'watermark MAX'],
      [10, 30],
    ]);
  });

  test('silence makes idle, a record active again', () => {
    const harness = open(timestamps(strategy.withIdleness(50)));
    harness.process([10]);
    harness.advanceClock(49);
    harness.advanceClock(50);
    harness.advanceClock(300);
    harness.process([20]);
    expect(harness.out).toEqual([10, 'watermark 7', 'idle', 'active', 20, 'watermark 17']);
  });

  test('a generator is asked every interval', () => {
    let time = 0;
    const clocked = WatermarkStrategy.forGenerator<unknown>(() => ({
      onEvent: () => undefined,
      onPeriodicEmit: (output) => output.emitWatermark(time),
    }));
    const harness = open(timestamps(clocked), { autoWatermarkInterval: 100 });
    time = 5;
    harness.advanceClock(99);
    harness.advanceClock(100);
    time = 6;
    harness.advanceClock(199);
    harness.advanceClock(200);
    expect(harness.out).toEqual(['watermark 5', 'watermark 6']);
  });
});

describe.each(['hashmap', 'lmdb'])('on %s, an operator goes on from its snapshot', (backend) => {
  const take = (harness: StreamHarness) => {
    const { writer, reader } = memoryState();
    harness.operator.snapshotState(writer);
    return reader;
  };

  test('keyed state and timers', () => {
    const counting = (): StreamOperatorDefinition => {
      let list: { add(value: number): void; get(): Iterable<number> };
      const fn: KeyedProcessFunction<string, Row, string> = {
        open: (context) => {
          list = context.getListState(new ListStateDescriptor<number>('l'));
        },
        processElement: ([, value], context) => {
          list.add(value);
          context.timerService().registerEventTimeTimer(10);
          context.timerService().registerProcessingTimeTimer(20);
        },
        onTimer: (_time, context, out) =>
          out.collect(`${context.getCurrentKey()} ${context.timeDomain()} ${[...list.get()]}`),
      };
      return { type: 'keyedProcess', keys: [first], fn } as unknown as StreamOperatorDefinition;
    };
    const before = open(counting(), { backend });
    before.process([
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ]);
    const after = open(counting(), { backend, restored: take(before) });
    after.process([['a', 4]]);
    after.watermark(10);
    after.advanceClock(20);
    expect(after.out.sort()).toEqual([
      'a EVENT_TIME 1,3,4',
      'a PROCESSING_TIME 1,3,4',
      'b EVENT_TIME 2',
      'b PROCESSING_TIME 2',
      'watermark 10',
    ]);
  });

  test('windows and rolling reductions', () => {
    for (const assigner of [TumblingEventTimeWindows.of(10), EventTimeSessionWindows.withGap(5)]) {
      const before = open(windows({ assigner }), { backend });
      before.process(
        [
          ['a', 1],
          ['b', 2],
        ],
        [1, 2],
      );
      const after = open(windows({ assigner }), { backend, restored: take(before) });
      after.process([['a', 4]], [3]);
      after.watermark(100);
      expect(after.out.slice(0, -1).sort()).toEqual(['sum 2', 'sum 5']);
    }
    const reduce: StreamOperatorDefinition = {
      type: 'reduce',
      keys: [first],
      fn: { reduce: (a, b) => [(a as Row)[0], (a as Row)[1] + (b as Row)[1]] },
    };
    const before = open(reduce, { backend });
    before.process([
      ['a', 1],
      ['a', 2],
    ]);
    const after = open(reduce, { backend, restored: take(before) });
    after.process([['a', 4]]);
    expect(after.out).toEqual([['a', 7]]);
  });
});

test('lists of the subtask and broadcast state go on from a snapshot, also without a key', () => {
  const descriptor = new MapStateDescriptor<string, number>('rules');
  const broadcast = (): StreamOperatorDefinition => {
    let seen: { add(value: unknown): void; get(): Iterable<unknown> };
    let all: { add(value: unknown): void; get(): Iterable<unknown> };
    return {
      type: 'broadcastProcess',
      keys: [null, null],
      descriptors: [descriptor as never],
      fn: {
        open: (context: RuntimeContext) => {
          seen = context.getOperatorListState(new ListStateDescriptor<unknown>('seen'));
          all = context.getUnionListState(new ListStateDescriptor<unknown>('all'));
        },
        processElement: (value, context, out) => {
          seen.add(value);
          all.add(value);
          const rules = [...context.getBroadcastState(descriptor).immutableEntries()].map(([name, n]) => `${name}${n}`);
          out.collect(`${[...seen.get()]} | ${[...all.get()]} | ${rules}`);
        },
        processBroadcastElement: (value, context) => {
          const [name, number] = value as Row;
          context.getBroadcastState(descriptor).put(name, number);
        },
      },
    };
  };
  const before = open(broadcast());
  before.process([['x', 1]], null, 1);
  before.process([1, 2]);
  const { writer, reader } = memoryState();
  before.operator.snapshotState(writer);
  const after = open(broadcast(), { restored: reader });
  after.process([3]);
  expect(after.out).toEqual(['1,2,3 | 1,2,3 | x1']);
});
