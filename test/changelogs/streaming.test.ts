/**
 * Every golden changelog of the features that are built, row for row, in STREAMING at parallelism 1 without mini-batch.
 * Rows with the same cause that belong to different keys may come in another order (golden README, "Order that is
 * Flink's own accident"): they are compared as a multiset per cause.
 */
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../src/index.ts';
import {
  fold,
  type GoldenCase,
  type GoldenChange,
  type GoldenChangelog,
  goldenCases,
  rowText,
  sinkKey,
} from './cases.ts';
import { DEPARTURES, FEATURES, NOT_YET } from './features.ts';
import { type Received, runCase } from './run.ts';

for (const feature of FEATURES) {
  describe(feature, () => {
    for (const golden of goldenCases(feature)) {
      const id = `${feature}/${golden.name}`;
      if (NOT_YET[id] !== undefined) {
        test.skip(`${golden.name}: ${NOT_YET[id]}`, () => {});
        continue;
      }
      test(golden.name, async () => {
        await check(golden, DEPARTURES[id]?.compare ?? 'changes');
      });
    }
  });
}

async function check(golden: GoldenCase, compare: 'changes' | 'folded' | 'nothing'): Promise<void> {
  const expected = golden.streaming;
  let received: Received;
  try {
    received = await runCase(golden);
  } catch (error) {
    if (expected.error === undefined || !(error instanceof EngineError)) throw error;
    return;
  }
  if (compare === 'nothing') return;
  expect(expected.error, 'Flink refuses this').toBeUndefined();
  if (expected.sinks !== undefined) {
    for (const [sink, changelog] of Object.entries(expected.sinks)) {
      checkChanges(received.sinks[sink] ?? [], changelog, null, compare);
    }
  } else checkChanges(received.changes, expected, sinkKey(golden), compare);
}

function checkChanges(
  changes: readonly GoldenChange[],
  expected: GoldenChangelog,
  key: readonly string[] | null,
  compare: 'changes' | 'folded',
): void {
  if (compare === 'folded' || expected.changelog === undefined) {
    if (expected.folded !== undefined) expect(fold(changes, key)).toEqual(expected.folded.map(rowText).sort());
    return;
  }
  expect(byCause(changes, expected.causes)).toEqual(byCause(expected.changelog, expected.causes));
}

/** Changes as text; those of one cause sorted, since their order between keys is Flink's accident. */
function byCause(changes: readonly GoldenChange[], causes: readonly number[] | undefined): string[] {
  const lines = changes.map(([kind, row]) => `${kind} ${rowText(row)}`);
  if (causes === undefined || causes.length !== lines.length) return lines;
  const sorted: string[] = [];
  for (let from = 0; from < lines.length; ) {
    let to = from;
    while (to < lines.length && causes[to] === causes[from]) to++;
    sorted.push(...lines.slice(from, to).sort());
    from = to;
  }
  return sorted;
}
