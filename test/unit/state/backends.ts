/** The backends under one contract: made fresh, or from what another has written. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { keyGroupRange } from '../../../src/state/key-groups.ts';
import type { KeyedStateBackend, KeyedStateBackendFactory } from '../../../src/state/keyed/backend.ts';
import { loadStateBackend } from '../../../src/state/keyed/registry.ts';
import { RestoredKeyedState } from '../../../src/state/keyed/restored-keyed-state.ts';
import { SingleKeyBackend } from '../../../src/state/keyed/single-key-backend.ts';
import type { StateReader } from '../../../src/state/snapshot.ts';

export const MAX_PARALLELISM = 16;

export const factories: Readonly<Record<string, KeyedStateBackendFactory>> = {
  hashmap: await loadStateBackend('hashmap'),
  lmdb: await loadStateBackend('lmdb'),
};
/** Those that keep the state of all keys. */
export const KEEPING = Object.keys(factories);
export const ALL = [...KEEPING, 'single-key'];

/** Backends of one test; `close` removes what they left. */
export class Backends {
  readonly #opened: KeyedStateBackend[] = [];
  readonly #directories: string[] = [];

  open(name: string, restored: StateReader | null = null, subtask = 0, parallelism = 1): KeyedStateBackend {
    const backend =
      name === 'single-key'
        ? new SingleKeyBackend()
        : factories[name]!({
            maxParallelism: MAX_PARALLELISM,
            keyGroups: keyGroupRange(subtask, parallelism, MAX_PARALLELISM),
            restored: restored === null ? null : new RestoredKeyedState(restored),
            makeFile: () => {
              const directory = mkdtempSync(`${tmpdir()}/weir-test-state-`);
              this.#directories.push(directory);
              const file = `${directory}/file`;
              writeFileSync(file, '');
              return file;
            },
          });
    this.#opened.push(backend);
    return backend;
  }

  close(): void {
    for (const backend of this.#opened.splice(0)) backend.close();
    for (const directory of this.#directories.splice(0)) rmSync(directory, { recursive: true });
  }
}
