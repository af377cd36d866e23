/**
 * The golden cases with three subtasks per operator: the order of changes is free, what they leave is not. BATCH gives
 * the same rows.
 */
import { describe, expect, test } from 'vitest';
import { spread } from '../tools/spread.ts';
import { fold, foldedInput, type GoldenCase, goldenCases, rowText, sinkKey } from './cases.ts';
import { BATCH_DEPARTURES, DEPARTURES, FEATURES, NOT_YET } from './features.ts';
import { runCase } from './run.ts';

const THREE = spread(3);

for (const feature of FEATURES) {
  describe(feature, () => {
    for (const golden of goldenCases(feature)) {
      const id = `${feature}/${golden.name}`;
      if (NOT_YET[id] !== undefined) continue;
      const { folded } = golden.streaming;
      if (folded !== undefined && !dropsLateRows(golden) && DEPARTURES[id]?.compare !== 'nothing') {
        test(`${golden.name}, STREAMING`, async () => {
          const { changes } = await runCase(golden, THREE);
          expect(fold(changes, sinkKey(golden))).toEqual(folded.map(rowText).sort());
        });
      }
      const rows = golden.batch?.rows ?? golden.batchOverFoldedInput?.rows;
      if (rows !== undefined && BATCH_DEPARTURES[id]?.compare !== 'nothing') {
        test(`${golden.name}, BATCH`, async () => {
          const batch: GoldenCase = golden.batch?.rows === undefined ? foldedInput(golden) : golden;
          const { changes } = await runCase(batch, { ...THREE, 'execution.runtime-mode': 'BATCH' });
          expect(fold(changes)).toEqual(rows.map(rowText).sort());
        });
      }
    }
  });
}

/** Which rows are late depends on how far each subtask of the source is. */
function dropsLateRows({ whyNot }: GoldenCase): boolean {
  return whyNot !== undefined && /late|behind the watermark/.test(whyNot);
}
