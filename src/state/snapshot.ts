/**
 * What an operator writes when its state is taken, and reads when it is restored. Sections are named; each holds bytes.
 * Keyed state is written by key group, so that a later restore can hand the groups to another number of subtasks.
 *
 * There are two ways to take state. `snapshotState(StateWriter)` writes all of it. `snapshotPages(PageWriter)` writes
 * keyed state in pages, now or later, and refers to those that an earlier checkpoint holds already; the other sections
 * are small and written whole. A reader cannot tell them apart: whoever keeps checkpoints puts the pages together
 * again.
 */
export interface StateWriter {
  /** State that belongs to the subtask as a whole. The bytes are copied before the call returns. */
  write(name: string, bytes: Uint8Array): void;
  /** Keyed state of one key group. The bytes are copied before the call returns. */
  writeKeyed(name: string, keyGroup: number, bytes: Uint8Array): void;
}

export interface StateReader {
  /** null: nothing of that name was written. */
  read(name: string): Uint8Array | null;
  /** What every subtask has `write`n under the name, whatever the parallelism was then. */
  readAll(name: string): readonly Uint8Array[];
  /**
   * The sections of this subtask's key groups, of all subtasks that wrote them: one element per `writeKeyed` and per
   * `writePage` that counts, in any order.
   */
  readKeyed(name: string): readonly { readonly keyGroup: number; readonly bytes: Uint8Array }[];
}

/**
 * Takes the state of one operator in pages. A page has a number that is its own within its section and subtask. Every
 * page that is there is either written or kept; what is neither is gone.
 *
 * Numbers are not used again for other contents after a restore either, unless `base` is null: then the operator starts
 * anew and nothing written before counts. The bytes of pages have the format of `writeKeyed`, so that a restore, also
 * to another number of subtasks, reads both alike.
 */
export interface PageWriter extends StateWriter {
  /** Number of the checkpoint that is taken; greater than those before. */
  readonly checkpoint: number;
  /**
   * A completed checkpoint that this operator took in pages since it was opened, and whose pages are still there; null:
   * there is none, and every page is written.
   */
  readonly base: number | null;
  /**
   * Rows of one key group in a page that is new or has changed since `base`; a page with rows of several key groups is
   * written once for each. The bytes are copied before the call returns.
   */
  writePage(name: string, page: number, keyGroup: number, bytes: Uint8Array): void;
  /** A page that is as `base` has it, whether `base` holds its bytes or refers to a checkpoint before. */
  keepPage(name: string, page: number): void;
  /** More pages come by `writePage` and `keepPage` after the operator has gone on, until `pages` has written all. */
  writeLater(pages: UnwrittenPages): void;
}

/**
 * Pages that the operator has noted but not written. They keep the contents that they had when the snapshot was taken:
 * the operator writes by itself what it is about to change, and all that is left when it closes.
 */
export interface UnwrittenPages {
  /** Writes about so many bytes. @returns whether there is more */
  writeSome(bytes: number): boolean;
  /** Nobody wants the rest. */
  drop(): void;
}

/** An operator with keyed state that can be taken in pages. */
export interface PagedState {
  snapshotPages(writer: PageWriter): void;
}

export function isPaged(operator: object): operator is PagedState {
  return 'snapshotPages' in operator;
}
