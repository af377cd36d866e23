/**
 * Where keyed state is. A backend keeps, for each key and each named state, one value or one map. The current key is
 * set once per record; cells read and write what belongs to it. The states that functions see (handles.ts) are made of
 * cells, so that they behave alike on every backend.
 *
 * Everything is declared by name when it is first asked for, and then goes on from what a snapshot holds under it.
 */
import type { PageWriter, StateWriter } from '../snapshot.ts';
import type { KeyRecord, KeyRecords } from './key-records.ts';

/** What functions call the state; a name keeps its kind for ever. */
export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating';

export interface StateInfo {
  readonly name: string;
  readonly kind: StateKind;
  /** Set if what is stored carries its time (ttl.ts): such values are left out of snapshots once they are over. */
  readonly timed: TimedValues | null;
}

/** A value, or an element of a list, with the time of its last use, in milliseconds. */
export type Timed = readonly [value: unknown, lastUse: number];

export interface TimedValues {
  expired(stored: unknown): boolean;
  /** The stored form of a value that a snapshot from before there was a time to live holds. */
  wrap(value: unknown): unknown;
}

/** One value of the current key. */
export interface ValueCell {
  /** undefined: nothing is there. */
  get(): unknown;
  /** Not undefined. The cell keeps the object itself; whoever changes it afterwards sets it again. */
  set(value: unknown): void;
  clear(): void;
}

/** A map of the current key; its keys are compared as keys of records are. */
export interface MapCell {
  /** undefined: nothing is there. */
  get(key: unknown): unknown;
  set(key: unknown, value: unknown): void;
  delete(key: unknown): void;
  /** In an order that stays the same while nothing changes. May be changed while it is read. */
  entries(): Iterable<readonly [unknown, unknown]>;
  isEmpty(): boolean;
  clear(): void;
}

export interface KeyedStateBackend {
  /** Before cells are used, and for each record. The key is neither undefined nor null. */
  setCurrentKey(key: unknown): void;
  /** Only of a backend that gets its keys one after the other: there will be no more of the current key. */
  endKey?(): void;
  /** Cells of one name are made once. */
  valueCell(state: StateInfo): ValueCell;
  mapCell(state: StateInfo): MapCell;
  /** Every key that has something under the name. */
  keys(name: string): Iterable<unknown>;
  /** The records of keys, if state is kept in them: timers are kept there too. */
  readonly records?: KeyRecords;
  /** That of the current key, which setting it makes current: like `setCurrentKey`, without looking for it. */
  record?: KeyRecord;
  /** Writes everything by key group. */
  snapshot(writer: StateWriter): void;
  /** The same in pages; missing: the backend only knows all of its state. */
  snapshotPages?(writer: PageWriter): void;
  close(): void;
}

/** What a snapshot holds, until states are declared under whose names it is. */
export interface RestoredStates {
  /** Names that nobody has declared. */
  readonly unclaimed: readonly string[];
  /**
   * Hands over everything under the name of a state.
   *
   * @param set gets a key with its value, or, of maps, with one key and value of the map
   * @throws EngineError STATE-KIND if the name stood for another kind of state
   */
  claim(state: StateInfo, set: (key: unknown, value: unknown, mapKey: unknown) => void): void;
  /** What nobody has declared goes into the next snapshot as it is. */
  writeUnclaimed(writer: StateWriter): void;
}

export interface KeyedStateContext {
  readonly maxParallelism: number;
  /** The key groups of the subtask: from the first, up to the second without it. */
  readonly keyGroups: readonly [number, number];
  readonly restored: RestoredStates | null;
  /** Path of a new empty file for the backend, removed with the task. */
  readonly makeFile: () => string;
}

export type KeyedStateBackendFactory = (context: KeyedStateContext) => KeyedStateBackend;
