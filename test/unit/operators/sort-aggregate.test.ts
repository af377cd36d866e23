import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { AccumulatorSet } from '../../../src/operators/aggregate/accumulator-set.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { BatchAggregateParams } from '../../../src/operators/specs.ts';
import type { DataType } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import {
  AGGREGATE_CALLS,
  AGGREGATE_INPUT,
  DISTINCT_CALLS,
  modelAggregate,
  REFERENCE_CALLS,
} from './aggregate-model.ts';
import { OperatorHarness, schemaOfTypes } from './harness.ts';

const BACKENDS = ['wasm', 'js', 'interpreter'] as const;

function run(
  params: BatchAggregateParams,
  input: readonly DataType[],
  output: readonly DataType[],
  rows: readonly (readonly Value[])[],
  backend: (typeof BACKENDS)[number],
) {
  const spec = operatorSpec('sort-aggregate', 'SortAggregate', params, [schemaOfTypes(input)], schemaOfTypes(output));
  const harness = new OperatorHarness(spec, { backend });
  const third = Math.ceil(rows.length / 3);
  for (let from = 0; from < rows.length; from += third) harness.process(rows.slice(from, from + third));
  harness.end();
  const result = harness.rows();
  harness.close();
  expect(harness.budget.used).toBe(0);
  return result;
}

/** Rows grouped by their first column. */
function groupedRows(seed: number, groups: number): Value[][] {
  const random = seededRandom(seed);
  return Array.from({ length: groups }, (_, g) => g).flatMap((g) =>
    Array.from({ length: 1 + random.below(4) }, (): Value[] => [
      g === 0 && seed % 2 === 0 ? null : `group ${g}`,
      random.below(4) === 0 ? null : random.below(5),
      BigInt(random.below(9)),
      random.below(4) === 0 ? null : `text ${random.below(5)}`,
    ]),
  );
}

for (const [name, calls] of [
  ['native', AGGREGATE_CALLS],
  ['distinct', [...DISTINCT_CALLS, ...AGGREGATE_CALLS]],
  ['interpreted', [...REFERENCE_CALLS, ...DISTINCT_CALLS]],
] as const) {
  test(`groups one after another, ${name} calls`, () => {
    for (let seed = 1; seed <= 6; seed++) {
      const keys = seed % 5 === 0 ? [] : [0];
      const rows = seed === 6 ? [] : groupedRows(seed, seed === 3 ? 2500 : 20);
      const params: BatchAggregateParams = { keys, calls, phase: 'complete', rowTypes: null, estimatedGroups: null };
      const output = [...keys.map((key) => AGGREGATE_INPUT[key]!), ...calls.map((call) => call.type)];
      const backend = seed === 3 ? 'wasm' : BACKENDS[seed % 3]!;
      expect(run(params, AGGREGATE_INPUT, output, rows, backend), `seed ${seed}`).toEqual(
        modelAggregate(keys, calls, rows),
      );
    }
  });
}

test('partial and final phase together', () => {
  const rows = groupedRows(1, 50);
  const key = AGGREGATE_INPUT[0]!;
  const between = [key, ...new AccumulatorSet(AGGREGATE_CALLS, AGGREGATE_INPUT, false, false).fields];
  const base = { keys: [0], calls: AGGREGATE_CALLS, estimatedGroups: null };
  const half = rows.length >>> 1;
  const partials = [rows.slice(0, half), rows.slice(half)].flatMap((part) =>
    run({ ...base, phase: 'partial', rowTypes: null }, AGGREGATE_INPUT, between, part, 'wasm'),
  );
  const output = [key, ...AGGREGATE_CALLS.map((call) => call.type)];
  const results = run({ ...base, phase: 'final', rowTypes: AGGREGATE_INPUT }, between, output, partials, 'wasm');
  expect(results).toEqual(modelAggregate([0], AGGREGATE_CALLS, rows));
});
