/**
 * What an operator writes when its state is taken, and reads when it is restored. Sections are named; each holds bytes.
 * Keyed state is written by key group, so that a later restore can hand the groups to another number of subtasks.
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
  /** The sections of this subtask's key groups, of all subtasks that wrote them. */
  readKeyed(name: string): readonly { readonly keyGroup: number; readonly bytes: Uint8Array }[];
}
