/** What every user function may have beside its own method, and what it sees of the subtask it runs in. */
import type { Configuration } from '../../base/config.ts';
import type {
  AggregatingState,
  AggregatingStateDescriptor,
  BroadcastState,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReducingState,
  ReducingStateDescriptor,
  ValueState,
  ValueStateDescriptor,
} from './state.ts';

/** Called once before the first record, and once after the last one, also after a failure. */
export interface RichFunction {
  open?(context: RuntimeContext): void;
  close?(): void;
}

export interface TaskInfo {
  readonly taskName: string;
  /** From 0. */
  readonly indexOfThisSubtask: number;
  readonly numberOfParallelSubtasks: number;
  readonly maxNumberOfParallelSubtasks: number;
  /** From 0; grows with every restart. */
  readonly attemptNumber: number;
}

/** Keyed state is that of the key of the record, or timer, in hand: one handle serves all keys. */
export interface KeyedStateStore {
  /** @throws EngineError STREAM-NOT-KEYED if the stream has no key */
  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>;
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>;
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  getAggregatingState<I, A, O>(descriptor: AggregatingStateDescriptor<I, A, O>): AggregatingState<I, O>;
}

/** State of the subtask: asked for in `open`. */
export interface OperatorStateStore {
  /** After a restore at another parallelism the elements are dealt out evenly. */
  getOperatorListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** After a restore at another parallelism every subtask gets all elements. */
  getUnionListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V>;
}

export interface Counter {
  inc(amount?: number): void;
}

export interface RuntimeContext extends KeyedStateStore, OperatorStateStore {
  readonly taskInfo: TaskInfo;
  readonly configuration: Configuration;
  /** The state was restored from a checkpoint or savepoint. */
  readonly isRestored: boolean;
  /** A counter of the job, added up over subtasks. */
  counter(name: string): Counter;
}

/** Takes what a function gives out. */
export interface Collector<T> {
  collect(value: T): void;
}
