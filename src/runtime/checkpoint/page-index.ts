/** Where a checkpoint has its pages, for the next one, which keeps most of them as a rule: there may be very many. */
import type { PageReference, StateHandle } from '../task-executor-gateway.ts';
import type { CompletedCheckpoint } from './metadata.ts';

type Pages = Map<number, StateHandle[]>;

export class PageIndex {
  readonly checkpoint: CompletedCheckpoint;
  /** By subtask, operator and name of the section. */
  readonly #pages = new Map<string, Pages>();

  constructor(checkpoint: CompletedCheckpoint) {
    this.checkpoint = checkpoint;
    for (const { sections } of checkpoint.operators) {
      let last: StateHandle | null = null;
      let pages: Pages = new Map();
      for (const section of sections) {
        if (section.page < 0) continue;
        if (last === null || last.name !== section.name || last.subtask !== section.subtask) {
          pages = this.#pagesOf(section, section.subtask);
        }
        last = section;
        const parts = pages.get(section.page);
        if (parts === undefined) pages.set(section.page, [section]);
        else parts.push(section);
      }
    }
  }

  /** What a subtask has kept: a page has a part for each of its key groups, and none if it has no rows. */
  find(kept: readonly PageReference[], subtask: number): readonly StateHandle[] {
    const found: StateHandle[] = [];
    let last: PageReference | null = null;
    let pages: Pages = new Map();
    for (const reference of kept) {
      if (last === null || last.name !== reference.name || last.uid !== reference.uid) {
        pages = this.#pagesOf(reference, subtask);
      }
      last = reference;
      const parts = pages.get(reference.page);
      if (parts !== undefined) found.push(...parts);
    }
    return found;
  }

  #pagesOf({ uid, name }: PageReference, subtask: number): Pages {
    const id = JSON.stringify([subtask, uid, name]);
    const pages = this.#pages.get(id) ?? new Map<number, StateHandle[]>();
    this.#pages.set(id, pages);
    return pages;
  }
}
