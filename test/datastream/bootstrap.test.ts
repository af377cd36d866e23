/**
 * A program reads its past in BATCH and leaves a savepoint, from which the same operators go on in STREAMING over the
 * rest, at another parallelism and on either backend. What both give is what one run in STREAMING gives over everything.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AggregatingStateDescriptor,
  type DataStream,
  EventTimeSessionWindows,
  type KeyedProcessFunction,
  ListStateDescriptor,
  MapStateDescriptor,
  perSubtask,
  ReducingStateDescriptor,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
} from '../../src/index.ts';

interface Order {
  readonly customer: string;
  readonly amount: number;
  readonly time: number;
}

const ORDERS: readonly Order[] = Array.from({ length: 400 }, (_, i) => ({
  customer: `customer ${(i * 7919) % 23}`,
  amount: (i * 31) % 97,
  time: i,
}));
const PAST = 250;

const add = (a: Order, b: Order): Order => ({ customer: a.customer, amount: a.amount + b.amount, time: b.time });

type Context = Parameters<NonNullable<KeyedProcessFunction<string, Order, string>['open']>>[0];

/** One of each primitive, and a timer that deletes the one before it: it fires once, a while after the last order. */
const everyPrimitive = (): KeyedProcessFunction<string, Order, string> => {
  let state: ReturnType<typeof open>;
  const open = (context: Context) => ({
    timer: context.getState(new ValueStateDescriptor<number>('timer')),
    amounts: context.getListState(new ListStateDescriptor<number>('amounts')),
    parity: context.getMapState(new MapStateDescriptor<boolean, number>('parity')),
    most: context.getReducingState(new ReducingStateDescriptor<number>('most', (a, b) => Math.max(a, b))),
    mean: context.getAggregatingState(
      new AggregatingStateDescriptor<number, readonly [number, number], number>('mean', {
        createAccumulator: () => [0, 0],
        add: (value, [sum, count]) => [sum + value, count + 1],
        getResult: ([sum, count]) => sum / count,
        merge: ([a, b], [c, d]) => [a + c, b + d],
      }),
    ),
  });
  return {
    open: (context) => {
      state = open(context);
    },
    processElement: ({ amount, time }, context) => {
      const before = state.timer.value();
      if (before !== null) context.timerService().deleteEventTimeTimer(before);
      state.timer.update(time + 1000);
      context.timerService().registerEventTimeTimer(time + 1000);
      state.amounts.add(amount);
      state.parity.put(amount % 2 === 0, (state.parity.get(amount % 2 === 0) ?? 0) + 1);
      state.most.add(amount);
      state.mean.add(amount);
    },
    onTimer: (time, context, out) => {
      const parity = [state.parity.get(true) ?? 0, state.parity.get(false) ?? 0];
      const amounts = [...state.amounts.get()].join('+');
      out.collect(`${context.getCurrentKey()} ${time} ${amounts} ${parity} ${state.most.get()} ${state.mean.get()}`);
    },
  };
};

type Build = (orders: DataStream<Order>) => DataStream<string>;

