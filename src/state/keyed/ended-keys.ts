/**
 * What keys had when their last record was processed, where they come one after the other: gathered for a savepoint, in
 * the form in which every backend writes its state.
 */
import { keyGroupOf } from '../key-groups.ts';
import type { StateWriter } from '../snapshot.ts';
import type { StateInfo } from './backend.ts';
import type { KeyMap } from './key-map.ts';
import { ChunkWriter, sectionName, writeNames } from './snapshot-format.ts';

export class EndedKeys {
  readonly #maxParallelism: number;
  /** By number of the state, then by key group. */
  readonly #chunks: (ChunkWriter | undefined)[][] = [];
  readonly #written: { readonly name: string; readonly keyGroup: number; readonly bytes: Uint8Array }[] = [];

  constructor(maxParallelism: number) {
    this.#maxParallelism = maxParallelism;
  }

  /** @param stored by number of the state; undefined: the key has nothing there */
  add(key: unknown, states: readonly StateInfo[], stored: readonly unknown[]): void {
    if (stored.every((value) => value === undefined)) return;
    const keyGroup = keyGroupOf(key, this.#maxParallelism);
    for (const [slot, state] of states.entries()) {
      const value = stored[slot];
      if (value === undefined) continue;
      const chunk = this.#chunkOf(slot, state, keyGroup);
      if (state.kind === 'map') chunk.map(key, (value as KeyMap<unknown>).entries());
      else chunk.value(key, value);
    }
  }

  /** Once all keys have ended. */
  snapshot(writer: StateWriter, states: readonly StateInfo[]): void {
    const names = states.map(({ name }) => name);
    writeNames(writer, names, null);
    for (const groups of this.#chunks) for (const chunk of groups ?? []) chunk?.finish();
    for (const { name, keyGroup, bytes } of this.#written.splice(0)) writer.writeKeyed(name, keyGroup, bytes);
  }

  #chunkOf(slot: number, state: StateInfo, keyGroup: number): ChunkWriter {
    this.#chunks[slot] ??= [];
    const groups = this.#chunks[slot]!;
    groups[keyGroup] ??= new ChunkWriter(state, (bytes) => {
      this.#written.push({ name: sectionName(state.name), keyGroup, bytes });
    });
    return groups[keyGroup]!;
  }
}
