/**
 * Keyed state that a snapshot holds, until the states are declared under whose names it is. What nobody has declared is
 * written down again with the next snapshot: a function may ask for its state as late as it likes.
 */
import { EngineError } from '../../base/errors.ts';
import { decodePlain } from '../plain-data.ts';
import type { StateReader, StateWriter } from '../snapshot.ts';
import type { RestoredStates, StateInfo } from './backend.ts';
import { type Chunk, conversion, NAMES_SECTION, sectionName } from './snapshot-format.ts';

export class RestoredKeyedState implements RestoredStates {
  /** By name of the state. Read at once: the snapshot may be gone later. */
  readonly #chunks = new Map<string, ReturnType<StateReader['readKeyed']>>();

  constructor(reader: StateReader) {
    for (const bytes of reader.readAll(NAMES_SECTION)) {
      for (const name of decodePlain(bytes) as string[]) {
        if (!this.#chunks.has(name)) this.#chunks.set(name, reader.readKeyed(sectionName(name)));
      }
    }
  }

  get unclaimed(): readonly string[] {
    return [...this.#chunks.keys()];
  }

  claim(state: StateInfo, set: (key: unknown, value: unknown, mapKey: unknown) => void): void {
    const chunks = this.#chunks.get(state.name) ?? [];
    this.#chunks.delete(state.name);
    for (const { bytes } of chunks) {
      const { kind, timed, keys, values } = decodePlain(bytes) as Chunk;
      if (kind !== state.kind) {
        throw new EngineError('STATE-KIND', `state '${state.name}' was a ${kind} state and is a ${state.kind} state`, {
          hint: 'give the new state another name',
        });
      }
      const convert = conversion(timed, state);
      for (const [i, key] of keys.entries()) {
        const value = values[i];
        if (kind !== 'map') set(key, convert(value), undefined);
        else {
          const flat = value as readonly unknown[];
          for (let at = 0; at < flat.length; at += 2) set(key, convert(flat[at + 1]), flat[at]);
        }
      }
    }
  }

  writeUnclaimed(writer: StateWriter): void {
    for (const [name, chunks] of this.#chunks) {
      for (const { keyGroup, bytes } of chunks) writer.writeKeyed(sectionName(name), keyGroup, bytes);
    }
  }
}
