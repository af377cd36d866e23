/**
 * The golden changelogs of aggregations in mini-batches, in one phase and in two, at parallelism 1. A bundle gives its
 * keys in the order of a hash map in Flink and in that of their rows here (golden README, "Order that is Flink's own
 * accident"): what is compared is the order within each key.
 */
import { describe, expect, test } from 'vitest';
import {
  fold,
  type GoldenCase,
  type GoldenChange,
  type GoldenChangelog,
  goldenCases,
  rowText,
  sinkKey,
} from './cases.ts';
import { runCase } from './run.ts';

interface MiniBatchCase extends GoldenCase {
  readonly streamingMiniBatch: GoldenChangelog & { readonly settings: Readonly<Record<string, string>> };
}

/** Columns of the aggregation's key, by case. */
const KEYED: Readonly<Record<string, readonly string[]>> = {
  'local-global/count-sum-1000': ['shop'],
  'local-global/count-sum-2': ['shop'],
  'mini-batch/group-aggregate-one-phase-1': ['shop'],
  'mini-batch/group-aggregate-one-phase-2': ['shop'],
  'mini-batch/group-aggregate-one-phase-3': ['shop'],
  'mini-batch/group-aggregate-one-phase-1000': ['shop'],
  'mini-batch/having-bundles': ['shop'],
};

/** Cases with other bundles than Flink's: only what they come to is compared. */
const FOLDED: Readonly<Record<string, string>> = {
  'local-global/count-sum-4': 'the order of the first bundles decides what the second ones take',
  'local-global/two-levels': 'the order of the first bundles decides what the second ones take',
  'local-global/global-no-keys': 'a DISTINCT aggregate is computed in one phase',
  'local-global/incremental-aggregate': 'a DISTINCT aggregate is computed in one phase',
  'local-global/listagg-two-phase': 'LISTAGG and FIRST_VALUE are computed in one phase',
  'local-global/retract-input': 'MIN over rows that are taken back is computed in one phase',
  'mini-batch/sink-upsert-bundles': 'the sink takes upserts',
};

describe.each(['local-global', 'mini-batch'])('%s', (feature) => {
  for (const golden of goldenCases(feature) as MiniBatchCase[]) {
    const id = `${feature}/${golden.name}`;
    const key = KEYED[id];
    const { changelog, folded } = golden.streamingMiniBatch;
    // Without being told to, Flink has two phases with one subtask too.
    const settings = { 'table.optimizer.agg-phase-strategy': 'TWO_PHASE', ...golden.streamingMiniBatch.settings };
    if (key !== undefined) {
      test(golden.name, async () => {
        const { changes } = await runCase(golden, settings);
        expect(byKey(changes, key)).toEqual(byKey(changelog!, key));
      });
    } else if (FOLDED[id] !== undefined) {
      test(`${golden.name}: ${FOLDED[id]}`, async () => {
        const { changes } = await runCase(golden, settings);
        expect(fold(changes, sinkKey(golden))).toEqual(folded!.map(rowText).sort());
      });
    }
  }
});

/** The changes of each key, in order. */
function byKey(changes: readonly GoldenChange[], key: readonly string[]): Record<string, string[]> {
  const lists: Record<string, string[]> = {};
  for (const [kind, row] of changes) {
    const text = JSON.stringify(key.map((column) => row[column]));
    lists[text] = [...(lists[text] ?? []), `${kind} ${rowText(row)}`];
  }
  return lists;
}
