import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { Ordering } from '../../../src/dataflow/traits.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { SortParams } from '../../../src/operators/specs.ts';
import { BIGINT, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { type Change, expectNearBudget, type HarnessOptions, OperatorHarness, schemaOfTypes } from './harness.ts';
import { memoryState } from './memory-state.ts';

const BACKENDS = ['wasm', 'js', 'interpreter'] as const;
const types = [nullable(STRING), nullable(INT), BIGINT];
const ordering: Ordering = [
  { index: 1, direction: 'DESC', nulls: 'LAST' },
  { index: 0, direction: 'ASC', nulls: 'FIRST' },
];

function make(params: Partial<SortParams>, options: HarnessOptions = {}): OperatorHarness {
  const whole: SortParams = { ordering, offset: 0, fetch: null, inputRetracts: false, ...params };
  const schema = schemaOfTypes(types);
  return new OperatorHarness(operatorSpec('sort', 'Sort', whole, [schema], schema), options);
}

type Row = readonly Value[];

/** Rows with their number as the last column, so that stability shows. */
function rowsOf(seed: number, count: number): Row[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i): Row => {
    const text = random.below(8) === 0 ? null : `${'long '.repeat(random.below(8))}name ${random.below(50)}`;
    return [text, random.below(8) === 0 ? null : random.below(20), BigInt(i)];
  });
}

function compare(a: Row, b: Row): number {
  if (a[1] !== b[1]) {
    if (a[1] === null || b[1] === null) return a[1] === null ? 1 : -1;
    return (b[1] as number) - (a[1] as number);
  }
  if (a[0] === b[0]) return 0;
  if (a[0] === null || b[0] === null) return a[0] === null ? -1 : 1;
  return (a[0] as string) < (b[0] as string) ? -1 : 1;
}

function feed(harness: OperatorHarness, rows: readonly Row[], batch: number): void {
  for (let from = 0; from < rows.length; from += batch) harness.process(rows.slice(from, from + batch));
  harness.end();
}

for (const backend of BACKENDS) {
  test(`sorts, stable, with OFFSET and FETCH (${backend})`, () => {
    const rows = rowsOf(1, 300);
    for (const [offset, fetch] of [
      [0, null],
      [0, 10],
      [7, 20],
      [290, 100],
      [0, 0],
    ] as const) {
      const harness = make({ offset, fetch }, { backend });
      feed(harness, rows, 70);
      const expected = [...rows].sort(compare).slice(offset, fetch === null ? undefined : offset + fetch);
      expect(harness.rows()).toEqual(expected);
      harness.close();
      expect(harness.budget.used).toBe(0);
    }
  });
}

test('a top-N of many rows keeps few', () => {
  const rows = rowsOf(2, 60_000);
  const harness = make({ offset: 5, fetch: 20 }, { managed: 16 << 20 });
  feed(harness, rows, 8192);
  expect(harness.rows()).toEqual([...rows].sort(compare).slice(5, 25));
  expect(harness.spill.spilledBytes).toBe(0);
  expect(harness.budget.peak).toBeLessThan(10 << 20);
  harness.close();
});

test('beyond the budget it sorts on disk and stays near the budget', () => {
  for (const [backend, count, managed] of [
    ['wasm', 30_000, 256 << 10],
    // So small that runs are merged in several passes.
    ['wasm', 12_000, 32 << 10],
    ['js', 6_000, 64 << 10],
  ] as const) {
    const rows = rowsOf(3, count);
    const harness = make({}, { backend, managed });
    const before = harness.memory.statistics.used;
    feed(harness, rows, 1000);
    expect(harness.rows()).toEqual([...rows].sort(compare));
    expect(harness.spill.spilledBytes).toBeGreaterThan(count * 32);
    expectNearBudget(harness, before);
    harness.close();
    expect(harness.budget.used).toBe(0);
    expect(harness.memory.statistics.used).toBeLessThanOrEqual(before);
  }
});

test('a top-N whose N does not fit', () => {
  const rows = rowsOf(4, 50_000);
  const harness = make({ offset: 100, fetch: 20_000 }, { managed: 256 << 10 });
  feed(harness, rows, 4096);
  expect(harness.rows()).toEqual([...rows].sort(compare).slice(100, 20_100));
  harness.close();
});

const change = (kind: Change['kind'], ...row: Change['row']): Change => ({ kind, row });

test('over input that takes rows back; restored in between; an unknown row fails the job', () => {
  const history = [
    change('+I', 'ann', 10, 0n),
    change('+I', 'bob', 30, 0n),
    change('-D', 'ann', 10, 0n),
    change('+I', 'cho', null, 0n),
    change('+I', 'ann', 10, 0n),
    change('-U', 'bob', 30, 0n),
    change('+U', 'bob', 5, 0n),
    change('+I', 'ann', 10, 0n),
  ];
  for (let cut = 0; cut <= history.length; cut++) {
    const before = make({ inputRetracts: true });
    before.process(history.slice(0, cut));
    const state = memoryState();
    before.operator.snapshotState(state.writer);
    before.close();
    const after = make({ inputRetracts: true }, { restored: state.reader });
    after.process(history.slice(cut));
    after.end();
    expect(after.rows()).toEqual([
      ['ann', 10, 0n],
      ['ann', 10, 0n],
      ['bob', 5, 0n],
      ['cho', null, 0n],
    ]);
    after.close();
    expect(after.budget.used).toBe(0);
  }
  const harness = make({ inputRetracts: true });
  expect(() => harness.process([change('-D', 'zed', 1, 0n)])).toThrow(/RowData not exist/);
  harness.close();
});
