/**
 * Keyed state where records come sorted by key, as in BATCH: only the state of the current key exists, and is gone when
 * the key changes. BATCH goes back to earlier results instead of snapshots; only a job that leaves a savepoint keeps
 * what each key came to. Flink: BatchExecutionKeyedStateBackend.
 */

import type { StateWriter } from '../snapshot.ts';
import type { KeyedStateBackend, MapCell, StateInfo, ValueCell } from './backend.ts';
import type { EndedKeys } from './ended-keys.ts';
import { KeyMap } from './key-map.ts';
import { compareKeys } from './keys.ts';

export class SingleKeyBackend implements KeyedStateBackend {
  readonly #states: StateInfo[] = [];
  readonly #slots: unknown[] = [];
  readonly #ended: EndedKeys | null;
  #key: unknown;

  /** @param ended gets the state of each key at its end; null: nobody asks for it */
  constructor(ended: EndedKeys | null = null) {
    this.#ended = ended;
  }

  setCurrentKey(key: unknown): void {
    if (key === this.#key || (this.#key !== undefined && compareKeys(key, this.#key) === 0)) return;
    this.#key = key;
    this.#slots.fill(undefined);
  }

  valueCell(state: StateInfo): ValueCell {
    const slots = this.#slots;
    const slot = this.#declare(state);
    return {
      get: () => slots[slot],
      set: (value) => {
        slots[slot] = value;
      },
      clear: () => {
        slots[slot] = undefined;
      },
    };
  }

  mapCell(state: StateInfo): MapCell {
    const slots = this.#slots;
    const slot = this.#declare(state);
    const map = (): KeyMap<unknown> | undefined => slots[slot] as KeyMap<unknown> | undefined;
    return {
      get: (key) => map()?.get(key),
      set: (key, value) => {
        slots[slot] ??= new KeyMap();
        map()!.set(key, value);
      },
      delete: (key) => {
        const target = map();
        if (target?.delete(key) === true && target.size === 0) slots[slot] = undefined;
      },
      entries: () => map()?.entries() ?? [],
      isEmpty: () => map() === undefined,
      clear: () => {
        slots[slot] = undefined;
      },
    };
  }

  keys(name: string): Iterable<unknown> {
    const slot = this.#states.findIndex((state) => state.name === name);
    return this.#slots[slot] === undefined ? [] : [this.#key];
  }

  /** The last record of the current key has been processed. */
  endKey(): void {
    this.#ended?.add(this.#key, this.#states, this.#slots);
  }

  snapshot(writer: StateWriter): void {
    this.#ended?.snapshot(writer, this.#states);
  }

  close(): void {
    this.#slots.fill(undefined);
  }

  #declare(state: StateInfo): number {
    this.#slots.push(undefined);
    return this.#states.push(state) - 1;
  }
}
