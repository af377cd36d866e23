/**
 * Keys of plan nodes, as sets of columns. A *unique* key has no two equal rows at any time; an *upsert* key in addition
 * says that all changes of one row travel the same way, so that the last change of a key is its present state. An
 * exchange keeps only the upsert keys that contain the columns it partitions by.
 *
 * Source: Flink, FlinkRelMdUpsertKeys and FlinkRelMdUniqueKeys.
 */
import type { JoinType } from '../operators/specs.ts';

/** Column indices, ascending. The empty key: there is at most one row. */
export type Key = readonly number[];

export function containsAll(key: Key, columns: readonly number[]): boolean {
  return columns.every((column) => key.includes(column));
}

/** Without duplicates and without keys that contain another one. */
function minimalKeys(keys: readonly Key[]): readonly Key[] {
  const sorted = keys.map((key) => [...new Set(key)].sort((a, b) => a - b));
  sorted.sort((a, b) => a.length - b.length);
  const kept: Key[] = [];
  for (const key of sorted) if (!kept.some((small) => containsAll(key, small))) kept.push(key);
  return kept;
}

/**
 * Keys after a projection. @param outputs all output columns that hold input column `i` unchanged
 */
export function projectKeys(keys: readonly Key[], outputs: (input: number) => readonly number[]): readonly Key[] {
  const projected = keys.flatMap((key) => {
    let variants: Key[] = [[]];
    for (const column of key) {
      const places = outputs(column);
      variants = variants.flatMap((prefix) => places.map((place) => [...prefix, place]));
    }
    return variants.slice(0, MAX_VARIANTS);
  });
  return minimalKeys(projected);
}

/**
 * Keys of a join. @param left keys of the left input; @param right of the right input, in its own columns
 * @param nullSafe whether NULL keys match, so that uniqueness of the other side limits them too
 */
export function joinKeys(
  type: JoinType,
  left: readonly Key[],
  right: readonly Key[],
  pairs: { readonly left: readonly number[]; readonly right: readonly number[] },
  leftWidth: number,
): readonly Key[] {
  if (type === 'SEMI' || type === 'ANTI') return left;
  const shifted = right.map((key) => key.map((column) => column + leftWidth));
  const keys: Key[] = left.flatMap((l) => shifted.map((r) => [...l, ...r]));
  const leftUnique = left.some((key) => containsAll(pairs.left, key));
  const rightUnique = right.some((key) => containsAll(pairs.right, key));
  const generatesNullsOnLeft = type === 'RIGHT' || type === 'FULL';
  const generatesNullsOnRight = type === 'LEFT' || type === 'FULL';
  if (rightUnique && !generatesNullsOnLeft) keys.push(...left);
  if (leftUnique && !generatesNullsOnRight) keys.push(...shifted);
  return minimalKeys(keys);
}

const MAX_VARIANTS = 16;
