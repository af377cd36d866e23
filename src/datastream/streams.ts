/**
 * The streams of the DataStream API, which name one another and so share a file. Each only notes what the program says
 * (program-node.ts); types follow the records from function to function.
 */
import { EngineError } from '../base/errors.ts';
import type { AggregateFunction, ReduceFunction } from '../dataflow/functions/aggregate-functions.ts';
import type {
  FilterFunction,
  FlatMapFunction,
  KeySelector,
  MapFunction,
  Partitioner,
} from '../dataflow/functions/functions.ts';
import type { OutputTag } from '../dataflow/functions/output-tag.ts';
import type {
  BroadcastProcessFunction,
  CoFlatMapFunction,
  CoMapFunction,
  CoProcessFunction,
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  ProcessFunction,
  ProcessWindowFunction,
} from '../dataflow/functions/process-functions.ts';
import type { StreamSink } from '../dataflow/functions/source.ts';
import type { MapStateDescriptor } from '../dataflow/functions/state.ts';
import type { InputClass, StreamOperatorDefinition, WindowDefinition } from '../dataflow/functions/stream-operator.ts';
import type { WatermarkStrategy } from '../dataflow/functions/watermark-strategy.ts';
import type { WindowAssigner } from '../dataflow/functions/windows.ts';
import type { Collected } from './collected.ts';
import type { Program } from './program.ts';
import type { Delivery, Exchange, ProgramNode, Upstream } from './program-node.ts';
import { type Aggregation, rollingAggregate } from './rolling-aggregates.ts';
import { asFunction, asKeySelector } from './user-functions.ts';

/** What streams need of the environment they belong to. */
export interface StreamEnvironment {
  readonly program: Program;
  /** Runs what the stream needs, and gives its records. */
  collect<T>(stream: DataStream<T>, jobName: string): Collected<T>;
}

/** A stream, of whatever records. */
type AnyStream = Pick<DataStream<unknown>, 'environment' | 'upstreams'>;
type KeysOf = readonly (KeySelector<unknown, unknown> | null)[];
type WithoutKeys<D> = D extends unknown ? Omit<D, 'keys'> : never;

/** Adds an operator that reads these streams. */
function operator<O>(
  streams: readonly AnyStream[],
  name: string,
  definition: WithoutKeys<StreamOperatorDefinition>,
  inputClasses?: readonly InputClass[],
): SingleOutputStreamOperator<O> {
  const { environment } = streams[0] as AnyStream;
  const keys: KeysOf = streams.map((stream) => (stream instanceof KeyedStream ? stream.keySelector : null));
  const inputs = streams.map(({ upstreams }, i) => ({
    upstreams,
    inputClass: inputClasses?.[i] ?? (keys[i] === null ? ('regular' as const) : ('keyed' as const)),
  }));
  const node = environment.program.add(name, inputs, {
    kind: 'operator',
    definition: { ...definition, keys } as StreamOperatorDefinition,
  });
  return new SingleOutputStreamOperator<O>(environment, node);
}

export class DataStream<T> {
  readonly environment: StreamEnvironment;
  readonly upstreams: readonly Upstream[];

  constructor(environment: StreamEnvironment, upstreams: readonly Upstream[]) {
    this.environment = environment;
    this.upstreams = upstreams;
  }

  map<O>(fn: MapFunction<T, O> | ((value: T) => O)): SingleOutputStreamOperator<O> {
    return operator([this], 'Map', { type: 'map', fn: asFunction<MapFunction<T, O>, 'map'>(fn, 'map', 'map') });
  }

  flatMap<O>(fn: FlatMapFunction<T, O> | FlatMapFunction<T, O>['flatMap']): SingleOutputStreamOperator<O> {
    const flatMap = asFunction<FlatMapFunction<T, O>, 'flatMap'>(fn, 'flatMap', 'flatMap');
    return operator([this], 'Flat Map', { type: 'flatMap', fn: flatMap });
  }

