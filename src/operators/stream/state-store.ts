/** Keyed state by descriptor: one handle for each, however often it is asked for. */
import type { Clock } from '../../base/clock.ts';
import type { KeyedStateStore } from '../../dataflow/functions/lifecycle.ts';
import type {
  AggregatingState,
  AggregatingStateDescriptor,
  AnyStateDescriptor,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReducingState,
  ReducingStateDescriptor,
  ValueState,
  ValueStateDescriptor,
} from '../../dataflow/functions/state.ts';
import type { KeyedStateBackend } from '../../state/keyed/backend.ts';
import {
  AggregatingStateHandle,
  declareMapCell,
  declareValueCell,
  ListStateHandle,
  MapStateHandle,
  ReducingStateHandle,
  ValueStateHandle,
} from '../../state/keyed/handles.ts';

/** What a store needs of a backend. */
type Cells = Pick<KeyedStateBackend, 'valueCell' | 'mapCell'>;

export class BackendStateStore implements KeyedStateStore {
  readonly #backend: () => Cells;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #handles = new Map<string, unknown>();

  /**
   * @param backend asked for when the first state is; throws where the stream has no key
   * @param prefix of the names, which keeps apart the stores of one operator
   */
  constructor(backend: () => Cells, clock: Clock, prefix = '') {
    this.#backend = backend;
    this.#clock = clock;
    this.#prefix = prefix;
  }

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    return this.#handle(descriptor, (backend, state) => {
      return new ValueStateHandle(declareValueCell(backend, 'value', state, this.#clock), descriptor.defaultValue);
    });
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    return this.#handle(descriptor, (backend, state) => {
      return new ListStateHandle<T>(declareValueCell(backend, 'list', state, this.#clock));
    });
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    return this.#handle(descriptor, (backend, state) => {
      return new MapStateHandle<K, V>(declareMapCell(backend, state, this.#clock));
    });
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.#handle(descriptor, (backend, state) => {
      const cell = declareValueCell(backend, 'reducing', state, this.#clock);
      return new ReducingStateHandle(cell, descriptor.reduceFunction);
    });
  }

  getAggregatingState<I, A, O>(descriptor: AggregatingStateDescriptor<I, A, O>): AggregatingState<I, O> {
    return this.#handle(descriptor, (backend, state) => {
      const cell = declareValueCell(backend, 'aggregating', state, this.#clock);
      return new AggregatingStateHandle(cell, descriptor.aggregateFunction);
    });
  }

  #handle<H>(
    { name, ttl }: Pick<AnyStateDescriptor, 'name' | 'ttl'>,
    make: (backend: Cells, state: { readonly name: string; readonly ttl: typeof ttl }) => H,
  ): H {
    let handle = this.#handles.get(name) as H | undefined;
    if (handle === undefined) {
      handle = make(this.#backend(), { name: this.#prefix + name, ttl });
      this.#handles.set(name, handle);
    }
    return handle;
  }
}
