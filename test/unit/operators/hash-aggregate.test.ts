import { expect, test } from 'vitest';
import { operatorSpec } from '../../../src/operators/define.ts';
import { BIGINT, DOUBLE, decimal, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import { OperatorHarness, schemaOfTypes, sortedText } from './harness.ts';

const BACKENDS = ['wasm', 'js', 'interpreter'] as const;

for (const backend of BACKENDS) {
  test(`groups with SUM, AVG, COUNT, MIN, MAX and DISTINCT (${backend})`, () => {
    const input = [nullable(STRING), nullable(INT), decimal(15, 2)];
    const calls = [
      { fn: 'SUM', args: [1], distinct: false, filter: null, type: nullable(INT) },
      { fn: 'AVG', args: [2], distinct: false, filter: null, type: nullable(decimal(38, 6)) },
      { fn: 'COUNT', args: [], distinct: false, filter: null, type: BIGINT },
      { fn: 'COUNT', args: [1], distinct: true, filter: null, type: BIGINT },
      { fn: 'MIN', args: [1], distinct: false, filter: null, type: nullable(INT) },
      { fn: 'MAX', args: [0], distinct: false, filter: null, type: nullable(STRING) },
    ];
    const output = [nullable(STRING), ...calls.map((call) => call.type)];
    const params = { keys: [0], calls, phase: 'complete' as const, rowTypes: null, estimatedGroups: null };
    const spec = operatorSpec('hash-aggregate', 'HashAggregate', params, [schemaOfTypes(input)], schemaOfTypes(output));
    const harness = new OperatorHarness(spec, { backend });
    harness.process([
      ['a', 1, 100n],
      ['b', null, 50n],
      ['a', 1, 101n],
      [null, 7, 1n],
    ]);
    harness.process([['a', 5, 1n]]);
    harness.end();
    expect(sortedText(harness.rows())).toEqual(
      sortedText([
        // 2.02 / 3 = 0.673333…
        ['a', 7, 673333n, 3n, 2n, 1, 'a'],
        ['b', null, 500000n, 1n, 0n, null, 'b'],
        [null, 7, 10000n, 1n, 1n, 7, null],
      ]),
    );
    harness.close();
    expect(harness.budget.used).toBe(0);
  });
}

test('without keys and without rows there is one group', () => {
  const calls = [
    { fn: 'COUNT', args: [], distinct: false, filter: null, type: BIGINT },
    { fn: 'SUM', args: [0], distinct: false, filter: null, type: nullable(DOUBLE) },
  ];
  const params = { keys: [], calls, phase: 'complete' as const, rowTypes: null, estimatedGroups: null };
  const output = calls.map((call) => call.type);
  const spec = operatorSpec(
    'hash-aggregate',
    'HashAggregate',
    params,
    [schemaOfTypes([DOUBLE])],
    schemaOfTypes(output),
  );
  const harness = new OperatorHarness(spec);
  harness.end();
  expect(harness.rows()).toEqual([[0n, null]]);
  harness.close();
});