  filter<S extends T>(fn: (value: T) => value is S): SingleOutputStreamOperator<S>;
  filter(fn: FilterFunction<T> | ((value: T) => boolean)): SingleOutputStreamOperator<T>;
  filter(fn: FilterFunction<T> | ((value: T) => boolean)): SingleOutputStreamOperator<T> {
    const filter = asFunction<FilterFunction<T>, 'filter'>(fn, 'filter', 'filter');
    return operator([this], 'Filter', { type: 'filter', fn: filter });
  }

  process<O>(fn: ProcessFunction<T, O> | ProcessFunction<T, O>['processElement']): SingleOutputStreamOperator<O> {
    const process = asFunction<ProcessFunction<T, O>, 'processElement'>(fn, 'processElement', 'process');
    return operator([this], 'Process', { type: 'process', fn: process });
  }

  /** @param key a function that always gives the same key for the same record, or the name of a field */
  keyBy<P extends keyof T>(key: P): KeyedStream<T, T[P]>;
  keyBy<K>(key: KeySelector<T, K>): KeyedStream<T, K>;
  keyBy(key: unknown): KeyedStream<T, unknown> {
    return new KeyedStream<T, unknown>(this, asKeySelector(key));
  }

  union(...others: readonly DataStream<T>[]): DataStream<T> {
    return new DataStream<T>(
      this.environment,
      [this, ...others].flatMap(({ upstreams }) => upstreams),
    );
  }

  connect<B>(broadcast: BroadcastStream<B>): BroadcastConnectedStream<T, B>;
  connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
  connect<U>(other: DataStream<U> | BroadcastStream<U>): ConnectedStreams<T, U> | BroadcastConnectedStream<T, U> {
    return other instanceof BroadcastStream
      ? new BroadcastConnectedStream(this, other)
      : new ConnectedStreams(this, other);
  }

  /** Deals records out to all subtasks in turn. */
  rebalance(): DataStream<T> {
    return this.#partitioned({ kind: 'rebalance' });
  }

  /** Deals records out in turn to those subtasks that are nearest. */
  rescale(): DataStream<T> {
    return this.#partitioned({ kind: 'rescale' });
  }

  /** Deals records out by chance. */
  shuffle(): DataStream<T> {
    return this.#partitioned({ kind: 'shuffle' });
  }

  /** All records to the first subtask. */
  global(): DataStream<T> {
    return this.#partitioned({ kind: 'global' });
  }

  forward(): DataStream<T> {
    return this.#partitioned({ kind: 'forward' });
  }

  /** All records to all subtasks; with descriptors as the broadcast side of `connect`. */
  broadcast(): DataStream<T>;
  broadcast(...descriptors: readonly AnyMapDescriptor[]): BroadcastStream<T>;
  broadcast(...descriptors: readonly AnyMapDescriptor[]): DataStream<T> | BroadcastStream<T> {
    const stream = this.#partitioned({ kind: 'broadcast' });
    return descriptors.length === 0 ? stream : new BroadcastStream<T>(stream, descriptors);
  }

  partitionCustom<K>(partitioner: Partitioner<K> | Partitioner<K>['partition'], key: KeySelector<T, K>): DataStream<T> {
    const chosen = asFunction<Partitioner<K>, 'partition'>(partitioner, 'partition', 'partitionCustom');
    const keySelector = key as KeySelector<unknown, unknown>;
    return this.#partitioned({ kind: 'custom', keySelector, partitioner: chosen });
  }

  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): SingleOutputStreamOperator<T> {
    return operator([new DataStream<T>(this.environment, this.upstreams)], 'Timestamps/Watermarks', {
      type: 'timestamps',
      strategy: strategy as WatermarkStrategy<unknown>,
    });
  }

  sinkTo(sink: StreamSink<T>): DataStreamSink {
    return this.#sink('Sink', sink);
  }

  /** @param identifier stands before every line */
  print(identifier = ''): DataStreamSink {
    return this.#sink('Print to Std. Out', { kind: 'print', channel: 'stdout', identifier });
  }

  printToErr(identifier = ''): DataStreamSink {
    return this.#sink('Print to Std. Err', { kind: 'print', channel: 'stderr', identifier });
  }

  /** Runs what this stream needs. With a limit the job ends when so many records have come. */
  executeAndCollect(jobName?: string): Collected<T>;
  executeAndCollect(limit: number): Promise<T[]>;
  executeAndCollect(how: string | number = 'DataStream Collect'): Collected<T> | Promise<T[]> {
    if (typeof how === 'string') return this.environment.collect(this, how);
    return this.environment.collect(this, 'DataStream Collect').take(how);
  }

  #partitioned(exchange: Exchange): DataStream<T> {
    return new DataStream<T>(
      this.environment,
      this.upstreams.map((upstream) => ({ ...upstream, exchange })),
    );
  }

  #sink(name: string, sink: StreamSink<T> | Delivery): DataStreamSink {
    const input = { upstreams: this.upstreams, inputClass: 'regular' as const };
    return new DataStreamSink(this.environment.program.addSink(`${name}: Writer`, input, sink as StreamSink<unknown>));
  }
}

