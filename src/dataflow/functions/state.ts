/** State of functions: handles, and the descriptors that name them. A state is matched to its last content by name. */
import type { AggregateFunction, ReduceFunction } from './aggregate-functions.ts';

export interface State {
  clear(): void;
}

export interface ValueState<T> extends State {
  /** null, or the descriptor's default, if nothing is there. */
  value(): T | null;
  /** null clears. */
  update(value: T | null): void;
}

export interface ListState<T> extends State {
  /** In order of addition; empty if nothing is there. */
  get(): Iterable<T>;
  add(value: T): void;
  addAll(values: Iterable<T>): void;
  update(values: Iterable<T>): void;
}

export interface MapState<K, V> extends State {
  get(key: K): V | null;
  put(key: K, value: V): void;
  putAll(entries: Iterable<readonly [K, V]>): void;
  remove(key: K): void;
  contains(key: K): boolean;
  entries(): Iterable<readonly [K, V]>;
  keys(): Iterable<K>;
  values(): Iterable<V>;
  isEmpty(): boolean;
}

export interface ReducingState<T> extends State {
  get(): T | null;
  add(value: T): void;
}

export interface AggregatingState<I, O> extends State {
  get(): O | null;
  add(value: I): void;
}

export type ReadOnlyBroadcastState<K, V> = Pick<MapState<K, V>, 'get' | 'contains'> & {
  immutableEntries(): Iterable<readonly [K, V]>;
};
/** The same on every subtask: written for every broadcast record alike. */
export type BroadcastState<K, V> = MapState<K, V> & ReadOnlyBroadcastState<K, V>;

/** Flink's StateTtlConfig with its defaults: refreshed by writing, never seen when expired. */
export interface StateTtlConfig {
  /** Milliseconds of processing time. */
  readonly ttl: number;
  /** Default: OnCreateAndWrite. */
  readonly updateType?: 'Disabled' | 'OnCreateAndWrite' | 'OnReadAndWrite';
  /** Default: NeverReturnExpired. */
  readonly stateVisibility?: 'ReturnExpiredIfNotCleanedUp' | 'NeverReturnExpired';
}

interface StateOptions {
  readonly ttl?: StateTtlConfig;
}

abstract class StateDescriptor {
  readonly name: string;
  readonly ttl: StateTtlConfig | null;

  constructor(name: string, { ttl }: StateOptions = {}) {
    this.name = name;
    this.ttl = ttl ?? null;
  }
}

export class ValueStateDescriptor<T> extends StateDescriptor {
  readonly type = 'value';
  readonly defaultValue: T | null;

  constructor(name: string, options: StateOptions & { readonly defaultValue?: T } = {}) {
    super(name, options);
    this.defaultValue = options.defaultValue ?? null;
  }
}

export class ListStateDescriptor<T> extends StateDescriptor {
  readonly type = 'list';
  /** Only for the compiler. */
  declare readonly elementType: T;
}

export class MapStateDescriptor<K, V> extends StateDescriptor {
  readonly type = 'map';
  /** Only for the compiler. */
  declare readonly entryType: readonly [K, V];
}

export class ReducingStateDescriptor<T> extends StateDescriptor {
  readonly type = 'reducing';
  readonly reduceFunction: ReduceFunction<T>;

  constructor(name: string, reduce: ReduceFunction<T> | ReduceFunction<T>['reduce'], options: StateOptions = {}) {
    super(name, options);
    this.reduceFunction = typeof reduce === 'function' ? { reduce } : reduce;
  }
}

export class AggregatingStateDescriptor<I, A, O> extends StateDescriptor {
  readonly type = 'aggregating';
  readonly aggregateFunction: AggregateFunction<I, A, O>;

  constructor(name: string, aggregate: AggregateFunction<I, A, O>, options: StateOptions = {}) {
    super(name, options);
    this.aggregateFunction = aggregate;
  }
}

export type AnyStateDescriptor =
  | ValueStateDescriptor<unknown>
  | ListStateDescriptor<unknown>
  | MapStateDescriptor<unknown, unknown>
  | ReducingStateDescriptor<unknown>
  | AggregatingStateDescriptor<unknown, unknown, unknown>;
