/**
 * The golden cases in BATCH: the rows of Flink's BATCH, or its refusal; where the input carries updates, which BATCH
 * refuses, the rows over what these updates come to. And the comparison of the two modes by the library itself.
 */
import { describe, expect, test } from 'vitest';
import { type Comparison, compare, EngineError } from '../../src/index.ts';
import { COMMON, foldedInput, type GoldenBatch, type GoldenCase, goldenCases, rowText, scriptOf } from './cases.ts';
import { BATCH_DEPARTURES, FEATURES, INTENDED, NOT_YET } from './features.ts';
import { isAtRunTime, type Received, runCase } from './run.ts';

const BATCH = { 'execution.runtime-mode': 'BATCH' };

for (const feature of FEATURES) {
  describe(feature, () => {
    for (const golden of goldenCases(feature)) {
      const id = `${feature}/${golden.name}`;
      if (NOT_YET[id] !== undefined) {
        test.skip(`${golden.name}: ${NOT_YET[id]}`, () => {});
        continue;
      }
      const { batch, batchOverFoldedInput: folded, agree, whyNot } = golden;
      const departure = BATCH_DEPARTURES[id]?.compare;
      if (departure !== 'nothing') {
        const unordered = departure === 'unordered' ? { ordered: false } : {};
        if (batch !== undefined) test(golden.name, () => check(golden, { ...batch, ...unordered }));
        if (folded !== undefined) {
          test(`${golden.name}, over folded input`, () => check(foldedInput(golden), { ...folded, ...unordered }));
        }
      }
      if (agree !== undefined && agree !== null) {
        test(`${golden.name}, both modes`, () => checkAgreement(golden, agree ? null : whyNot!));
      }
    }
  });
}

async function check(golden: GoldenCase, expected: GoldenBatch): Promise<void> {
  let received: Received;
  try {
    received = await runCase(golden, BATCH);
  } catch (error) {
    if (expected.error === undefined || !(error instanceof EngineError)) throw error;
    expect(isAtRunTime(error), `${error.code}: ${error.message}`).toBe(expected.error.phase === 'run');
    return;
  }
  expect(expected.error, 'Flink refuses this').toBeUndefined();
  if (expected.sinks !== undefined) {
    for (const [sink, rows] of Object.entries(expected.sinks)) {
      expectRows(received.sinks[sink] ?? [], rows, false);
    }
  } else expectRows(received.changes, expected.rows!, expected.ordered === true);
}

function expectRows(changes: Received['changes'], rows: NonNullable<GoldenBatch['rows']>, ordered: boolean): void {
  const lines = changes.map(([, row]) => rowText(row));
  const wanted = rows.map(rowText);
  expect(ordered ? lines : lines.sort()).toEqual(ordered ? wanted : wanted.sort());
}

/** @param whyNot Flink's reason why the modes differ; null: they agree */
async function checkAgreement(golden: GoldenCase, whyNot: string | null): Promise<void> {
  const comparisons: Comparison[] = [];
  for await (const comparison of compare(scriptOf(golden, COMMON))) comparisons.push(comparison);
  for (const { equal, intended, differences, errors } of comparisons) {
    if (equal) continue;
    const detail = JSON.stringify([
      differences.map(({ row, streaming, batch }) => [row.map(String), streaming, batch]),
    ]);
    const failures = [errors.streaming?.message, errors.batch?.message].join('; ');
    expect(whyNot, `${intended} ${detail} ${failures}`).not.toBeNull();
    expect(INTENDED[whyNot!], whyNot!).toContain(intended);
  }
}