type AnyMapDescriptor = MapStateDescriptor<unknown, unknown>;

export class SingleOutputStreamOperator<T> extends DataStream<T> {
  readonly node: ProgramNode;

  constructor(environment: StreamEnvironment, node: ProgramNode) {
    super(environment, [{ from: node, exchange: { kind: 'forward' }, sideOutput: null }]);
    this.node = node;
  }

  getSideOutput<X>(tag: OutputTag<X>): DataStream<X> {
    return new DataStream<X>(this.environment, [
      { from: this.node, exchange: { kind: 'forward' }, sideOutput: tag.id },
    ]);
  }

  name(name: string): this {
    this.node.name = this.node.kind === 'source' ? `Source: ${name}` : name;
    return this;
  }

  /** State of a savepoint is found by it. */
  uid(uid: string): this {
    this.node.uid = uid;
    return this;
  }

  setParallelism(parallelism: number): this {
    this.node.parallelism = checkParallelism(parallelism);
    return this;
  }

  setMaxParallelism(maxParallelism: number): this {
    this.node.maxParallelism = checkParallelism(maxParallelism);
    return this;
  }

  slotSharingGroup(group: string): this {
    this.node.slotSharingGroup = group;
    return this;
  }

  startNewChain(): this {
    this.node.chaining = 'head';
    return this;
  }

  disableChaining(): this {
    this.node.chaining = 'never';
    return this;
  }
}

export class DataStreamSink {
  readonly #node: ProgramNode;

  constructor(node: ProgramNode) {
    this.#node = node;
  }

  name(name: string): this {
    this.#node.name = `${name}: Writer`;
    return this;
  }

  uid(uid: string): this {
    this.#node.uid = uid;
    return this;
  }

  setParallelism(parallelism: number): this {
    this.#node.parallelism = checkParallelism(parallelism);
    return this;
  }

  slotSharingGroup(group: string): this {
    this.#node.slotSharingGroup = group;
    return this;
  }

  disableChaining(): this {
    this.#node.chaining = 'never';
    return this;
  }
}

export class KeyedStream<T, K> extends DataStream<T> {
  readonly keySelector: KeySelector<unknown, unknown>;
  /** Only for the compiler: streams of other keys do not connect. */
  declare readonly keyType: K;

  constructor(stream: DataStream<T>, keySelector: KeySelector<unknown, unknown>) {
    super(
      stream.environment,
      stream.upstreams.map((upstream) => ({ ...upstream, exchange: { kind: 'keyed', keySelector } })),
    );
    this.keySelector = keySelector;
  }

  override process<O>(
    fn: KeyedProcessFunction<K, T, O> | KeyedProcessFunction<K, T, O>['processElement'],
  ): SingleOutputStreamOperator<O> {
    const process = asFunction<KeyedProcessFunction<K, T, O>, 'processElement'>(fn, 'processElement', 'process');
    return operator([this], 'KeyedProcess', { type: 'keyedProcess', fn: process });
  }

