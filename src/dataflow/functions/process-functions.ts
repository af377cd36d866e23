/** Functions that see time, timers, side outputs. Flink: ProcessFunction and its relatives. */
import type { Collector, KeyedStateStore, RichFunction } from './lifecycle.ts';
import type { OutputTag } from './output-tag.ts';
import type { BroadcastState, MapStateDescriptor, ReadOnlyBroadcastState } from './state.ts';
import type { TimeWindow } from './windows.ts';

/** All times in milliseconds since the epoch. */
export interface TimerService {
  currentProcessingTime(): number;
  /** MIN_WATERMARK before the first. */
  currentWatermark(): number;
  /** @throws EngineError STREAM-NOT-KEYED if the stream has no key */
  registerProcessingTimeTimer(time: number): void;
  registerEventTimeTimer(time: number): void;
  deleteProcessingTimeTimer(time: number): void;
  deleteEventTimeTimer(time: number): void;
}

export type TimeDomain = 'EVENT_TIME' | 'PROCESSING_TIME';

export interface ProcessContext {
  /** Of the record, or of the timer; null if the record has none. */
  timestamp(): number | null;
  timerService(): TimerService;
  /** Gives a value to a side output. */
  output<T>(tag: OutputTag<T>, value: T): void;
}

export interface KeyedContext<K> extends ProcessContext {
  getCurrentKey(): K;
}

export interface OnTimerContext<K> extends KeyedContext<K> {
  timeDomain(): TimeDomain;
}

export interface ProcessFunction<I, O> extends RichFunction {
  processElement(value: I, context: ProcessContext, out: Collector<O>): void;
}

export interface KeyedProcessFunction<K, I, O> extends RichFunction {
  processElement(value: I, context: KeyedContext<K>, out: Collector<O>): void;
  onTimer?(timestamp: number, context: OnTimerContext<K>, out: Collector<O>): void;
}

export interface CoMapFunction<I1, I2, O> extends RichFunction {
  map1(value: I1): O;
  map2(value: I2): O;
}

export interface CoFlatMapFunction<I1, I2, O> extends RichFunction {
  flatMap1(value: I1, out: Collector<O>): void;
  flatMap2(value: I2, out: Collector<O>): void;
}

export interface CoProcessFunction<I1, I2, O> extends RichFunction {
  processElement1(value: I1, context: ProcessContext, out: Collector<O>): void;
  processElement2(value: I2, context: ProcessContext, out: Collector<O>): void;
}

export interface KeyedCoProcessFunction<K, I1, I2, O> extends RichFunction {
  processElement1(value: I1, context: KeyedContext<K>, out: Collector<O>): void;
  processElement2(value: I2, context: KeyedContext<K>, out: Collector<O>): void;
  onTimer?(timestamp: number, context: OnTimerContext<K>, out: Collector<O>): void;
}

/** What both sides of a broadcast see. */
interface BroadcastBaseContext {
  timestamp(): number | null;
  currentProcessingTime(): number;
  currentWatermark(): number;
  output<T>(tag: OutputTag<T>, value: T): void;
}

/** Of the broadcast side: it alone may write. */
export interface BroadcastContext extends BroadcastBaseContext {
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V>;
}

export interface ReadOnlyBroadcastContext extends BroadcastBaseContext {
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V>;
}

export interface KeyedReadOnlyBroadcastContext<K> extends ReadOnlyBroadcastContext {
  timerService(): TimerService;
  getCurrentKey(): K;
}

export interface KeyedBroadcastOnTimerContext<K> extends KeyedReadOnlyBroadcastContext<K> {
  timeDomain(): TimeDomain;
}

export interface BroadcastProcessFunction<I, B, O> extends RichFunction {
  processElement(value: I, context: ReadOnlyBroadcastContext, out: Collector<O>): void;
  processBroadcastElement(value: B, context: BroadcastContext, out: Collector<O>): void;
}

export interface KeyedBroadcastProcessFunction<K, I, B, O> extends RichFunction {
  processElement(value: I, context: KeyedReadOnlyBroadcastContext<K>, out: Collector<O>): void;
  processBroadcastElement(value: B, context: BroadcastContext, out: Collector<O>): void;
  onTimer?(timestamp: number, context: KeyedBroadcastOnTimerContext<K>, out: Collector<O>): void;
}

export interface WindowContext {
  readonly window: TimeWindow;
  currentProcessingTime(): number;
  currentWatermark(): number;
  /** State of the key and this window. */
  windowState(): KeyedStateStore;
  /** State of the key, over all windows. */
  globalState(): KeyedStateStore;
  output<T>(tag: OutputTag<T>, value: T): void;
}

export interface ProcessWindowFunction<I, O, K> extends RichFunction {
  process(key: K, context: WindowContext, elements: Iterable<I>, out: Collector<O>): void;
  /** Called when the window is over, to clear what `windowState` holds. */
  clear?(context: WindowContext): void;
}
