import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { BatchRankParams } from '../../../src/operators/specs.ts';
import { BIGINT, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { OperatorHarness, schemaOfTypes } from './harness.ts';

const input = [nullable(STRING), nullable(INT), INT];

function run(
  params: Partial<BatchRankParams>,
  rows: readonly (readonly Value[])[],
  backend: 'wasm' | 'js' | 'interpreter',
) {
  const whole: BatchRankParams = {
    rankType: 'RANK',
    partitionKeys: [0],
    ordering: [{ index: 1, direction: 'ASC', nulls: 'FIRST' }],
    rankStart: 1,
    rankEnd: null,
    outputRankNumber: true,
    ...params,
  };
  const output = whole.outputRankNumber ? [...input, BIGINT] : input;
  const spec = operatorSpec('batch-rank', 'Rank', whole, [schemaOfTypes(input)], schemaOfTypes(output));
  const harness = new OperatorHarness(spec, { backend });
  const half = rows.length >>> 1;
  harness.process(rows.slice(0, half));
  harness.process(rows.slice(half));
  harness.end();
  const result = harness.rows();
  harness.close();
  expect(harness.budget.used).toBe(0);
  return result;
}

test('ties: ROW_NUMBER, RANK and DENSE_RANK', () => {
  const rows: Value[][] = [null, null, 1, 2, 2, 3].map((value, i) => ['p', value, i]);
  const ranks = (rankType: BatchRankParams['rankType']) => run({ rankType }, rows, 'wasm').map((row) => row[3]);
  expect(ranks('ROW_NUMBER')).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
  expect(ranks('RANK')).toEqual([1n, 1n, 3n, 4n, 4n, 6n]);
  expect(ranks('DENSE_RANK')).toEqual([1n, 1n, 2n, 3n, 3n, 4n]);
});

test('random partitions agree with counting', () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = seededRandom(seed);
    const rankType = (['ROW_NUMBER', 'RANK', 'DENSE_RANK'] as const)[seed % 3]!;
    const [rankStart, rankEnd] = [1 + random.below(2), seed % 4 === 0 ? null : 2 + random.below(3)];
    const outputRankNumber = seed % 2 === 0;
    const partitions = [null, 'a', 'a longer name than others', 'b'].filter(() => random.below(5) > 0);
    const rows = partitions.flatMap((name) => {
      const values = Array.from({ length: random.below(12) }, () => (random.below(4) === 0 ? -1 : random.below(5)));
      values.sort((a, b) => a - b);
      return values.map((value, i): Value[] => [name, value < 0 ? null : value, i]);
    });
    const expected = rows.flatMap((row) => {
      const peers = rows.filter((other) => other[0] === row[0]);
      const at = peers.indexOf(row);
      const before = peers.filter((other, i) => i < at && other[1] !== row[1]);
      const rank = {
        ROW_NUMBER: at + 1,
        RANK: before.length + 1,
        DENSE_RANK: new Set(before.map((other) => other[1])).size + 1,
      }[rankType];
      if (rank < rankStart || (rankEnd !== null && rank > rankEnd)) return [];
      return [outputRankNumber ? [...row, BigInt(rank)] : row];
    });
    const backend = (['wasm', 'js', 'interpreter'] as const)[seed % 3]!;
    expect(run({ rankType, rankStart, rankEnd, outputRankNumber }, rows, backend), `seed ${seed}`).toEqual(expected);
  }
});
