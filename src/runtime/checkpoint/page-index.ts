/** Where a checkpoint has its pages, for the next one, which keeps most of them as a rule: there may be very many. */
import type { PageReference, StateHandle } from '../task-executor-gateway.ts';
import type { CompletedCheckpoint } from './metadata.ts';

interface SectionPages {
  readonly uid: string;
  readonly name: string;
  readonly subtask: number;
  /** By number of the page: its parts. */
  readonly pages: Map<number, StateHandle[]>;
}

export class PageIndex {
  readonly checkpoint: CompletedCheckpoint;
  /** By subtask, operator and name of the section. */
  readonly #sections = new Map<string, SectionPages>();
  /** The one that was asked for last: pages of a section come together. */
  #last: SectionPages | null = null;

  constructor(checkpoint: CompletedCheckpoint) {
    this.checkpoint = checkpoint;
    for (const section of checkpoint.operators.flatMap(({ sections }) => sections)) {
      if (section.page < 0) continue;
      const pages = this.#pagesOf(section, section.subtask);
      const parts = pages.get(section.page);
      if (parts === undefined) pages.set(section.page, [section]);
      else parts.push(section);
    }
  }

  /** What a subtask has kept: a page has a part for each of its key groups, and none if it has no rows. */
  find(kept: readonly PageReference[], subtask: number): readonly StateHandle[] {
    const found: StateHandle[] = [];
    for (const reference of kept) {
      const parts = this.#pagesOf(reference, subtask).get(reference.page);
      if (parts !== undefined) found.push(...parts);
    }
    return found;
  }

  #pagesOf({ uid, name }: PageReference, subtask: number): SectionPages['pages'] {
    const last = this.#last;
    if (last !== null && last.name === name && last.uid === uid && last.subtask === subtask) return last.pages;
    const id = JSON.stringify([subtask, uid, name]);
    const section = this.#sections.get(id) ?? { uid, name, subtask, pages: new Map() };
    this.#sections.set(id, section);
    this.#last = section;
    return section.pages;
  }
}