  /** In STREAMING a result for every record, in BATCH the last one of each key. */
  reduce(fn: ReduceFunction<T> | ReduceFunction<T>['reduce']): SingleOutputStreamOperator<T> {
    const reduce = asFunction<ReduceFunction<T>, 'reduce'>(fn, 'reduce', 'reduce');
    return operator([this], 'Keyed Reduce', { type: 'reduce', fn: reduce });
  }

  sum(field: NumericField<T>): SingleOutputStreamOperator<T> {
    return this.#aggregate('sum', field);
  }

  min(field: keyof T): SingleOutputStreamOperator<T> {
    return this.#aggregate('min', field);
  }

  max(field: keyof T): SingleOutputStreamOperator<T> {
    return this.#aggregate('max', field);
  }

  /** @param first of equal records the first one stays */
  minBy(field: keyof T, first = true): SingleOutputStreamOperator<T> {
    return this.#aggregate('minBy', field, first);
  }

  maxBy(field: keyof T, first = true): SingleOutputStreamOperator<T> {
    return this.#aggregate('maxBy', field, first);
  }

  window(assigner: WindowAssigner): WindowedStream<T, K> {
    return new WindowedStream<T, K>(this, assigner);
  }

  override connect<B>(broadcast: BroadcastStream<B>): KeyedBroadcastConnectedStream<K, T, B>;
  override connect<U>(other: KeyedStream<U, K>): KeyedConnectedStreams<K, T, U>;
  override connect<U>(other: DataStream<U> & { readonly keyType?: never }): ConnectedStreams<T, U>;
  override connect<U>(
    other: DataStream<U> | BroadcastStream<U>,
  ): ConnectedStreams<T, U> | BroadcastConnectedStream<T, U> {
    if (other instanceof BroadcastStream) return new KeyedBroadcastConnectedStream<K, T, U>(this, other);
    return other instanceof KeyedStream
      ? new KeyedConnectedStreams<K, T, U>(this, other)
      : new ConnectedStreams(this, other);
  }

  #aggregate(kind: Aggregation, field: PropertyKey, first = true): SingleOutputStreamOperator<T> {
    return operator([this], 'Keyed Aggregation', { type: 'reduce', fn: rollingAggregate(kind, field, first) });
  }
}

/** Fields that can be added up; those of a tuple by their numbers. */
export type NumericField<T> = FieldName<keyof { [P in keyof T as T[P] extends number | bigint ? P : never]: P }>;
type FieldName<P> = P extends `${infer N extends number}` ? N : P;

export class BroadcastStream<T> {
  readonly stream: DataStream<T>;
  readonly descriptors: readonly AnyMapDescriptor[];

  constructor(stream: DataStream<T>, descriptors: readonly AnyMapDescriptor[]) {
    this.stream = stream;
    this.descriptors = descriptors;
  }
}

export class ConnectedStreams<A, B> {
  readonly first: DataStream<A>;
  readonly second: DataStream<B>;

  constructor(first: DataStream<A>, second: DataStream<B>) {
    this.first = first;
    this.second = second;
  }

  keyBy<K>(first: KeySelector<A, K>, second: KeySelector<B, K>): KeyedConnectedStreams<K, A, B> {
    return new KeyedConnectedStreams<K, A, B>(this.first.keyBy(first), this.second.keyBy(second));
  }

