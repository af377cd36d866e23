/** Snapshots kept in memory: what an operator writes, to be read by another. */
import { assert } from '../../../src/base/assert.ts';
import type { PageWriter, StateReader, StateWriter, UnwrittenPages } from '../../../src/state/snapshot.ts';

interface Keyed {
  readonly keyGroup: number;
  readonly bytes: Uint8Array;
}

export function memoryState(): { readonly writer: StateWriter; readonly reader: StateReader } {
  const sections = new Map<string, Uint8Array>();
  const keyed = new Map<string, Keyed[]>();
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

/** The part of a snapshot that belongs to some key groups. */
export function keyGroupsOf(reader: StateReader, belongs: (keyGroup: number) => boolean): StateReader {
  return {
    ...reader,
    readKeyed: (name) => reader.readKeyed(name).filter(({ keyGroup }) => belongs(keyGroup)),
  };
}

/** A row of checkpoints in pages. */
export class PagedSnapshots {
  readonly #checkpoints: Map<string, Map<number, Keyed[]>>[] = [];
  /** Bytes in pages that the last checkpoint wrote. */
  written = 0;
  /** Pages that the last checkpoint kept. */
  kept = 0;

  /** @param meanwhile what happens between the barrier and the writing of what the operator has only noted */
  take(snapshot: (writer: PageWriter) => void, meanwhile: () => void = () => {}): StateReader {
    const checkpoint = this.#checkpoints.length;
    const base = this.#checkpoints[checkpoint - 1];
    const pages = new Map<string, Map<number, Keyed[]>>();
    const section = (name: string): Map<number, Keyed[]> => {
      const known = pages.get(name) ?? new Map<number, Keyed[]>();
      pages.set(name, known);
      return known;
    };
    const { writer, reader } = memoryState();
    this.written = 0;
    this.kept = 0;
    const later: UnwrittenPages[] = [];
    snapshot({
      ...writer,
      checkpoint,
      base: base === undefined ? null : checkpoint - 1,
      writePage: (name, page, keyGroup, bytes) => {
        const parts = section(name).get(page) ?? [];
        assert(
          parts.every((part) => part.keyGroup !== keyGroup),
          'a page is written twice',
        );
        parts.push({ keyGroup, bytes: Uint8Array.from(bytes) });
        section(name).set(page, parts);
        this.written += bytes.length;
      },
      keepPage: (name, page) => {
        const kept = base?.get(name)?.get(page);
        assert(!section(name).has(page), 'a page is written and kept');
        if (kept !== undefined) section(name).set(page, kept);
        this.kept++;
      },
      writeLater: (unwritten) => later.push(unwritten),
    });
    meanwhile();
    for (const unwritten of later) while (unwritten.writeSome(1000));
    this.#checkpoints.push(pages);
    return {
      ...reader,
      readKeyed: (name) => [...reader.readKeyed(name), ...[...(pages.get(name)?.values() ?? [])].flat()],
    };
  }
}