/** Results that do not depend on when they are looked at, or of which the last one of a key counts. */
const PROGRAMS: Readonly<Record<string, Build>> = {
  'state and timers': (orders) =>
    orders
      .keyBy(({ customer }) => customer)
      .process(perSubtask(everyPrimitive))
      .uid('main'),
  windows: (orders) =>
    orders
      .keyBy(({ customer }) => customer)
      .window(TumblingEventTimeWindows.of(60))
      .reduce(add)
      .uid('main')
      .map(({ customer, amount }) => `${customer}: ${amount}`),
  sessions: (orders) =>
    orders
      .keyBy(({ amount }) => amount % 5)
      .window(EventTimeSessionWindows.withGap(4))
      .reduce((a, b) => ({ ...add(a, b), time: Math.max(a.time, b.time) }))
      .uid('main')
      .map(({ time, amount }) => `until ${time}: ${amount}`),
  'two keyed inputs': (orders) =>
    orders
      .keyBy(({ customer }) => customer)
      .connect(
        orders
          .filter(({ amount }) => amount > 90)
          .uid('big')
          .keyBy(({ customer }) => customer),
      )
      .process(
        perSubtask(() => {
          let count: { value(): number | null; update(value: number): void };
          return {
            open: (context: Context) => {
              count = context.getState(new ValueStateDescriptor<number>('count'));
            },
            processElement1: (
              { time }: Order,
              context: { timerService(): { registerEventTimeTimer(time: number): void } },
            ) => {
              count.update((count.value() ?? 0) + 1);
              context.timerService().registerEventTimeTimer(2000 + (time % 2));
            },
            processElement2: () => count.update((count.value() ?? 0) + 1000),
            onTimer: (time: number, context: { getCurrentKey(): string }, out: { collect(line: string): void }) =>
              out.collect(`${context.getCurrentKey()} ${time} ${count.value()}`),
          };
        }),
      )
      .uid('main'),
};

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-bootstrap-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function run(
  build: Build,
  uid: string,
  orders: readonly Order[],
  configuration: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const environment = StreamExecutionEnvironment.getExecutionEnvironment({ configuration });
  const source = environment
    .fromCollection(orders)
    .uid(uid)
    .setParallelism(1)
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forBoundedOutOfOrderness<Order>(1000).withTimestampAssigner(({ time }) => time),
    )
    .uid('timestamps')
    // Records of a key arrive as they are.
    .setParallelism(1);
  return build(source).executeAndCollect().toArray();
}

const past = ORDERS.slice(0, PAST);
const rest = ORDERS.slice(PAST);
const PATHS = [
  ['1', '1', 'hashmap'],
  ['1', '3', 'lmdb'],
  ['3', '2', 'hashmap'],
] as const;

describe.each(Object.entries(PROGRAMS))('%s', async (name, build) => {
  const expected = await run(build, 'all', ORDERS, {});

  test.each(PATHS)('BATCH at parallelism %s, STREAMING at %s on %s', async (before, after, backend) => {
    const path = join(directory, `${name}-${before}-${after}`);
    const first = await run(build, 'past', past, {
      'execution.runtime-mode': 'BATCH',
      'parallelism.default': before,
      'weir.savepoint-at-end': path,
    });
    // Whatever waits for time waits for the job that goes on.
    expect(first).toEqual([]);
    const second = await run(build, 'rest', rest, {
      'parallelism.default': after,
      'execution.state-recovery.path': path,
      'state.backend.type': backend,
    });
    expect([...second].sort()).toEqual([...expected].sort());
    expect(expected.length).toBeGreaterThan(20);
  });
});

test('a reduction: BATCH gives the last result of each key, STREAMING goes on from it', async () => {
  const build: Build = (orders) =>
    orders
      .keyBy(({ customer }) => customer)
      .reduce(add)
      .uid('main')
      .map(({ customer, amount }) => `${customer}: ${amount}`);
  const path = join(directory, 'reduction');
  const options = { 'execution.runtime-mode': 'BATCH', 'weir.savepoint-at-end': path, 'parallelism.default': '2' };
  const first = await run(build, 'past', past, options);
  const totals = new Map<string, number>();
  const addTo = ({ customer, amount }: Order): string => {
    totals.set(customer, (totals.get(customer) ?? 0) + amount);
    return `${customer}: ${totals.get(customer)}`;
  };
  for (const order of past) addTo(order);
  expect([...first].sort()).toEqual([...totals].map(([customer, total]) => `${customer}: ${total}`).sort());
  const second = await run(build, 'rest', rest, { 'execution.state-recovery.path': path });
  expect(second).toEqual(rest.map(addTo));
});

test('a savepoint is not written over', async () => {
  const build: Build = (orders) => orders.map(({ customer }) => customer);
  const path = join(directory, 'twice');
  const options = { 'execution.runtime-mode': 'BATCH', 'weir.savepoint-at-end': path };
  await run(build, 'past', past, options);
  await expect(run(build, 'past', past, options)).rejects.toThrow(/a savepoint is at '.*twice' already/);
  expect(await run(build, 'rest', rest, { 'execution.state-recovery.path': path })).toHaveLength(ORDERS.length - PAST);
});
