/** State that a process function keeps per key and window: cells of maps by the start of the window. */
import type { KeyedStateBackend, MapCell, StateInfo, ValueCell } from '../../../state/keyed/backend.ts';

/** A backend whose cells are those of the current key and window. */
export class WindowStateBackend implements Pick<KeyedStateBackend, 'valueCell' | 'mapCell'> {
  readonly #backend: KeyedStateBackend;
  readonly #window: () => number;

  /** @param window the start of the window in hand */
  constructor(backend: KeyedStateBackend, window: () => number) {
    this.#backend = backend;
    this.#window = window;
  }

  valueCell(state: StateInfo): ValueCell {
    const cell = this.#backend.mapCell({ ...state, kind: 'map' });
    return {
      get: () => cell.get(this.#window()),
      set: (value) => cell.set(this.#window(), value),
      clear: () => cell.delete(this.#window()),
    };
  }

  mapCell(state: StateInfo): MapCell {
    const cell = this.#backend.mapCell(state);
    const at = (key: unknown): unknown => [this.#window(), key];
    const entries = (): (readonly [unknown, unknown])[] => {
      const found: (readonly [unknown, unknown])[] = [];
      for (const [place, value] of cell.entries()) {
        const [start, key] = place as readonly [number, unknown];
        if (start === this.#window()) found.push([key, value]);
      }
      return found;
    };
    return {
      get: (key) => cell.get(at(key)),
      set: (key, value) => cell.set(at(key), value),
      delete: (key) => cell.delete(at(key)),
      entries,
      isEmpty: () => entries().length === 0,
      clear: () => {
        for (const [key] of entries()) cell.delete(at(key));
      },
    };
  }
}
