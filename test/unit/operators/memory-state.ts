/** A snapshot kept in memory: what an operator writes, to be read by another. */
import type { StateReader, StateWriter } from '../../../src/state/snapshot.ts';

export function memoryState(): { readonly writer: StateWriter; readonly reader: StateReader } {
  const sections = new Map<string, Uint8Array>();
  const keyed = new Map<string, { keyGroup: number; bytes: Uint8Array }[]>();
  return {
    writer: {
      write: (name, bytes) => {
        sections.set(name, Uint8Array.from(bytes));
      },
      writeKeyed: (name, keyGroup, bytes) => {
        const list = keyed.get(name) ?? [];
        list.push({ keyGroup, bytes: Uint8Array.from(bytes) });
        keyed.set(name, list);
      },
    },
    reader: {
      read: (name) => sections.get(name) ?? null,
      readAll: (name) => [...(sections.has(name) ? [sections.get(name)!] : [])],
      readKeyed: (name) => keyed.get(name) ?? [],
    },
  };
}
