/**
 * What the functions of one operator work with: the record in hand with its key and timestamp, the watermark, outputs,
 * state and timers.
 */
import { EngineError } from '../../base/errors.ts';
import type { Counter, RuntimeContext, TaskInfo } from '../../dataflow/functions/lifecycle.ts';
import type { OutputTag } from '../../dataflow/functions/output-tag.ts';
import type {
  AggregatingStateDescriptor,
  BroadcastState,
  ListState,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from '../../dataflow/functions/state.ts';
import type { OperatorContext } from '../../dataflow/operator.ts';
import { MIN_WATERMARK } from '../../dataflow/traits.ts';
import { keyGroupRange } from '../../state/key-groups.ts';
import type { KeyedStateBackend, KeyedStateContext } from '../../state/keyed/backend.ts';
import { type KeyRecord, KeyRecords } from '../../state/keyed/key-records.ts';
import { RestoredKeyedState } from '../../state/keyed/restored-keyed-state.ts';
import { OperatorStateBackend } from '../../state/operator-state.ts';
import { RecordCollector } from './record-collector.ts';
import { BackendStateStore } from './state-store.ts';
import type { Timers } from './timers.ts';

export class OperatorServices {
  readonly context: OperatorContext;
  readonly collector: RecordCollector;
  readonly operatorState: OperatorStateBackend;
  /** State of the current key. */
  readonly keyedState: BackendStateStore;
  watermark = MIN_WATERMARK;
  /** null: the operator has no keyed input. */
  timers: Timers | null = null;
  readonly #createBackend: ((context: KeyedStateContext) => KeyedStateBackend) | null;
  #records: KeyRecords | null = null;
  readonly #sideOutputs = new Map<string, RecordCollector>();
  #backend: KeyedStateBackend | null = null;
  #key: unknown;

  /** @param createBackend called when keyed state is first asked for; null: no input has a key */
  constructor(context: OperatorContext, createBackend: ((context: KeyedStateContext) => KeyedStateBackend) | null) {
    this.context = context;
    this.#createBackend = createBackend;
    this.collector = new RecordCollector((records) => context.output.emitRecords(records));
    this.operatorState = new OperatorStateBackend(this.keyGroups, context.restored);
    this.keyedState = new BackendStateStore(() => this.requireBackend(), context.clock);
  }

  get keyGroups(): readonly [number, number] {
    const { subtaskIndex, parallelism, maxParallelism } = this.context;
    return keyGroupRange(subtaskIndex, parallelism, maxParallelism);
  }

  /** null: no keyed state was asked for yet. */
  get backend(): KeyedStateBackend | null {
    return this.#backend;
  }

  get key(): unknown {
    return this.#key;
  }

  set key(key: unknown) {
    this.#key = key;
    this.#backend?.setCurrentKey(key);
  }

  /** The records of keys: those of the backend, if it has some. */
  get records(): KeyRecords {
    this.#records ??= this.requireBackend().records ?? new KeyRecords(this.context.maxParallelism);
    return this.#records;
  }

  /** The record of the current key. */
  get record(): KeyRecord {
    const { records } = this;
    return this.#backend?.record ?? records.of(this.#key);
  }

  set record(record: KeyRecord) {
    this.#key = record.key;
    const backend = this.#backend;
    if (backend?.records === undefined) backend?.setCurrentKey(record.key);
    else backend.record = record;
  }

  /** @throws EngineError STREAM-NOT-KEYED */
  requireBackend(): KeyedStateBackend {
    if (this.#backend !== null) return this.#backend;
    if (this.#createBackend === null) throw notKeyed('keyed state');
    const { maxParallelism, restored, spill } = this.context;
    const backend = this.#createBackend({
      maxParallelism,
      keyGroups: this.keyGroups,
      restored: restored === null ? null : new RestoredKeyedState(restored),
      makeFile: () => spill.create('state').path,
    });
    if (this.#key !== undefined) backend.setCurrentKey(this.#key);
    this.#backend = backend;
    return backend;
  }

  /** @throws EngineError STREAM-NOT-KEYED */
  requireTimers(): Timers {
    if (this.timers === null) throw notKeyed('a timer');
    return this.timers;
  }

  output(tag: OutputTag<unknown>, value: unknown, timestamp = this.collector.timestamp): void {
    let side = this.#sideOutputs.get(tag.id);
    if (side === undefined) {
      side = new RecordCollector((records) => this.context.output.emitSideOutput?.(tag.id, records));
      this.#sideOutputs.set(tag.id, side);
    }
    side.collectAt(value, timestamp);
  }

  /** Emits what functions have given out. */
  flush(): void {
    this.collector.flush();
    for (const side of this.#sideOutputs.values()) side.flush();
  }

  close(): void {
    this.#backend?.close();
  }
}

function notKeyed(what: string): EngineError {
  return new EngineError('STREAM-NOT-KEYED', `${what} needs a keyed stream`, { hint: 'call keyBy before' });
}

/** What `open` of a function gets. */
export class OperatorRuntimeContext implements RuntimeContext {
  readonly #services: OperatorServices;

  constructor(services: OperatorServices) {
    this.#services = services;
  }

  get taskInfo(): TaskInfo {
    const { taskName, subtaskIndex, parallelism, maxParallelism, attempt } = this.#services.context;
    return {
      taskName,
      indexOfThisSubtask: subtaskIndex,
      numberOfParallelSubtasks: parallelism,
      maxNumberOfParallelSubtasks: maxParallelism,
      attemptNumber: attempt,
    };
  }

  get configuration() {
    return this.#services.context.configuration;
  }

  get isRestored(): boolean {
    return this.#services.context.restored !== null;
  }

  counter(name: string): Counter {
    const { metrics } = this.#services.context;
    return { inc: (amount = 1) => metrics.add(name, amount) };
  }

  getState<T>(descriptor: ValueStateDescriptor<T>) {
    return this.#services.keyedState.getState(descriptor);
  }

  getListState<T>(descriptor: ListStateDescriptor<T>) {
    return this.#services.keyedState.getListState(descriptor);
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>) {
    return this.#services.keyedState.getMapState(descriptor);
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>) {
    return this.#services.keyedState.getReducingState(descriptor);
  }

  getAggregatingState<I, A, O>(descriptor: AggregatingStateDescriptor<I, A, O>) {
    return this.#services.keyedState.getAggregatingState(descriptor);
  }

  getOperatorListState<T>({ name }: ListStateDescriptor<T>): ListState<T> {
    return this.#services.operatorState.list<T>(name, 'split');
  }

  getUnionListState<T>({ name }: ListStateDescriptor<T>): ListState<T> {
    return this.#services.operatorState.list<T>(name, 'union');
  }

  getBroadcastState<K, V>({ name }: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.#services.operatorState.broadcast<K, V>(name);
  }
}
