/**
 * Which changes flow where. Two questions are settled in order, as Flink settles them: what kinds of modification may a
 * node emit (bottom up, when the node is made), and how must it write an update and a delete (top down, `negotiate`):
 * with or without the row before the update, with the full row or only the key of what is deleted.
 *
 * A node answers for itself (`PhysicalNode.satisfyUpdate`); the behaviours that several share are here.
 */
import type { ChangelogMode } from '../dataflow/traits.ts';
import { RowKind } from '../types/row-kind.ts';

export type ModifyKind = 'INSERT' | 'UPDATE' | 'DELETE';
export type ModifyKinds = ReadonlySet<ModifyKind>;
export type UpdateKind = 'NONE' | 'ONLY_UPDATE_AFTER' | 'BEFORE_AND_AFTER';
export type DeleteKind = 'NONE' | 'DELETE_BY_KEY' | 'FULL_DELETE';

export const INSERT_ONLY: ModifyKinds = new Set(['INSERT']);
export const ALL_CHANGES: ModifyKinds = new Set(['INSERT', 'UPDATE', 'DELETE']);

export function isInsertOnly(modify: ModifyKinds): boolean {
  return modify.size === 1 && modify.has('INSERT');
}

export function unionModify(...sets: readonly ModifyKinds[]): ModifyKinds {
  return new Set(sets.flatMap((set) => [...set]));
}

export function modifyKindsOf(mode: ChangelogMode): ModifyKinds {
  const kinds = new Set<ModifyKind>();
  if (mode.has(RowKind.INSERT)) kinds.add('INSERT');
  if (mode.has(RowKind.UPDATE_AFTER) || mode.has(RowKind.UPDATE_BEFORE)) kinds.add('UPDATE');
  if (mode.has(RowKind.DELETE)) kinds.add('DELETE');
  return kinds;
}

export function updateKindOf(mode: ChangelogMode): UpdateKind {
  if (!mode.has(RowKind.UPDATE_AFTER)) return 'NONE';
  return mode.has(RowKind.UPDATE_BEFORE) ? 'BEFORE_AND_AFTER' : 'ONLY_UPDATE_AFTER';
}

/** -U and +U, if there are updates. */
export function beforeAndAfterOrNone(modify: ModifyKinds): UpdateKind {
  return modify.has('UPDATE') ? 'BEFORE_AND_AFTER' : 'NONE';
}

/** +U alone, if there are updates. */
export function onlyAfterOrNone(modify: ModifyKinds): UpdateKind {
  return modify.has('UPDATE') ? 'ONLY_UPDATE_AFTER' : 'NONE';
}

export function fullDeleteOrNone(modify: ModifyKinds): DeleteKind {
  return modify.has('DELETE') ? 'FULL_DELETE' : 'NONE';
}

/** The row kinds of a settled changelog. */
export function changelogModeOf(modify: ModifyKinds, update: UpdateKind): ChangelogMode {
  const kinds: RowKind[] = [];
  if (modify.has('INSERT')) kinds.push(RowKind.INSERT);
  if (modify.has('UPDATE') && update === 'BEFORE_AND_AFTER') kinds.push(RowKind.UPDATE_BEFORE);
  if (modify.has('UPDATE')) kinds.push(RowKind.UPDATE_AFTER);
  if (modify.has('DELETE')) kinds.push(RowKind.DELETE);
  return new Set(kinds);
}

/** As EXPLAIN prints it: `I,UB,UA,D`; PD is a delete that carries the key alone. */
export function printChangelog(modify: ModifyKinds, update: UpdateKind, deletes: DeleteKind): string {
  const letters: string[] = [];
  if (modify.has('INSERT')) letters.push('I');
  if (modify.has('UPDATE') && update === 'BEFORE_AND_AFTER') letters.push('UB');
  if (modify.has('UPDATE')) letters.push('UA');
  if (modify.has('DELETE')) letters.push(deletes === 'DELETE_BY_KEY' ? 'PD' : 'D');
  return letters.length === 0 ? 'NONE' : letters.join(',');
}