  map<O>(fn: CoMapFunction<A, B, O>): SingleOutputStreamOperator<O>;
  map<O1, O2>(first: (value: A) => O1, second: (value: B) => O2): SingleOutputStreamOperator<O1 | O2>;
  map<O>(fn: CoMapFunction<A, B, O> | ((value: A) => O), second?: (value: B) => O): SingleOutputStreamOperator<O> {
    const both = typeof fn === 'function' ? { map1: fn, map2: second } : fn;
    return this.#operator('Co-Map', {
      type: 'coMap',
      fn: asFunction<CoMapFunction<A, B, O>, 'map2'>(both as CoMapFunction<A, B, O>, 'map2', 'map'),
    });
  }

  flatMap<O>(fn: CoFlatMapFunction<A, B, O>): SingleOutputStreamOperator<O>;
  flatMap<O>(
    first: CoFlatMapFunction<A, B, O>['flatMap1'],
    second: CoFlatMapFunction<A, B, O>['flatMap2'],
  ): SingleOutputStreamOperator<O>;
  flatMap<O>(
    fn: CoFlatMapFunction<A, B, O> | CoFlatMapFunction<A, B, O>['flatMap1'],
    second?: CoFlatMapFunction<A, B, O>['flatMap2'],
  ): SingleOutputStreamOperator<O> {
    const both = typeof fn === 'function' ? { flatMap1: fn, flatMap2: second } : fn;
    return this.#operator('Co-Flat Map', {
      type: 'coFlatMap',
      fn: asFunction<CoFlatMapFunction<A, B, O>, 'flatMap2'>(both as CoFlatMapFunction<A, B, O>, 'flatMap2', 'flatMap'),
    });
  }

  process<O>(fn: CoProcessFunction<A, B, O>): SingleOutputStreamOperator<O> {
    const process = asFunction<CoProcessFunction<A, B, O>, 'processElement2'>(fn, 'processElement2', 'process');
    return this.#operator('Co-Process', { type: 'coProcess', fn: process });
  }

  #operator<O>(name: string, definition: WithoutKeys<StreamOperatorDefinition>): SingleOutputStreamOperator<O> {
    return operator<O>([this.first, this.second], name, definition);
  }
}

/** Both by keys of one type: their functions share the state of a key. */
export class KeyedConnectedStreams<K, A, B> extends ConnectedStreams<A, B> {
  override process<O>(fn: KeyedCoProcessFunction<K, A, B, O>): SingleOutputStreamOperator<O> {
    const process = asFunction<KeyedCoProcessFunction<K, A, B, O>, 'processElement2'>(fn, 'processElement2', 'process');
    return operator([this.first, this.second], 'Co-Keyed-Process', { type: 'keyedCoProcess', fn: process });
  }
}

export class BroadcastConnectedStream<T, B> {
  protected readonly broadcast: BroadcastStream<B>;
  readonly #stream: DataStream<T>;

  constructor(stream: DataStream<T>, broadcast: BroadcastStream<B>) {
    this.#stream = stream;
    this.broadcast = broadcast;
  }

  process<O>(fn: BroadcastProcessFunction<T, B, O>): SingleOutputStreamOperator<O> {
    return this.broadcastOperator('Co-Process-Broadcast', {
      type: 'broadcastProcess',
      fn: asFunction<BroadcastProcessFunction<T, B, O>, 'processBroadcastElement'>(
        fn,
        'processBroadcastElement',
        'process',
      ),
      descriptors: this.broadcast.descriptors,
    });
  }

