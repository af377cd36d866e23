/**
 * The backend `hashmap`: keyed state as objects on the heap, in the records of the keys, which have a slot for every
 * state.
 */
import { assert } from '../../base/assert.ts';
import type { PageWriter, StateWriter } from '../snapshot.ts';
import type {
  KeyedStateBackend,
  KeyedStateBackendFactory,
  KeyedStateContext,
  MapCell,
  StateInfo,
  ValueCell,
} from './backend.ts';
import { KeyMap } from './key-map.ts';
import { type KeyRecord, KeyRecords, TIMER_SLOTS } from './key-records.ts';
import { isComposite } from './keys.ts';
import { ChunkWriter, sectionName, writeNames } from './snapshot-format.ts';

export const hashMapBackend: KeyedStateBackendFactory = (context) => new HashMapBackend(context);

class HashMapBackend implements KeyedStateBackend {
  readonly records: KeyRecords;
  readonly #context: KeyedStateContext;
  readonly #states: StateInfo[] = [];
  /** By key group: the last checkpoint before the group was last worked on. */
  readonly #touched: Float64Array;
  /** By key group: how many pages each section had when it was last written. */
  readonly #pages: (Map<string, number> | undefined)[] = [];
  #checkpoint = 0;
  #record: KeyRecord | null = null;

  constructor(context: KeyedStateContext) {
    this.#context = context;
    this.records = new KeyRecords(context.maxParallelism);
    this.#touched = new Float64Array(context.maxParallelism);
  }

  setCurrentKey(key: unknown): void {
    if (key !== this.#record?.key || isComposite(key)) this.record = this.records.of(key);
  }

  get record(): KeyRecord {
    assert(this.#record !== null, 'keyed state without a key');
    return this.#record;
  }

  set record(record: KeyRecord) {
    this.#record = record;
    this.#touched[record.keyGroup] = this.#checkpoint;
  }

  valueCell(state: StateInfo): ValueCell {
    const slot = this.#declare(state);
    return {
      get: () => this.#record?.slots[slot],
      set: (value) => this.records.set(this.record, slot, value),
      clear: () => this.records.clear(this.record, slot),
    };
  }

  mapCell(state: StateInfo): MapCell {
    const slot = this.#declare(state);
    const map = (): KeyMap<unknown> | undefined => this.#record?.slots[slot] as KeyMap<unknown> | undefined;
    const clear = (): void => this.records.clear(this.record, slot);
    return {
      get: (key) => map()?.get(key),
      set: (key, value) => {
        let target = map();
        if (target === undefined) {
          target = new KeyMap();
          this.records.set(this.record, slot, target);
        }
        target.set(key, value);
      },
      delete: (key) => {
        const target = map();
        if (target?.delete(key) === true && target.size === 0) clear();
      },
      entries: () => map()?.entries() ?? [],
      isEmpty: () => map() === undefined,
      clear,
    };
  }

  *keys(name: string): Iterable<unknown> {
    const state = this.#states.findIndex((candidate) => candidate.name === name);
    if (state < 0) return;
    for (const [, group] of this.#groups()) {
      for (const [key, { slots }] of [...group.entries()]) if (slots[state + TIMER_SLOTS] !== undefined) yield key;
    }
  }

  snapshot(writer: StateWriter): void {
    this.#writeNames(writer);
    for (const [keyGroup, group] of this.#groups()) {
      this.#writeGroup(group, (state, bytes) => writer.writeKeyed(state, keyGroup, bytes));
    }
  }

  /** The pages of a key group have changed if one of its keys was worked on. */
  snapshotPages(writer: PageWriter): void {
    this.#writeNames(writer);
    for (const [keyGroup, group] of this.#groups()) {
      const pages = this.#pages[keyGroup] ?? new Map<string, number>();
      this.#pages[keyGroup] = pages;
      if (writer.base !== null && this.#touched[keyGroup]! < writer.base) {
        for (const [section, count] of pages) {
          for (let i = 0; i < count; i++) writer.keepPage(section, this.#pageNumber(keyGroup, i));
        }
        continue;
      }
      pages.clear();
      this.#writeGroup(group, (section, bytes) => {
        const number = pages.get(section) ?? 0;
        pages.set(section, number + 1);
        writer.writePage(section, this.#pageNumber(keyGroup, number), keyGroup, bytes);
      });
    }
    this.#checkpoint = writer.checkpoint;
    // The key in hand may still be worked on.
    if (this.#record !== null) this.#touched[this.#record.keyGroup] = writer.checkpoint;
  }

  close(): void {
    this.records.close();
    this.#record = null;
  }

  *#groups(): Iterable<readonly [keyGroup: number, group: KeyMap<KeyRecord>]> {
    for (let keyGroup = 0; keyGroup < this.#context.maxParallelism; keyGroup++) {
      const group = this.records.group(keyGroup);
      if (group !== undefined) yield [keyGroup, group];
    }
  }

  #writeNames(writer: StateWriter): void {
    const names = this.#states.map(({ name }) => name);
    writeNames(writer, names, this.#context.restored);
  }

  #pageNumber(keyGroup: number, number: number): number {
    return number * this.#context.maxParallelism + keyGroup;
  }

  #declare(state: StateInfo): number {
    assert(
      this.#states.every(({ name }) => name !== state.name),
      `state '${state.name}' is declared twice`,
    );
    const slot = this.#states.push(state) - 1 + TIMER_SLOTS;
    this.records.slotCount = slot + 1;
    const { restored } = this.#context;
    if (restored !== null) {
      const current = this.#record;
      restored.claim(state, (of, value, mapKey) => this.#restore(slot, state, of, value, mapKey));
      this.#record = current === null ? null : this.records.of(current.key);
    }
    return slot;
  }

  #restore(slot: number, state: StateInfo, key: unknown, value: unknown, mapKey: unknown): void {
    this.setCurrentKey(key);
    if (state.kind !== 'map') {
      this.records.set(this.record, slot, value);
      return;
    }
    let map = this.record.slots[slot] as KeyMap<unknown> | undefined;
    if (map === undefined) {
      map = new KeyMap();
      this.records.set(this.record, slot, map);
    }
    map.set(mapKey, value);
  }

  #writeGroup(group: KeyMap<KeyRecord>, write: (section: string, bytes: Uint8Array) => void): void {
    for (const [slot, state] of this.#states.entries()) {
      const chunks = new ChunkWriter(state, (bytes) => write(sectionName(state.name), bytes));
      group.forEach(({ key, slots }) => {
        const stored = slots[slot + TIMER_SLOTS];
        if (stored === undefined) return;
        if (state.kind === 'map') chunks.map(key, (stored as KeyMap<unknown>).entries());
        else chunks.value(key, stored);
      });
      chunks.finish();
    }
  }
}
