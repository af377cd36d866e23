/** Operators without state over sets and collections; expected rows by hand and from golden unnest-lateral cases. */
import { expect, test } from 'vitest';
import { call, inputRef, literal } from '../../../src/expr/expr.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { CorrelateUnnestParams } from '../../../src/operators/specs.ts';
import { BIGINT, BOOLEAN, type DataType, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { type Change, OperatorHarness, schemaOfTypes } from './harness.ts';

const BACKENDS = ['wasm', 'js', 'interpreter'] as const;
const change = (kind: Change['kind'], ...row: Change['row']): Change => ({ kind, row });

for (const backend of BACKENDS) {
  test(`expand gives each row once per projection, kinds kept (${backend})`, () => {
    const input = [nullable(STRING), nullable(INT)];
    const output = [nullable(STRING), nullable(INT), BIGINT];
    const projections = [
      [inputRef(0, input[0]!), inputRef(1, input[1]!), literal(0n, BIGINT)],
      [inputRef(0, input[0]!), literal(null, input[1]!), literal(1n, BIGINT)],
    ];
    const spec = operatorSpec('expand', 'Expand', { projections }, [schemaOfTypes(input)], schemaOfTypes(output));
    const harness = new OperatorHarness(spec, { backend });
    harness.process([change('+I', 'a', 1), change('-U', null, null)]);
    expect(harness.take()).toEqual([
      change('+I', 'a', 1, 0n),
      change('+I', 'a', null, 1n),
      change('-U', null, null, 0n),
      change('-U', null, null, 1n),
    ]);
    harness.close();
  });

  test(`replicate-rows repeats each row as often as its count says (${backend})`, () => {
    const input = [nullable(BIGINT), nullable(STRING)];
    const params = { count: 0 };
    const output = schemaOfTypes(input.slice(1));
    const spec = operatorSpec('replicate-rows', 'Replicate', params, [schemaOfTypes(input)], output);
    const harness = new OperatorHarness(spec, { backend });
    harness.process([change('+I', 2n, 'a'), change('-D', 1n, 'b'), change('+I', 0n, 'c'), change('+I', null, 'd')]);
    expect(harness.take()).toEqual([change('+I', 'a'), change('+I', 'a'), change('-D', 'b')]);
    harness.close();
  });
}

const array: DataType = { kind: 'ARRAY', element: nullable(STRING), nullable: true };
const map: DataType = { kind: 'MAP', key: STRING, value: nullable(INT), nullable: true };
const multiset: DataType = { kind: 'MULTISET', element: nullable(STRING), nullable: true };

function unnest(
  collection: DataType,
  elements: readonly DataType[],
  changes: readonly (readonly Value[] | Change)[],
  overrides: Partial<CorrelateUnnestParams> = {},
): Change[] {
  const input = [INT, collection];
  const params: CorrelateUnnestParams = {
    collection: inputRef(1, collection),
    outer: false,
    withOrdinality: false,
    condition: null,
    ...overrides,
  };
  const output = [...input, ...elements];
  const spec = operatorSpec('correlate-unnest', 'Unnest', params, [schemaOfTypes(input)], schemaOfTypes(output));
  const harness = new OperatorHarness(spec);
  harness.process(changes);
  const taken = harness.take();
  harness.close();
  return taken.map(({ kind, row }) => ({ kind, row: [row[0]!, ...row.slice(2)] }));
}

const baskets: Value[][] = [
  [1, ['tea', 'jam', null]],
  [2, []],
  [3, null],
  [4, ['tea', 'tea']],
];

test('UNNEST of an array keeps NULL elements; empty and NULL arrays vanish', () => {
  expect(unnest(array, [nullable(STRING)], baskets)).toEqual([
    change('+I', 1, 'tea'),
    change('+I', 1, 'jam'),
    change('+I', 1, null),
    change('+I', 4, 'tea'),
    change('+I', 4, 'tea'),
  ]);
});

test('LEFT JOIN UNNEST pads; with a condition the rows of which no element passes', () => {
  expect(unnest(array, [nullable(STRING)], baskets, { outer: true }).map(({ row }) => row)).toEqual([
    [1, 'tea'],
    [1, 'jam'],
    [1, null],
    [2, null],
    [3, null],
    [4, 'tea'],
    [4, 'tea'],
  ]);
  const condition = call('=', [inputRef(2, nullable(STRING)), literal('jam', STRING)], nullable(BOOLEAN));
  const joined = unnest(array, [nullable(STRING)], baskets, { outer: true, condition });
  expect(joined.map(({ row }) => row)).toEqual([
    [1, 'jam'],
    [2, null],
    [3, null],
    [4, null],
  ]);
});

test('UNNEST of a map, of a multiset, with ordinality, of rows; kinds are kept', () => {
  const entries: Value[][] = [
    [1, [['x', 1]]],
    [
      4,
      [
        ['y', null],
        ['z', 3],
      ],
    ],
  ];
  expect(unnest(map, [STRING, nullable(INT)], entries).map(({ row }) => row)).toEqual([
    [1, 'x', 1],
    [4, 'y', null],
    [4, 'z', 3],
  ]);
  const bag = change('-U', 1, [
    ['a', 2],
    ['b', 1],
  ]);
  expect(unnest(multiset, [nullable(STRING)], [bag])).toEqual([
    change('-U', 1, 'a'),
    change('-U', 1, 'a'),
    change('-U', 1, 'b'),
  ]);
  const numbered = unnest(array, [nullable(STRING), INT], baskets, { withOrdinality: true });
  expect(numbered.map(({ row }) => row)).toEqual([
    [1, 'tea', 1],
    [1, 'jam', 2],
    [1, null, 3],
    [4, 'tea', 1],
    [4, 'tea', 2],
  ]);
  const row: DataType = {
    kind: 'ROW',
    nullable: true,
    fields: [
      { name: 'a', type: INT },
      { name: 'b', type: array },
    ],
  };
  const rows: DataType = { kind: 'ARRAY', element: row, nullable: true };
  expect(unnest(rows, [nullable(INT), array], [[1, [[7, ['q']], null]]]).map((c) => c.row)).toEqual([[1, 7, ['q']]]);
  // Flink 2.3: a NULL row gives no row, in LEFT JOIN neither.
  expect(unnest(rows, [nullable(INT), array], [[1, [[7, ['q']], null]]], { outer: true }).map((c) => c.row)).toEqual([
    [1, 7, ['q']],
  ]);
});

test('UNNEST of more elements than fit one chunk', () => {
  // Every row that comes out carries the whole array, and the harness reads it: not many more than a chunk.
  const long = Array.from({ length: 2100 }, (_, i) => i);
  const joined = unnest(
    { kind: 'ARRAY', element: nullable(INT), nullable: true },
    [nullable(INT)],
    [
      [1, long],
      [2, [-1]],
    ],
  );
  expect(joined.map(({ row }) => row[1])).toEqual([...long, -1]);
});
