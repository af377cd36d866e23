/**
 * Types follow the records from source to sink. The compiler checks this file with all others (`npm run typecheck`): a
 * line after `@ts-expect-error` that compiles is an error. Programs are written down here and not run.
 */
import { describe, expectTypeOf, test } from 'vitest';
import {
  type AggregateFunction,
  type DataStream,
  DiscardingSink,
  type KeyedProcessFunction,
  type KeyedStream,
  MapStateDescriptor,
  OutputTag,
  StreamExecutionEnvironment,
  type StreamSink,
  TumblingEventTimeWindows,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from '../../src/index.ts';

interface Order {
  readonly id: number;
  readonly city: string;
  readonly amount: number;
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();
const orders: DataStream<Order> = env.fromCollection<Order>([]);
const strings: StreamSink<string> = new DiscardingSink<string>();

describe('types of records are inferred', () => {
  test('sources give what they are made of', () => {
    expectTypeOf(env.fromElements(1, 2)).toMatchTypeOf<DataStream<number>>();
    expectTypeOf(env.fromSequence(1, 3)).toMatchTypeOf<DataStream<number>>();
    expectTypeOf(env.readTextFile('x')).toMatchTypeOf<DataStream<string>>();
    expectTypeOf(env.fromCollection(new Set(['a']))).toMatchTypeOf<DataStream<string>>();
  });

  test('functions get what comes in and decide what goes out', () => {
    expectTypeOf(orders.map(({ city }) => city)).toMatchTypeOf<DataStream<string>>();
    expectTypeOf(orders.map({ map: ({ amount }) => amount })).toMatchTypeOf<DataStream<number>>();
    const mixed: DataStream<Order | null> = env.fromCollection<Order | null>([]);
    expectTypeOf(mixed.filter((value) => value !== null)).toMatchTypeOf<DataStream<Order>>();
    // @ts-expect-error no such field
    orders.map(({ town }) => town);
    // @ts-expect-error a filter says yes or no
    orders.filter(({ amount }) => amount);
    // @ts-expect-error a function of other records
    orders.map((text: string) => text.length);
  });

  test('a key has the type of its selector', () => {
    expectTypeOf(orders.keyBy(({ city }) => city)).toEqualTypeOf<KeyedStream<Order, string>>();
    expectTypeOf(orders.keyBy('id')).toEqualTypeOf<KeyedStream<Order, number>>();
    // @ts-expect-error no such field
    orders.keyBy('town');
    // @ts-expect-error no such field
    orders.keyBy(({ town }) => town);
  });

  test('what is summed is a number', () => {
    const keyed = orders.keyBy('city');
    keyed.sum('amount');
    // @ts-expect-error text cannot be added up
    keyed.sum('city');
    // @ts-expect-error a reduction gives records of the same type
    keyed.reduce((first, second) => first.amount + second.amount);
    const pairs = env.fromElements<readonly [string, number]>().keyBy(([key]) => key);
    pairs.sum(1);
    // @ts-expect-error text cannot be added up
    pairs.sum(0);
  });

  test('a keyed function has the key of its stream', () => {
    const process: KeyedProcessFunction<string, Order, number> = {
      processElement: (order, context, out) => out.collect(order.amount + context.getCurrentKey().length),
    };
    expectTypeOf(orders.keyBy('city').process(process)).toMatchTypeOf<DataStream<number>>();
    orders.keyBy('city').process<number>(({ amount }, context, out) => {
      expectTypeOf(context.getCurrentKey()).toEqualTypeOf<string>();
      out.collect(amount);
      // @ts-expect-error the function gives numbers
      out.collect('many');
    });
  });

  test('state has the type of its descriptor', () => {
    const count = new ValueStateDescriptor<number>('count');
    orders.keyBy('city').process<number>({
      open(context) {
        const right: ValueState<number> = context.getState(count);
        // @ts-expect-error the state holds numbers
        const wrong: ValueState<string> = context.getState(count);
        // @ts-expect-error the state holds numbers
        right.update('one');
        wrong.clear();
      },
      processElement: () => undefined,
    });
  });

  test('a sink takes what the stream gives', () => {
    orders.map(({ city }) => city).sinkTo(strings);
    // @ts-expect-error the stream gives orders
    orders.sinkTo(strings);
  });

  test('side outputs have the type of their tag', () => {
    const rejected = new OutputTag<string>('rejected');
    const accepted = orders.process<Order>((order, context, out) => {
      if (order.amount > 0) out.collect(order);
      else context.output(rejected, `order ${order.id}`);
      // @ts-expect-error the tag is for text
      context.output(rejected, order);
    });
    expectTypeOf(accepted.getSideOutput(rejected)).toEqualTypeOf<DataStream<string>>();
  });

  test('windows reduce, aggregate and process', () => {
    const window = orders.keyBy('city').window(TumblingEventTimeWindows.of(1000));
    const mean: AggregateFunction<Order, readonly [number, number], number> = {
      createAccumulator: () => [0, 0],
      add: ({ amount }, [sum, count]) => [sum + amount, count + 1],
      getResult: ([sum, count]) => sum / count,
      merge: (a, b) => [a[0] + b[0], a[1] + b[1]],
    };
    expectTypeOf(window.aggregate(mean)).toMatchTypeOf<DataStream<number>>();
    const described = window.aggregate(mean, (key: string, _context, means: Iterable<number>, out) => {
      for (const value of means) out.collect(`${key} ${value}`);
    });
    expectTypeOf(described).toMatchTypeOf<DataStream<unknown>>();
    // @ts-expect-error late records are orders
    window.sideOutputLateData(new OutputTag<string>('late'));
  });

  test('connected streams keep their types apart', () => {
    const numbers = env.fromSequence(1, 2);
    const both = orders.connect(numbers).map(
      ({ city }) => city,
      (value) => value * 2,
    );
    expectTypeOf(both).toMatchTypeOf<DataStream<string | number>>();
    const byCity = orders.keyBy('city');
    // @ts-expect-error keys of different types
    byCity.connect(numbers.keyBy((value) => value));
    const rules = new MapStateDescriptor<string, number>('rules');
    byCity.connect(numbers.broadcast(rules)).process<string>({
      processElement(order, context, out) {
        const limit = context.getBroadcastState(rules).get(order.city);
        expectTypeOf(limit).toEqualTypeOf<number | null>();
        // @ts-expect-error only the broadcast side writes
        context.getBroadcastState(rules).put('a', 1);
        out.collect(context.getCurrentKey());
      },
      processBroadcastElement: (value, context) => context.getBroadcastState(rules).put('all', value),
    });
  });

  test('a strategy is for the records of its stream', () => {
    const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Order>(10).withTimestampAssigner(({ id }) => id);
    orders.assignTimestampsAndWatermarks(strategy);
    // @ts-expect-error records of another type
    env.fromSequence(1, 2).assignTimestampsAndWatermarks(strategy);
  });
});
