/**
 * The backend `hashmap`: keyed state as objects on the heap. Per key group there is a map from keys to entries; an
 * entry has a slot for every state, so that the key is looked up once per record however many states there are.
 */
import { assert } from '../../base/assert.ts';
import { keyGroupOf } from '../key-groups.ts';
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
import { isComposite } from './keys.ts';
import { ChunkWriter, sectionName, writeNames } from './snapshot-format.ts';

export const hashMapBackend: KeyedStateBackendFactory = (context) => new HashMapBackend(context);

/** What one key has, by number of the state; undefined: nothing. */
interface Entry {
  readonly key: unknown;
  readonly slots: unknown[];
  /** Slots that hold something. */
  used: number;
}

class HashMapBackend implements KeyedStateBackend {
  readonly #context: KeyedStateContext;
  readonly #groups: (KeyMap<Entry> | undefined)[];
  readonly #states: StateInfo[] = [];
  /** By key group: the last checkpoint before the group was last worked on. */
  readonly #touched: Float64Array;
  /** By key group: how many pages each section had when it was last written. */
  readonly #pages: (Map<string, number> | undefined)[] = [];
  #checkpoint = 0;
  #key: unknown;
  #group = 0;
  #entry: Entry | undefined;

  constructor(context: KeyedStateContext) {
    this.#context = context;
    this.#groups = new Array(context.maxParallelism);
    this.#touched = new Float64Array(context.maxParallelism);
  }

  setCurrentKey(key: unknown): void {
    if (key === this.#key && !isComposite(key)) return;
    this.#key = key;
    this.#group = keyGroupOf(key, this.#context.maxParallelism);
    this.#touched[this.#group] = this.#checkpoint;
    this.#entry = this.#groups[this.#group]?.get(key);
  }

  valueCell(state: StateInfo): ValueCell {
    const slot = this.#declare(state);
    return {
      get: () => this.#entry?.slots[slot],
      set: (value) => this.#set(slot, value),
      clear: () => this.#clear(slot),
    };
  }

  mapCell(state: StateInfo): MapCell {
    const slot = this.#declare(state);
    const map = (): KeyMap<unknown> | undefined => this.#entry?.slots[slot] as KeyMap<unknown> | undefined;
    return {
      get: (key) => map()?.get(key),
      set: (key, value) => {
        let target = map();
        if (target === undefined) {
          target = new KeyMap();
          this.#set(slot, target);
        }
        target.set(key, value);
      },
      delete: (key) => {
        const target = map();
        if (target?.delete(key) === true && target.size === 0) this.#clear(slot);
      },
      entries: () => map()?.entries() ?? [],
      isEmpty: () => map() === undefined,
      clear: () => this.#clear(slot),
    };
  }

  *keys(name: string): Iterable<unknown> {
    const slot = this.#states.findIndex((state) => state.name === name);
    if (slot < 0) return;
    for (const group of this.#groups) {
      if (group === undefined) continue;
      for (const [key, entry] of [...group.entries()]) if (entry.slots[slot] !== undefined) yield key;
    }
  }

  snapshot(writer: StateWriter): void {
    this.#writeNames(writer);
    for (const [keyGroup, group] of this.#groups.entries()) {
      if (group !== undefined) this.#writeGroup(group, (state, bytes) => writer.writeKeyed(state, keyGroup, bytes));
    }
  }

  /** The pages of a key group have changed if one of its keys was worked on. */
  snapshotPages(writer: PageWriter): void {
    this.#writeNames(writer);
    for (const [keyGroup, group] of this.#groups.entries()) {
      if (group === undefined) continue;
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
    this.#touched[this.#group] = writer.checkpoint;
  }

  close(): void {
    this.#groups.length = 0;
    this.#entry = undefined;
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
    const slot = this.#states.push(state) - 1;
    const { restored } = this.#context;
    if (restored !== null) {
      const [key, group, entry] = [this.#key, this.#group, this.#entry];
      restored.claim(state, (of, value, mapKey) => this.#restore(slot, state, of, value, mapKey));
      [this.#key, this.#group] = [key, group];
      this.#entry = entry ?? (key === undefined ? undefined : this.#groups[group]?.get(key));
    }
    return slot;
  }

  #restore(slot: number, state: StateInfo, key: unknown, value: unknown, mapKey: unknown): void {
    this.setCurrentKey(key);
    if (state.kind !== 'map') {
      this.#set(slot, value);
      return;
    }
    let map = this.#entry?.slots[slot] as KeyMap<unknown> | undefined;
    if (map === undefined) {
      map = new KeyMap();
      this.#set(slot, map);
    }
    map.set(mapKey, value);
  }

  #set(slot: number, value: unknown): void {
    const entry = this.#entry ?? this.#createEntry();
    if (entry.slots[slot] === undefined) entry.used++;
    entry.slots[slot] = value;
  }

  #createEntry(): Entry {
    assert(this.#key !== undefined, 'keyed state without a key');
    const entry: Entry = { key: this.#key, slots: new Array(this.#states.length).fill(undefined), used: 0 };
    let group = this.#groups[this.#group];
    if (group === undefined) {
      group = new KeyMap();
      this.#groups[this.#group] = group;
    }
    group.set(this.#key, entry);
    this.#entry = entry;
    return entry;
  }

  #clear(slot: number): void {
    const entry = this.#entry;
    if (entry === undefined || entry.slots[slot] === undefined) return;
    entry.slots[slot] = undefined;
    if (--entry.used > 0) return;
    this.#groups[this.#group]!.delete(entry.key);
    this.#entry = undefined;
  }

  #writeGroup(group: KeyMap<Entry>, write: (section: string, bytes: Uint8Array) => void): void {
    for (const [slot, state] of this.#states.entries()) {
      const chunks = new ChunkWriter(state, (bytes) => write(sectionName(state.name), bytes));
      group.forEach(({ key, slots }) => {
        const stored = slots[slot];
        if (stored === undefined) return;
        if (state.kind === 'map') chunks.map(key, (stored as KeyMap<unknown>).entries());
        else chunks.value(key, stored);
      });
      chunks.finish();
    }
  }
}
