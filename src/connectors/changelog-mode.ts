/** The option `changelog-mode`: which row kinds a table carries, written `I,UB,UA,D`. */
import type { ChangelogMode } from '../dataflow/traits.ts';
import { RowKind } from '../types/row-kind.ts';
import type { OptionReader } from './options.ts';

export const INSERT_ONLY: ChangelogMode = new Set([RowKind.INSERT]);

const KINDS: Readonly<Record<string, RowKind>> = {
  I: RowKind.INSERT,
  UB: RowKind.UPDATE_BEFORE,
  UA: RowKind.UPDATE_AFTER,
  D: RowKind.DELETE,
};

export function readChangelogMode(options: OptionReader): ChangelogMode {
  const names = options.textOr('changelog-mode', 'I').split(',');
  return new Set(
    names.map((name) => {
      const kind = KINDS[name.trim().toUpperCase()];
      if (kind === undefined) throw options.invalid('changelog-mode', "a list of I, UB, UA and D such as 'I,UA,D'");
      return kind;
    }),
  );
}
