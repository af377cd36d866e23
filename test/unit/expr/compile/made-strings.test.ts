/** Strings that expressions make live as long as whoever reads them: behind a filter, a projection, in an aggregate. */
import { expect, test } from 'vitest';
import { BatchBuilder } from '../../../../src/columnar/builder.ts';
import type { Expr } from '../../../../src/expr/expr.ts';
import { inputRef, literal } from '../../../../src/expr/expr.ts';
import { resolveCall } from '../../../../src/expr/resolve.ts';
import { operatorSpec } from '../../../../src/operators/define.ts';
import { fuseCalc } from '../../../../src/operators/fuse.ts';
import { BIGINT, char, INT, nullable, STRING } from '../../../../src/types/data-type.ts';
import { OperatorHarness, schemaOfTypes, sortedText } from '../../operators/harness.ts';
import { BACKENDS } from './differential.ts';

const number = inputRef(0, INT);
const text = inputRef(1, nullable(STRING));
const input = schemaOfTypes([INT, nullable(STRING)]);

/** `<text>-<TEXT>`, by two functions that make new bytes. */
const joined: Expr = resolveCall('CONCAT', [text, literal('-', char(1)), resolveCall('UPPER', [text])]);

const rows = (count: number): [number, string | null][] =>
  Array.from({ length: count }, (_, i) => [i, i % 7 === 3 ? null : `k${i % 5}é`.repeat(1 + (i % 3))]);

const expected = (value: string | null): string | null => (value === null ? null : `${value}-${value.toUpperCase()}`);

test.each(BACKENDS)('a filter that fills several batches in %s', (backend) => {
  const count = backend === 'wasm' ? 40_000 : 20_000;
  const condition = resolveCall('<>', [joined, literal('x', char(1))]);
  const output = schemaOfTypes([INT, nullable(STRING)]);
  const spec = operatorSpec('calc', 'Calc', { condition, projection: [number, joined] }, [input], output);
  const harness = new OperatorHarness(spec, { backend });
  const given = rows(count);
  harness.process(given);
  const passed = given.filter(([, value]) => value !== null);
  expect(harness.rows()).toEqual(passed.map(([i, value]) => [i, expected(value)]));
  harness.close();
});

test('a string is made once for a row, and an interpreted one only where it is asked for', () => {
  // The cast would fail in rows that the first condition drops.
  const isDigit = resolveCall('REGEXP', [text, literal('^[0-9]+$', char(8))]);
  const asInt: Expr = { kind: 'call', fn: 'CAST', args: [text], type: nullable(INT) };
  const large = resolveCall('>', [asInt, literal(10, INT)]);
  const condition = resolveCall('AND', [isDigit, large]);
  const chosen: Expr = resolveCall('CASE', [isDigit, asInt, literal(-1, INT)]);
  const output = schemaOfTypes([nullable(INT)]);
  const filter = operatorSpec('calc', 'Calc', { condition, projection: [asInt] }, [input], output);
  const project = operatorSpec('calc', 'Calc', { condition: null, projection: [chosen] }, [input], output);
  const given = [
    [1, '12'],
    [2, 'x'],
    [3, null],
    [4, '7'],
    [5, '1e2'],
    [6, '99'],
  ] as [number, string | null][];
  const [first, second] = [new OperatorHarness(filter), new OperatorHarness(project)];
  first.process(given);
  expect(first.rows()).toEqual([[12], [99]]);
  second.process(given);
  expect(second.rows()).toEqual([[12], [-1], [-1], [7], [-1], [99]]);
  first.close();
  second.close();
});

test.each(BACKENDS)('keys and arguments of a fused aggregation in %s', (backend) => {
  const calc = operatorSpec(
    'calc',
    'Calc',
    { condition: resolveCall('IS NOT NULL', [text]), projection: [joined, number] },
    [input],
    schemaOfTypes([nullable(STRING), INT]),
  );
  const calls = [
    { fn: 'COUNT', args: [], distinct: false, filter: null, type: BIGINT },
    { fn: 'MAX', args: [0], distinct: false, filter: null, type: nullable(STRING) },
  ];
  const output = schemaOfTypes([nullable(STRING), BIGINT, nullable(STRING)]);
  const params = { keys: [0], calls, phase: 'complete' as const, rowTypes: null, estimatedGroups: null };
  const aggregate = operatorSpec(
    'hash-aggregate',
    'HashAggregate',
    params,
    [schemaOfTypes([nullable(STRING), INT])],
    output,
  );
  const spec = fuseCalc(calc, aggregate, 0);
  expect(spec).not.toBeNull();
  const harness = new OperatorHarness(spec!, { backend });
  const given = rows(1000);
  for (let i = 0; i < 1000; i += 250) {
    const builder = new BatchBuilder(harness.memory, [INT, nullable(STRING)], 250);
    for (const each of given.slice(i, i + 250)) builder.append(each);
    const batch = builder.finish();
    harness.operator.processBatch(batch, 0);
    batch.release();
  }
  harness.end();
  const counts = new Map<string, number>();
  for (const [, value] of given) {
    const key = expected(value);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(sortedText(harness.rows())).toEqual(sortedText([...counts].map(([key, count]) => [key, BigInt(count), key])));
  harness.close();
});
