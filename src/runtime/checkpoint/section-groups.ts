/**
 * Sections of state as they are listed in metadata: those of one file and name together, since state in pages may have
 * very many.
 */
import type { StateHandle } from '../task-executor-gateway.ts';

export interface SectionGroup extends Pick<StateHandle, 'uid' | 'name' | 'subtask' | 'path'> {
  /** Of each section in turn: key group, page, offset, length, checksum. */
  readonly parts: readonly number[];
}

const PART_NUMBERS = 5;

/** Neighbours that belong together become one. */
export function groupSections(sections: readonly StateHandle[]): readonly SectionGroup[] {
  const groups: (SectionGroup & { readonly parts: number[] })[] = [];
  for (const { uid, name, subtask, path, keyGroup, page, offset, length, checksum } of sections) {
    let group = groups.at(-1);
    if (group?.path !== path || group.name !== name || group.subtask !== subtask || group.uid !== uid) {
      group = { uid, name, subtask, path, parts: [] };
      groups.push(group);
    }
    group.parts.push(keyGroup, page, offset, length, checksum);
  }
  return groups;
}

/** What `groupSections` was given. */
export function ungroupSections(groups: readonly SectionGroup[]): readonly StateHandle[] {
  const sections: StateHandle[] = [];
  for (const { parts, ...common } of groups) {
    for (let at = 0; at < parts.length; at += PART_NUMBERS) {
      sections.push({
        ...common,
        keyGroup: parts[at]!,
        page: parts[at + 1]!,
        offset: parts[at + 2]!,
        length: parts[at + 3]!,
        checksum: parts[at + 4]!,
      });
    }
  }
  return sections;
}
