/** The backends by the names that `state.backend.type` gives them. */
import { EngineError } from '../../base/errors.ts';
import { loadLmdbBackend } from '../lmdb/lmdb-backend.ts';
import type { KeyedStateBackendFactory } from './backend.ts';
import { hashMapBackend } from './hash-map-backend.ts';

const BACKENDS: Readonly<Record<string, () => Promise<KeyedStateBackendFactory>>> = {
  hashmap: async () => hashMapBackend,
  lmdb: loadLmdbBackend,
};

/** @throws EngineError CONFIG-VALUE for a name that no backend has */
export async function loadStateBackend(name: string): Promise<KeyedStateBackendFactory> {
  const load = BACKENDS[name.toLowerCase()];
  if (load !== undefined) return load();
  throw new EngineError('CONFIG-VALUE', `option 'state.backend.type' is '${name}'`, {
    hint: `it can be ${Object.keys(BACKENDS).join(' or ')}`,
  });
}
