import { describe, expect, it } from 'vitest';
import { call, type Expr, inputRef, literal } from '../../../src/expr/expr.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import { BIGINT, BOOLEAN, type DataType, decimal, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { type Bounds, OperatorHarness, schemaOfTypes, sortedText } from './harness.ts';

const BACKENDS = ['wasm', 'js', 'interpreter'] as const;
const PRICE = decimal(15, 2);
const TYPES = [nullable(INT), INT, PRICE, nullable(STRING)];
const TEST = nullable(BOOLEAN, false);
const REFS = TYPES.map((type, i) => inputRef(i, type));

type Row = readonly Value[];

function compare(fn: string, column: number, value: Value): Expr {
  return call(fn, [REFS[column]!, literal(value, nullable(TYPES[column]!, false))], nullable(BOOLEAN));
}

function all(...tests: readonly Expr[]): Expr {
  return tests.reduce((left, right) => call('AND', [left, right], nullable(BOOLEAN)));
}

/** Rows 0, 1, 2, … : a number or NULL, the row's number, a price of up to 9.99, a word. */
function rowsOf(count: number, first: number): readonly Row[] {
  return Array.from({ length: count }, (_, i): Row => {
    const n = first + i;
    return [n % 5 === 0 ? null : (n * 7) % 100, n, BigInt((n * 37) % 1000), n % 11 === 0 ? null : `w${n % 3}`];
  });
}

function filter(condition: Expr, batches: readonly (readonly Row[])[], backend: (typeof BACKENDS)[number]): Row[] {
  const params = { condition, projection: REFS };
  const spec = operatorSpec('calc', 'Calc', params, [schemaOfTypes(TYPES)], schemaOfTypes(TYPES));
  const harness = new OperatorHarness(spec, { backend });
  for (const rows of batches) harness.process(rows);
  harness.end();
  const result = harness.rows();
  harness.close();
  expect(harness.budget.used).toBe(0);
  return result as Row[];
}

const num = (value: Value | undefined): number => value as number;

/** Conditions, and which rows they let through. */
const CONDITIONS: readonly (readonly [string, Expr, (row: Row) => boolean])[] = [
  [
    'a range of numbers without NULLs, four at a time',
    all(compare('>=', 1, 300), compare('<', 1, 341)),
    (row) => num(row[1]) >= 300 && num(row[1]) < 341,
  ],
  ['one number', compare('=', 1, 777), (row) => row[1] === 777],
  ['few rows of 64 bits', compare('<', 2, 50n), (row) => (row[2] as bigint) < 50n],
  ['a constant on the left', call('>', [literal(50n, PRICE), REFS[2]!], TEST), (row) => (row[2] as bigint) < 50n],
  ['all rows but one', compare('<>', 1, 400), (row) => row[1] !== 400],
  ['no row', compare('<', 1, -5), () => false],
  ['all rows', compare('>', 1, -5), () => true],
  ['a column with NULLs', compare('>', 0, 90), (row) => row[0] !== null && num(row[0]) > 90],
  [
    'stages over several columns, strings last',
    all(compare('=', 3, 'w1'), compare('>', 0, 20), compare('<=', 2, 700n), compare('<', 0, 60)),
    (row) => row[3] === 'w1' && row[0] !== null && num(row[0]) > 20 && num(row[0]) < 60 && (row[2] as bigint) <= 700n,
  ],
];

describe.each(BACKENDS)('rows that pass a filter (%s)', (backend) => {
  it.each(CONDITIONS)('%s', (_, condition, passes) => {
    const count = backend === 'interpreter' ? 403 : 1501;
    // Too few for a list of rows, enough, and enough again.
    const batches = [rowsOf(100, 0), rowsOf(count, 100), rowsOf(count, 100 + count)];
    expect(filter(condition, batches, backend)).toEqual(batches.flat().filter(passes));
  });
});

function largest([low, high]: readonly [bigint, bigint]): bigint {
  return -low > high ? -low : high;
}

/** SUM per group of a column with known bounds, over rows that a filter leaves. */
describe.each(BACKENDS)('sums of DECIMALs (%s)', (backend) => {
  const wide = decimal(18, 2);
  const sum: DataType = nullable(decimal(38, 2));
  const calls = [
    { fn: 'SUM', args: [1], distinct: false, filter: null, type: sum },
    { fn: 'COUNT', args: [1], distinct: false, filter: null, type: BIGINT },
    { fn: 'COUNT', args: [], distinct: false, filter: null, type: BIGINT },
  ];
  const types = [INT, nullable(wide)];
  const output = [INT, ...calls.map((one) => one.type)];
  const params = { keys: [0], calls, phase: 'complete' as const, rowTypes: null, estimatedGroups: null };
  const spec = operatorSpec('hash-aggregate', 'HashAggregate', params, [schemaOfTypes(types)], schemaOfTypes(output));
  const MOST = 10n ** 18n - 1n;

  const cases: readonly (readonly [string, readonly (readonly bigint[])[], Bounds])[] = [
    ['small', [[1n, 2n, 3n], [500n]], [1n, 500n]],
    ['small with a sign', [[-7n, 7n, -8n], [3n]], [-8n, 7n]],
    ['beyond 64 bits', [Array<bigint>(40).fill(MOST), Array<bigint>(5).fill(MOST)], [MOST, MOST]],
    ['beyond 64 bits below 0', [Array<bigint>(40).fill(-MOST), [1n]], [-MOST, 1n]],
    [
      'across 0 in both directions',
      [
        [5n, -9n, MOST, -MOST, -1n, 12n],
        [-20n, 40n],
      ],
      [-MOST, MOST],
    ],
  ];

  it.each(cases)('%s', (_, batches, bounds) => {
    for (const known of [bounds, null]) {
      const harness = new OperatorHarness(spec, { backend });
      for (const values of batches) {
        const rows = values.flatMap((value): Row[] => [
          [1, value],
          [2, -value],
          [1, null],
        ]);
        harness.process(rows, 0, [null, known === null ? null : [-largest(known), largest(known)]]);
      }
      harness.process(
        batches.flat().map((value): Row => [3, value]),
        0,
        [null, known],
      );
      harness.end();
      const total = batches.flat().reduce((a, b) => a + b);
      const rows = BigInt(batches.flat().length);
      expect(sortedText(harness.rows())).toEqual(
        sortedText([
          [1, total, rows, 2n * rows],
          [2, -total, rows, rows],
          [3, total, rows, rows],
        ]),
      );
      harness.close();
    }
  });
});
