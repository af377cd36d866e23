/**
 * How STREAMING keeps the first N rows: *append-fast* if rows are never taken back; *update-fast* if an updated row can
 * only move up, so that what is beyond N is forgotten; *retract*, which keeps all rows, otherwise.
 *
 * Source: Flink, RankProcessStrategy.
 */
import type { Ordering } from '../../dataflow/traits.ts';
import { isInsertOnly, type UpdateKind } from '../changelog.ts';
import { containsAll, type Key } from '../upsert-keys.ts';
import { upsertKeysByGroup } from './exchange.ts';
import type { Monotonicity, PhysicalNode } from './node.ts';

export type RankStrategy =
  | { readonly kind: 'append-fast' }
  | { readonly kind: 'retract' }
  | { readonly kind: 'update-fast'; readonly upsertKey: Key };

/** In order of preference. */
export function rankStrategies(
  input: PhysicalNode,
  partitionKeys: readonly number[],
  ordering: Ordering,
): readonly RankStrategy[] {
  if (isInsertOnly(input.traits.modify)) return [{ kind: 'append-fast' }];
  const key = upsertKeysByGroup(input, partitionKeys).find((candidate) => containsAll(candidate, partitionKeys));
  const { monotonicity } = input.traits;
  if (key === undefined || monotonicity === null || ordering.length === 0) return [{ kind: 'retract' }];
  const movesUp = ordering.every(({ index, direction }) => {
    const wanted: Monotonicity = direction === 'DESC' ? 'INCREASING' : 'DECREASING';
    return monotonicity[index] === wanted || monotonicity[index] === 'CONSTANT';
  });
  return movesUp ? [{ kind: 'update-fast', upsertKey: key }, { kind: 'retract' }] : [{ kind: 'retract' }];
}

/** How the input must write its updates. */
export function updateKindFor(strategy: RankStrategy): UpdateKind {
  if (strategy.kind === 'append-fast') return 'NONE';
  return strategy.kind === 'update-fast' ? 'ONLY_UPDATE_AFTER' : 'BEFORE_AND_AFTER';
}

export function printStrategy(strategy: RankStrategy): string {
  if (strategy.kind === 'append-fast') return 'AppendFastStrategy';
  if (strategy.kind === 'retract') return 'RetractStrategy';
  return `UpdateFastStrategy[${strategy.upsertKey.join(',')}]`;
}

/** N = 1 without rank number over append-fast or update-fast: FastTop1Function. */
export function isFastTop1(strategy: RankStrategy, start: number, end: number, withNumber: boolean): boolean {
  return strategy.kind !== 'retract' && start === 1 && end === 1 && !withNumber;
}

/**
 * Columns of the output of a rank: the partition is fixed, the first sort column moves one way, so does the rank
 * itself.
 */
export function rankMonotonicity(
  input: PhysicalNode,
  partitionKeys: readonly number[],
  ordering: Ordering,
  withNumber: boolean,
): readonly Monotonicity[] | null {
  const { monotonicity, modify } = input.traits;
  if (!isInsertOnly(modify) && monotonicity === null) return null;
  if (partitionKeys.some((key) => monotonicity !== null && monotonicity[key] !== 'CONSTANT')) return null;
  const columns = input.schema.fields.map((_, index): Monotonicity => {
    if (partitionKeys.includes(index)) return 'CONSTANT';
    if (ordering[0]?.index !== index) return 'NONE';
    return ordering[0].direction === 'DESC' ? 'INCREASING' : 'DECREASING';
  });
  return withNumber ? [...columns, 'CONSTANT'] : columns;
}