  protected broadcastOperator<O>(
    name: string,
    definition: WithoutKeys<StreamOperatorDefinition>,
  ): SingleOutputStreamOperator<O> {
    const main = this.#stream instanceof KeyedStream ? 'keyed' : 'regular';
    return operator<O>([this.#stream, this.broadcast.stream], name, definition, [main, 'broadcast']);
  }
}

export class KeyedBroadcastConnectedStream<K, T, B> extends BroadcastConnectedStream<T, B> {
  override process<O>(fn: KeyedBroadcastProcessFunction<K, T, B, O>): SingleOutputStreamOperator<O> {
    return this.broadcastOperator('Co-Process-Broadcast-Keyed', {
      type: 'keyedBroadcastProcess',
      fn: asFunction<KeyedBroadcastProcessFunction<K, T, B, O>, 'processBroadcastElement'>(
        fn,
        'processBroadcastElement',
        'process',
      ),
      descriptors: this.broadcast.descriptors,
    });
  }
}

export class WindowedStream<T, K> {
  readonly #stream: KeyedStream<T, K>;
  readonly #assigner: WindowAssigner;
  #allowedLateness = 0;
  #lateTag: OutputTag<unknown> | null = null;

  constructor(stream: KeyedStream<T, K>, assigner: WindowAssigner) {
    this.#stream = stream;
    this.#assigner = assigner;
  }

  /** @param milliseconds for which a window fires again for late records */
  allowedLateness(milliseconds: number): this {
    this.#allowedLateness = milliseconds;
    return this;
  }

  /** Where records go that are too late; they are dropped otherwise. */
  sideOutputLateData(tag: OutputTag<T>): this {
    this.#lateTag = tag as OutputTag<unknown>;
    return this;
  }

  reduce(fn: ReduceFunction<T> | ReduceFunction<T>['reduce']): SingleOutputStreamOperator<T>;
  reduce<O>(
    fn: ReduceFunction<T> | ReduceFunction<T>['reduce'],
    window: WindowFunction<T, O, K>,
  ): SingleOutputStreamOperator<O>;
  reduce<O>(
    fn: ReduceFunction<T> | ReduceFunction<T>['reduce'],
    window?: WindowFunction<T, O, K>,
  ): SingleOutputStreamOperator<O> {
    const reduce = asFunction<ReduceFunction<T>, 'reduce'>(fn, 'reduce', 'reduce');
    return this.#operator({ kind: 'reduce', fn: reduce as ReduceFunction<unknown> }, window);
  }

  aggregate<A, O>(fn: AggregateFunction<T, A, O>): SingleOutputStreamOperator<O>;
  aggregate<A, R, O>(fn: AggregateFunction<T, A, R>, window: WindowFunction<R, O, K>): SingleOutputStreamOperator<O>;
  aggregate<A, R, O>(fn: AggregateFunction<T, A, R>, window?: WindowFunction<R, O, K>): SingleOutputStreamOperator<O> {
    const aggregate = asFunction<AggregateFunction<T, A, R>, 'getResult'>(fn, 'getResult', 'aggregate');
    return this.#operator({ kind: 'aggregate', fn: aggregate as AggregateFunction<unknown, unknown, unknown> }, window);
  }

  process<O>(fn: WindowFunction<T, O, K>): SingleOutputStreamOperator<O> {
    return this.#operator({ kind: 'list' }, fn);
  }

  sum(field: NumericField<T>): SingleOutputStreamOperator<T> {
    return this.#rolling('sum', field);
  }

  min(field: keyof T): SingleOutputStreamOperator<T> {
    return this.#rolling('min', field);
  }

  max(field: keyof T): SingleOutputStreamOperator<T> {
    return this.#rolling('max', field);
  }

  minBy(field: keyof T, first = true): SingleOutputStreamOperator<T> {
    return this.#rolling('minBy', field, first);
  }

  maxBy(field: keyof T, first = true): SingleOutputStreamOperator<T> {
    return this.#rolling('maxBy', field, first);
  }

  #rolling(kind: Aggregation, field: PropertyKey, first = true): SingleOutputStreamOperator<T> {
    return this.#operator({ kind: 'reduce', fn: rollingAggregate(kind, field, first) });
  }

  #operator<R, O>(
    contents: WindowDefinition['contents'],
    window?: WindowFunction<R, O, K>,
  ): SingleOutputStreamOperator<O> {
    const process =
      window === undefined
        ? null
        : asFunction<ProcessWindowFunction<R, O, K>, 'process'>(window, 'process', 'a window');
    const definition: WindowDefinition = {
      assigner: this.#assigner,
      allowedLateness: this.#allowedLateness,
      lateTag: this.#lateTag,
      contents,
      process: process as ProcessWindowFunction<unknown, unknown, unknown> | null,
    };
    return operator([this.#stream], windowName(this.#assigner), { type: 'window', window: definition });
  }
}

type WindowFunction<I, O, K> = ProcessWindowFunction<I, O, K> | ProcessWindowFunction<I, O, K>['process'];

function windowName({ kind, time }: WindowAssigner): string {
  const domain = time === 'EVENT_TIME' ? 'EventTime' : 'ProcessingTime';
  if (kind === 'session') return `${domain}SessionWindows`;
  return `${kind === 'tumbling' ? 'Tumbling' : 'Sliding'}${domain}Windows`;
}

function checkParallelism(parallelism: number): number {
  if (Number.isSafeInteger(parallelism) && parallelism >= 1) return parallelism;
  throw new EngineError('CONFIG-VALUE', `parallelism ${parallelism} is not a whole number from 1`);
}
