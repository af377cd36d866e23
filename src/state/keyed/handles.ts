/**
 * The states that functions see, made of the cells of a backend: value, list, map, reducing and aggregating. Nothing
 * there is null, or no element. Flink: ValueState and its relatives.
 */
import type { Clock } from '../../base/clock.ts';
import type { KeyedStateBackend, MapCell, StateKind, ValueCell } from './backend.ts';
import { TimedListCell, TimedMapCell, TimedValueCell, TimeToLive, type TtlConfig } from './ttl.ts';

/** What a handle is made from: the name, and how long what it holds lives. */
export interface StateDeclaration {
  readonly name: string;
  readonly ttl: TtlConfig | null;
}

/** How an aggregating state adds up. */
export interface Aggregation<I, A, O> {
  createAccumulator(): A;
  add(value: I, accumulator: A): A;
  getResult(accumulator: A): O;
}

export class ValueStateHandle<T> {
  readonly #cell: ValueCell;
  readonly #default: T | null;

  constructor(cell: ValueCell, defaultValue: T | null) {
    this.#cell = cell;
    this.#default = defaultValue;
  }

  value(): T | null {
    const value = this.#cell.get();
    return value === undefined ? this.#default : (value as T);
  }

  update(value: T | null): void {
    if (value === null || value === undefined) this.#cell.clear();
    else this.#cell.set(value);
  }

  clear(): void {
    this.#cell.clear();
  }
}

export class ListStateHandle<T> {
  readonly #cell: ValueCell;

  constructor(cell: ValueCell) {
    this.#cell = cell;
  }

  get(): Iterable<T> {
    return (this.#cell.get() as readonly T[] | undefined) ?? [];
  }

  add(value: T): void {
    if (this.#cell instanceof TimedListCell) {
      this.#cell.append(value);
      return;
    }
    const list = (this.#cell.get() as T[] | undefined) ?? [];
    list.push(value);
    this.#cell.set(list);
  }

  addAll(values: Iterable<T>): void {
    for (const value of values) this.add(value);
  }

  update(values: Iterable<T>): void {
    const list = [...values];
    if (list.length === 0) this.#cell.clear();
    else this.#cell.set(list);
  }

  clear(): void {
    this.#cell.clear();
  }
}

export class MapStateHandle<K, V> {
  readonly #cell: MapCell;

  constructor(cell: MapCell) {
    this.#cell = cell;
  }

  get(key: K): V | null {
    return (this.#cell.get(key) as V | undefined) ?? null;
  }

  put(key: K, value: V): void {
    // A map may hold null; undefined would not be told from nothing.
    this.#cell.set(key, value ?? null);
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  remove(key: K): void {
    this.#cell.delete(key);
  }

  contains(key: K): boolean {
    return this.#cell.get(key) !== undefined;
  }

  entries(): Iterable<readonly [K, V]> {
    return this.#cell.entries() as Iterable<readonly [K, V]>;
  }

  *keys(): Iterable<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Iterable<V> {
    for (const [, value] of this.entries()) yield value;
  }

  isEmpty(): boolean {
    return this.#cell.isEmpty();
  }

  clear(): void {
    this.#cell.clear();
  }
}

export class ReducingStateHandle<T> {
  readonly #cell: ValueCell;
  readonly #reduce: { reduce(first: T, second: T): T };

  constructor(cell: ValueCell, reduce: { reduce(first: T, second: T): T }) {
    this.#cell = cell;
    this.#reduce = reduce;
  }

  get(): T | null {
    return (this.#cell.get() as T | undefined) ?? null;
  }

  add(value: T): void {
    const before = this.#cell.get();
    this.#cell.set(before === undefined ? value : this.#reduce.reduce(before as T, value));
  }

  clear(): void {
    this.#cell.clear();
  }
}

export class AggregatingStateHandle<I, A, O> {
  readonly #cell: ValueCell;
  readonly #aggregation: Aggregation<I, A, O>;

  constructor(cell: ValueCell, aggregation: Aggregation<I, A, O>) {
    this.#cell = cell;
    this.#aggregation = aggregation;
  }

  get(): O | null {
    const accumulator = this.#cell.get();
    return accumulator === undefined ? null : this.#aggregation.getResult(accumulator as A);
  }

  add(value: I): void {
    const before = this.#cell.get();
    const accumulator = before === undefined ? this.#aggregation.createAccumulator() : (before as A);
    this.#cell.set(this.#aggregation.add(value, accumulator));
  }

  clear(): void {
    this.#cell.clear();
  }
}

/** The cell of a state that holds one value per key; lists are one value. */
export function declareValueCell(
  backend: Pick<KeyedStateBackend, 'valueCell'>,
  kind: Exclude<StateKind, 'map'>,
  { name, ttl }: StateDeclaration,
  clock: Clock,
): ValueCell {
  if (ttl === null || ttl.updateType === 'Disabled') return backend.valueCell({ name, kind, timed: null });
  const rules = new TimeToLive(ttl, clock, kind === 'list');
  const cell = backend.valueCell({ name, kind, timed: rules });
  return kind === 'list' ? new TimedListCell(cell, rules) : new TimedValueCell(cell, rules);
}

export function declareMapCell(
  backend: Pick<KeyedStateBackend, 'mapCell'>,
  { name, ttl }: StateDeclaration,
  clock: Clock,
): MapCell {
  if (ttl === null || ttl.updateType === 'Disabled') return backend.mapCell({ name, kind: 'map', timed: null });
  const rules = new TimeToLive(ttl, clock, false);
  return new TimedMapCell(backend.mapCell({ name, kind: 'map', timed: rules }), rules);
}
