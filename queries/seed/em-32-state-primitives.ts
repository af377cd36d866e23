// EM-32: all primitives of keyed state work in both modes: value, list, map, reducing and aggregating state.
import {
  type AggregatingState,
  AggregatingStateDescriptor,
  type Collector,
  type KeyedContext,
  type KeyedProcessFunction,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type ReducingState,
  ReducingStateDescriptor,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from 'weir';
import { inBothModes, READINGS, type Reading } from './in-both-modes.ts';

const COUNT = new ValueStateDescriptor<number>('count', { defaultValue: 0 });
const VALUES = new ListStateDescriptor<number>('values');
const TIMES = new MapStateDescriptor<number, number>('times');
const LARGEST = new ReducingStateDescriptor<number>('largest', (a, b) => Math.max(a, b));
const AVERAGE = new AggregatingStateDescriptor<number, readonly [sum: number, count: number], number>('average', {
  createAccumulator: () => [0, 0],
  add: (value, [sum, count]) => [sum + value, count + 1],
  getResult: ([sum, count]) => sum / count,
  merge: (a, b) => [a[0] + b[0], a[1] + b[1]],
});

class Remember implements KeyedProcessFunction<string, Reading, string> {
  #count!: ValueState<number>;
  #values!: ListState<number>;
  #times!: MapState<number, number>;
  #largest!: ReducingState<number>;
  #average!: AggregatingState<number, number>;

  open(context: RuntimeContext): void {
    this.#count = context.getState(COUNT);
    this.#values = context.getListState(VALUES);
    this.#times = context.getMapState(TIMES);
    this.#largest = context.getReducingState(LARGEST);
    this.#average = context.getAggregatingState(AVERAGE);
  }

  processElement([key, value, time]: Reading, _context: KeyedContext<string>, out: Collector<string>): void {
    this.#count.update((this.#count.value() ?? 0) + 1);
    this.#values.add(value);
    this.#times.put(value, time);
    this.#largest.add(value);
    this.#average.add(value);
    const times = [...this.#times.entries()].map(([of, at]) => `${of} at ${at}`).sort();
    out.collect(
      `${key}: ${this.#count.value()} of ${[...this.#values.get()].join(', ')} (${times.join(', ')}); ` +
        `largest ${this.#largest.get()}, average ${this.#average.get()}`,
    );
  }
}

await inBothModes((env) =>
  env
    .fromCollection(READINGS)
    .keyBy(([key]) => key)
    .process(new Remember()),
);
