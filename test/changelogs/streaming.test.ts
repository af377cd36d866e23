/**
 * Every golden changelog of the features that are built, row for row, in STREAMING at parallelism 1 without mini-batch.
 * Rows with the same cause that belong to different keys may come in another order (golden README, "Order that is
 * Flink's own accident"): they are compared as a multiset per cause.
 */
import { describe, expect, test } from 'vitest';
import { create, ROW_KIND_SHORT, type Schema, type Value } from '../../src/index.ts';
import { valueToJson } from '../../src/types/json.ts';
import { COMMON, fold, type GoldenCase, type GoldenChange, goldenCases, rowText, scriptOf } from './cases.ts';
import { DEPARTURES, FEATURES, NOT_YET } from './features.ts';

for (const feature of FEATURES) {
  describe(feature, () => {
    for (const golden of goldenCases(feature)) {
      const id = `${feature}/${golden.name}`;
      if (NOT_YET[id] !== undefined) {
        test.skip(`${golden.name}: ${NOT_YET[id]}`, () => {});
        continue;
      }
      test(golden.name, async () => {
        await check(golden, DEPARTURES[id]?.folded);
      });
    }
  });
}

/** @param folded true: compare what the changes leave, not the changes; false: only run */
async function check(golden: GoldenCase, folded?: boolean): Promise<void> {
  const expected = golden.streaming;
  const sink = expected.sink;
  let changes: GoldenChange[];
  try {
    changes = await run(golden, sink);
  } catch (error) {
    if (expected.error === undefined) throw error;
    expect((error as Error).name, (error as Error).message).toBe('EngineError');
    return;
  }
  expect(expected.error, 'Flink refuses this').toBeUndefined();
  if (folded === false) return;
  if (folded === true || expected.changelog === undefined) {
    if (expected.folded !== undefined) expect(fold(changes)).toEqual(expected.folded.map(rowText).sort());
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

async function run(golden: GoldenCase, sink: string | undefined): Promise<GoldenChange[]> {
  const received: GoldenChange[] = [];
  const environment = create({
    onSinkChanges: ({ table, changes, schema }) => {
      if (sink !== undefined && table.endsWith(sink)) {
        for (const { kind, row } of changes) received.push([ROW_KIND_SHORT[kind], rowToJson(row, schema)]);
      }
    },
  });
  for await (const result of environment.executeScript(scriptOf(golden, COMMON))) {
    if (sink !== undefined) {
      await result.wait();
      continue;
    }
    if (result.mode === null) continue;
    for await (const { kind, row } of result) received.push([kind, row]);
  }
  await environment.close();
  return received;
}

function rowToJson(row: readonly Value[], schema: Schema): Record<string, unknown> {
  return Object.fromEntries(schema.fields.map(({ name, type }, i) => [name, valueToJson(row[i]!, type)]));
}
