/**
 * One program whose result does not depend on how it runs: the same in both modes, at every parallelism, on each state
 * backend, and with records sorted in so little memory that most of them go to disk.
 */
import { describe, expect, test } from 'vitest';
import {
  type KeyedProcessFunction,
  ListStateDescriptor,
  MapStateDescriptor,
  OutputTag,
  perSubtask,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
} from '../../src/index.ts';

interface Order {
  readonly customer: string;
  readonly amount: number;
  readonly time: number;
  readonly tags: readonly string[];
}

const COUNT = 3000;
const DAY = 100;

/** Times rise, so that nothing is late in STREAMING. */
const orders: readonly Order[] = Array.from({ length: COUNT }, (_, i) => ({
  customer: `customer ${(i * 7919) % 61}`,
  amount: (i * 31) % 97,
  time: i,
  tags: i % 10 === 0 ? ['big', 'é'] : [],
}));

const big = new OutputTag<string>('big');

/** At the end of each day that a customer had orders: how many so far, and what they were tagged with. */
const statements = (): KeyedProcessFunction<string, Order, string> => {
  let state: ReturnType<typeof open>;
  const open = (context: Parameters<NonNullable<KeyedProcessFunction<string, Order, string>['open']>>[0]) => ({
    count: context.getState(new ValueStateDescriptor<number>('count')),
    tags: context.getMapState(new MapStateDescriptor<string, number>('tags')),
    days: context.getListState(new ListStateDescriptor<number>('days')),
  });
  return {
    open: (context) => {
      state = open(context);
    },
    processElement: ({ amount, time, tags }, context) => {
      state.count.update((state.count.value() ?? 0) + 1);
      for (const tag of tags) state.tags.put(tag, (state.tags.get(tag) ?? 0) + 1);
      if (amount > 90) context.output(big, `${context.getCurrentKey()} ${amount}`);
      context.timerService().registerEventTimeTimer(Math.ceil((time + 1) / DAY) * DAY + COUNT);
    },
    onTimer: (time, context, out) => {
      state.days.add(time);
      const tags = [...state.tags.entries()].map(([tag, n]) => `${tag}=${n}`).sort();
      out.collect(`${context.getCurrentKey()} ${time} ${state.count.value()} ${tags} ${[...state.days.get()].length}`);
    },
  };
};

async function run(configuration: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const environment = () => StreamExecutionEnvironment.getExecutionEnvironment({ configuration });
  const source = () =>
    environment()
      .fromCollection(orders)
      .rebalance()
      .map((order) => order)
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forBoundedOutOfOrderness<Order>(COUNT).withTimestampAssigner(({ time }) => time),
      )
      .keyBy(({ customer }) => customer);
  const main = source().process(perSubtask(statements));
  const reduced = source().reduce(({ customer, time, amount }, b) => ({
    customer,
    amount: amount + b.amount,
    time,
    tags: [],
  }));
  const windowed = source()
    .window(TumblingEventTimeWindows.of(DAY))
    .aggregate({
      createAccumulator: () => 0,
      add: ({ amount }, sum) => sum + amount,
      getResult: (sum) => sum,
      merge: (a, b) => a + b,
    });
  const lines = await main.executeAndCollect().toArray();
  const bigs = await source().process(perSubtask(statements)).getSideOutput(big).executeAndCollect().toArray();
  const totals = new Map<string, number>();
  for (const { customer, amount } of await reduced.executeAndCollect().toArray()) {
    totals.set(customer, Math.max(totals.get(customer) ?? 0, amount));
  }
  const sums = await windowed.executeAndCollect().toArray();
  return [lines, bigs, [...totals].map(([customer, total]) => `${customer}: ${total}`), sums.map(String)].flatMap(
    (part) => [...part].sort(),
  );
}

const CASES: readonly Readonly<Record<string, string>>[] = [
  { 'execution.runtime-mode': 'STREAMING', 'state.backend.type': 'lmdb' },
  { 'execution.runtime-mode': 'BATCH' },
  { 'execution.runtime-mode': 'BATCH', 'execution.sorted-inputs.memory': '20 kb' },
  { 'execution.runtime-mode': 'BATCH', 'execution.sorted-inputs.memory': '20 kb', 'parallelism.default': '2' },
  { 'execution.runtime-mode': 'BATCH', 'execution.batch-shuffle-mode': 'ALL_EXCHANGES_PIPELINED' },
  ...['2', '3'].flatMap((parallelism) => [
    { 'execution.runtime-mode': 'STREAMING', 'parallelism.default': parallelism },
    { 'execution.runtime-mode': 'STREAMING', 'parallelism.default': parallelism, 'state.backend.type': 'lmdb' },
    { 'execution.runtime-mode': 'BATCH', 'parallelism.default': parallelism },
  ]),
];

describe('the same result', async () => {
  const expected = await run({ 'execution.runtime-mode': 'STREAMING' });

  test('is more than nothing', () => {
    const total = orders.reduce((sum, { amount }) => sum + amount, 0);
    const totals = expected.filter((line) => line.includes(': ')).map((line) => Number(line.split(': ')[1]));
    expect(totals.length).toBe(61);
    expect(totals.reduce((a, b) => a + b)).toBe(total);
  });

  test.each(CASES)('%o', async (configuration) => {
    expect(await run(configuration)).toEqual(expected);
  });
});
