/**
 * Keyed state where records come sorted by key, as in BATCH: only the state of the current key exists, and is gone when
 * the key changes. There is nothing to snapshot: BATCH goes back to earlier results instead. Flink:
 * BatchExecutionKeyedStateBackend.
 */

import type { KeyedStateBackend, MapCell, StateInfo, ValueCell } from './backend.ts';
import { KeyMap } from './key-map.ts';
import { compareKeys } from './keys.ts';

export class SingleKeyBackend implements KeyedStateBackend {
  readonly #names: string[] = [];
  readonly #slots: unknown[] = [];
  #key: unknown;

  setCurrentKey(key: unknown): void {
    if (key === this.#key || (this.#key !== undefined && compareKeys(key, this.#key) === 0)) return;
    this.#key = key;
    this.#slots.fill(undefined);
  }

  valueCell({ name }: StateInfo): ValueCell {
    const slots = this.#slots;
    const slot = this.#declare(name);
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

  mapCell({ name }: StateInfo): MapCell {
    const slots = this.#slots;
    const slot = this.#declare(name);
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
    return this.#slots[this.#names.indexOf(name)] === undefined ? [] : [this.#key];
  }

  snapshot(): void {}

  close(): void {
    this.#slots.fill(undefined);
  }

  #declare(name: string): number {
    this.#slots.push(undefined);
    return this.#names.push(name) - 1;
  }
}
