/**
 * State that belongs to no key: lists of a subtask and broadcast state. After a restore at another parallelism list
 * elements are dealt out over the subtasks, union lists are given to every subtask whole, and of broadcast state any
 * copy will do. Flink: OperatorStateStore.
 */
import { KeyMap } from './keyed/key-map.ts';
import { decodePlain, encodePlain } from './plain-data.ts';
import type { StateReader, StateWriter } from './snapshot.ts';

type Redistribution = 'split' | 'union';

/** The states of one operator. Everything is small enough to be written whole. */
export class OperatorStateBackend {
  /** The key groups of the subtask: elements of lists are written under them, so that they can be dealt out. */
  readonly #keyGroups: readonly [number, number];
  readonly #restored: StateReader | null;
  readonly #lists = new Map<string, { readonly mode: Redistribution; readonly list: OperatorListState<unknown> }>();
  readonly #broadcasts = new Map<string, BroadcastStateHandle<unknown, unknown>>();

  constructor(keyGroups: readonly [number, number], restored: StateReader | null) {
    this.#keyGroups = keyGroups;
    this.#restored = restored;
  }

  list<T>(name: string, mode: Redistribution): OperatorListState<T> {
    let state = this.#lists.get(name);
    if (state === undefined) {
      state = { mode, list: new OperatorListState(this.#restoreList(name, mode)) };
      this.#lists.set(name, state);
    }
    return state.list as OperatorListState<T>;
  }

  broadcast<K, V>(name: string): BroadcastStateHandle<K, V> {
    let state = this.#broadcasts.get(name);
    if (state === undefined) {
      const copy = this.#restored?.readAll(section('broadcast', name))[0];
      state = new BroadcastStateHandle(copy === undefined ? [] : (decodePlain(copy) as [unknown, unknown][]));
      this.#broadcasts.set(name, state);
    }
    return state as unknown as BroadcastStateHandle<K, V>;
  }

  snapshot(writer: StateWriter): void {
    for (const [name, { mode, list }] of this.#lists) {
      const elements = [...list.get()];
      if (mode === 'union') writer.write(section('union', name), encodePlain(elements));
      else this.#writeSplit(writer, name, elements);
    }
    for (const [name, state] of this.#broadcasts) {
      writer.write(section('broadcast', name), encodePlain([...state.entries()]));
    }
  }

  /** Evenly over the key groups, in order. */
  #writeSplit(writer: StateWriter, name: string, elements: readonly unknown[]): void {
    const [first, end] = this.#keyGroups;
    for (let keyGroup = first; keyGroup < end; keyGroup++) {
      const bound = (group: number): number => Math.floor(((group - first) * elements.length) / (end - first));
      const part = elements.slice(bound(keyGroup), bound(keyGroup + 1));
      if (part.length > 0) writer.writeKeyed(section('list', name), keyGroup, encodePlain(part));
    }
  }

  #restoreList(name: string, mode: Redistribution): unknown[] {
    const restored = this.#restored;
    if (restored === null) return [];
    if (mode === 'union') {
      return restored.readAll(section('union', name)).flatMap((bytes) => decodePlain(bytes) as unknown[]);
    }
    return [...restored.readKeyed(section('list', name))]
      .sort((a, b) => a.keyGroup - b.keyGroup)
      .flatMap(({ bytes }) => decodePlain(bytes) as unknown[]);
  }
}

function section(kind: string, name: string): string {
  return `operator-state/${kind}/${name}`;
}

export class OperatorListState<T> {
  #elements: T[];

  constructor(elements: readonly T[]) {
    this.#elements = [...elements];
  }

  get(): Iterable<T> {
    return this.#elements;
  }

  add(value: T): void {
    this.#elements.push(value);
  }

  addAll(values: Iterable<T>): void {
    for (const value of values) this.#elements.push(value);
  }

  update(values: Iterable<T>): void {
    this.#elements = [...values];
  }

  clear(): void {
    this.#elements = [];
  }
}

export class BroadcastStateHandle<K, V> {
  readonly #map = new KeyMap<V>();

  constructor(entries: Iterable<readonly [K, V]>) {
    this.putAll(entries);
  }

  get(key: K): V | null {
    return this.#map.get(key) ?? null;
  }

  put(key: K, value: V): void {
    this.#map.set(key, value);
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.#map.set(key, value);
  }

  remove(key: K): void {
    this.#map.delete(key);
  }

  contains(key: K): boolean {
    return this.#map.has(key);
  }

  entries(): Iterable<readonly [K, V]> {
    return this.#map.entries() as Iterable<readonly [K, V]>;
  }

  immutableEntries(): Iterable<readonly [K, V]> {
    return this.entries();
  }

  *keys(): Iterable<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Iterable<V> {
    for (const [, value] of this.entries()) yield value;
  }

  isEmpty(): boolean {
    return this.#map.size === 0;
  }

  clear(): void {
    this.#map.clear();
  }
}
