// A DataStream program: what each customer spends per minute. The last order comes too late and is dropped
// (`sideOutputLateData` would have it). In BATCH nothing is late, because everything is known:
//
//   npx weir queries/tour/07-late-orders.ts
//   npx weir run -D execution.runtime-mode=BATCH queries/tour/07-late-orders.ts
import { StreamExecutionEnvironment, TumblingEventTimeWindows, WatermarkStrategy } from 'weir';

interface Order {
  readonly customer: string;
  readonly amount: number;
  /** Seconds. */
  readonly second: number;
}

const ORDERS: readonly Order[] = [
  { customer: 'bob', amount: 20, second: 10 },
  { customer: 'ada', amount: 5, second: 30 },
  { customer: 'bob', amount: 7, second: 75 },
  { customer: 'ada', amount: 9, second: 140 },
  { customer: 'ada', amount: 1, second: 50 },
];

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.configure({ 'pipeline.auto-watermark-interval': '0 ms' });

env
  .fromCollection(ORDERS)
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forMonotonousTimestamps<Order>().withTimestampAssigner(({ second }) => second * 1000),
  )
  .keyBy('customer')
  .window(TumblingEventTimeWindows.of(60_000))
  .reduce(
    ({ customer, second, amount }, next) => ({ customer, second, amount: amount + next.amount }),
    (customer: string, { window }, [total], out) => {
      out.collect(`${customer} spent ${(total as Order).amount} in minute ${window.start / 60_000}`);
    },
  )
  .print();
await env.execute('late orders');
