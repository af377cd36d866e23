/**
 * The form of keyed state in snapshots, the same for every backend, so that one can go on from what another has
 * written: per state and key group, chunks of keys with their values. A map is written as its entries.
 */
import { EngineError } from '../../base/errors.ts';
import { encodePlain, isNotPlain } from '../plain-data.ts';
import type { StateWriter } from '../snapshot.ts';
import type { RestoredStates, StateInfo, StateKind, Timed } from './backend.ts';

/** Keys per chunk: bounds what is in memory twice while it is written. */
const CHUNK_KEYS = 4096;

export interface Chunk {
  readonly kind: StateKind;
  readonly timed: boolean;
  readonly keys: readonly unknown[];
  /** By key: the value, or the entries of the map, keys and values in turn. */
  readonly values: readonly unknown[];
}

/** The names of all states, as a section of each subtask. */
export const NAMES_SECTION = 'keyed-state';

export function sectionName(state: string): string {
  return `keyed-state/${state}`;
}

/** So that a restore knows what there is; and what was restored and not asked for yet. */
export function writeNames(writer: StateWriter, declared: readonly string[], restored: RestoredStates | null): void {
  writer.write(NAMES_SECTION, encodePlain([...declared, ...(restored?.unclaimed ?? [])]));
  restored?.writeUnclaimed(writer);
}

/** @throws EngineError STATE-VALUE if there is a function in it */
export function encodeState(name: string, value: unknown): Uint8Array {
  try {
    return encodePlain(value);
  } catch (cause) {
    if (!isNotPlain(cause)) throw cause;
    throw new EngineError('STATE-VALUE', `state '${name}' cannot be written down: ${cause.message}`, {
      cause,
      hint: 'keep plain data in state: no functions, no objects that hold some',
    });
  }
}

/** Collects what one key group has of one state. */
export class ChunkWriter {
  readonly #state: StateInfo;
  readonly #write: (bytes: Uint8Array) => void;
  #keys: unknown[] = [];
  #values: unknown[] = [];

  constructor(state: StateInfo, write: (bytes: Uint8Array) => void) {
    this.#state = state;
    this.#write = write;
  }

  value(key: unknown, stored: unknown): void {
    if (this.#state.timed?.expired(stored) !== true) this.#add(key, stored);
  }

  map(key: unknown, entries: Iterable<readonly [unknown, unknown]>): void {
    const flat: unknown[] = [];
    for (const [name, stored] of entries) if (this.#state.timed?.expired(stored) !== true) flat.push(name, stored);
    if (flat.length > 0) this.#add(key, flat);
  }

  finish(): void {
    if (this.#keys.length === 0) return;
    const { name, kind, timed } = this.#state;
    const chunk: Chunk = { kind, timed: timed !== null, keys: this.#keys, values: this.#values };
    this.#write(encodeState(name, chunk));
    this.#keys = [];
    this.#values = [];
  }

  #add(key: unknown, value: unknown): void {
    this.#keys.push(key);
    this.#values.push(value);
    if (this.#keys.length >= CHUNK_KEYS) this.finish();
  }
}

/** A time to live may have come or gone since the snapshot. Without one a stored value is the value itself. */
export function conversion(wasTimed: boolean, { kind, timed }: StateInfo): (stored: unknown) => unknown {
  if (wasTimed === (timed !== null)) return (stored) => stored;
  if (timed !== null) return (value) => timed.wrap(value);
  if (kind === 'list') return (stored) => (stored as readonly Timed[]).map(([element]) => element);
  return (stored) => (stored as Timed)[0];
}
