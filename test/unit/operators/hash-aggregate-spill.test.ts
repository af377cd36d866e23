import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { AggregateCall } from '../../../src/expr/expr.ts';
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
import { expectNearBudget, type HarnessOptions, OperatorHarness, schemaOfTypes, sortedText } from './harness.ts';

type Row = readonly Value[];

function rowsOf(seed: number, count: number, groups: number): Row[] {
  const random = seededRandom(seed);
  return Array.from(
    { length: count },
    (): Row => [
      random.below(50) === 0 ? null : `${'long '.repeat(random.below(6))}group ${random.below(groups)}`,
      random.below(4) === 0 ? null : random.below(9),
      BigInt(random.below(9)),
      random.below(4) === 0 ? null : `text ${random.below(20)}`,
    ],
  );
}

function run(
  params: BatchAggregateParams,
  input: readonly DataType[],
  output: readonly DataType[],
  rows: readonly Row[],
  options: HarnessOptions,
) {
  const spec = operatorSpec('hash-aggregate', 'HashAggregate', params, [schemaOfTypes(input)], schemaOfTypes(output));
  const harness = new OperatorHarness(spec, options);
  const before = harness.memory.statistics.used;
  for (let from = 0; from < rows.length; from += 700) harness.process(rows.slice(from, from + 700));
  harness.end();
  const result = harness.rows();
  const { spilledBytes } = harness.spill;
  expectNearBudget(harness, before);
  harness.close();
  expect(harness.budget.used).toBe(0);
  expect(harness.memory.statistics.used).toBeLessThanOrEqual(before);
  return { result, spilledBytes };
}

function complete(
  keys: readonly number[],
  calls: readonly AggregateCall[],
  rows: readonly Row[],
  options: HarnessOptions,
) {
  const params = { keys, calls, phase: 'complete' as const, rowTypes: null, estimatedGroups: null };
  const output = [...keys.map((key) => AGGREGATE_INPUT[key]!), ...calls.map((call) => call.type)];
  return run(params, AGGREGATE_INPUT, output, rows, options);
}

/** LISTAGG of the model keeps the order of the rows; a part on disk does, too. */
for (const [name, calls, groups] of [
  ['native', AGGREGATE_CALLS, 3000],
  ['distinct', [...DISTINCT_CALLS, ...AGGREGATE_CALLS], 1500],
  ['interpreted', [...REFERENCE_CALLS, ...AGGREGATE_CALLS], 1500],
  ['interpreted and distinct', [...REFERENCE_CALLS, ...DISTINCT_CALLS], 800],
] as const) {
  for (const backend of ['wasm', 'js'] as const) {
    test(`${name} calls beyond the budget (${backend})`, () => {
      const rows = rowsOf(3, backend === 'wasm' ? 12_000 : 4000, groups);
      const { result, spilledBytes } = complete([0], calls, rows, { backend, managed: 96 << 10 });
      expect(sortedText(result)).toEqual(sortedText(modelAggregate([0], calls, rows)));
      expect(spilledBytes).toBeGreaterThan(50_000);
    });
  }
}

test('two keys, of which one is a number, and a budget that has parts split again', () => {
  const rows = rowsOf(5, 12_000, 3000);
  const { result, spilledBytes } = complete([2, 0], AGGREGATE_CALLS, rows, { managed: 16 << 10 });
  expect(sortedText(result)).toEqual(sortedText(modelAggregate([2, 0], AGGREGATE_CALLS, rows)));
  expect(spilledBytes).toBeGreaterThan(500_000);
});

test('without keys nothing is split', () => {
  const rows = rowsOf(6, 3000, 10);
  const { result } = complete([], DISTINCT_CALLS, rows, { managed: 1 << 10 });
  expect(result).toEqual(modelAggregate([], DISTINCT_CALLS, rows));
});

test('partial and final phase beyond the budget', () => {
  const rows = rowsOf(7, 12_000, 3000);
  const key = AGGREGATE_INPUT[0]!;
  const between = [key, ...new AccumulatorSet(AGGREGATE_CALLS, AGGREGATE_INPUT, false, false).fields];
  const base = { keys: [0], calls: AGGREGATE_CALLS, estimatedGroups: 100_000 };
  const options = { managed: 96 << 10 };
  const partial = { ...base, phase: 'partial' as const, rowTypes: null };
  const partials = [rows.slice(0, 6000), rows.slice(6000)].flatMap(
    (part) => run(partial, AGGREGATE_INPUT, between, part, options).result,
  );
  const output = [key, ...AGGREGATE_CALLS.map((call) => call.type)];
  const final = { ...base, phase: 'final' as const, rowTypes: AGGREGATE_INPUT };
  const { result } = run(final, between, output, partials, options);
  expect(sortedText(result)).toEqual(sortedText(modelAggregate([0], AGGREGATE_CALLS, rows)));
});

/** What is believed of the key's range may be wrong; beyond the budget groups of the array stay, others go to disk. */
for (const [name, keyRange] of [
  ['right', [-500, 2499]],
  ['too small on both sides', [-100, 400]],
  ['far away', [1_000_000, 1_001_000]],
  ['that of another sign', [-(2 ** 40), -(2 ** 40) + 3000]],
] as const) {
  test(`an integer key whose range is believed to be ${name}`, () => {
    const random = seededRandom(8);
    const rows = rowsOf(9, 12_000, 50).map(([text, , number, other]): Row => {
      return [text!, random.below(40) === 0 ? null : random.below(3000) - 500, number!, other!];
    });
    const expected = sortedText(modelAggregate([1], AGGREGATE_CALLS, rows));
    const base = { keys: [1], calls: AGGREGATE_CALLS, phase: 'complete' as const, rowTypes: null };
    const output = [AGGREGATE_INPUT[1]!, ...AGGREGATE_CALLS.map((call) => call.type)];
    const params = { ...base, estimatedGroups: 3000, keyRange };
    for (const backend of ['wasm', 'js'] as const) {
      expect(sortedText(run(params, AGGREGATE_INPUT, output, rows, { backend }).result)).toEqual(expected);
    }
    const { result, spilledBytes } = run(params, AGGREGATE_INPUT, output, rows, { managed: 192 << 10 });
    expect(sortedText(result)).toEqual(expected);
    expect(spilledBytes).toBeGreaterThan(1000);
  });
}
