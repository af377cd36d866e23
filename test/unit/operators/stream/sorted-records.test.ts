import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeFileSystem } from '../../../../src/base/fs.ts';
import { NO_TIMESTAMP } from '../../../../src/dataflow/records.ts';
import { LinearMemory } from '../../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../../src/memory/budget.ts';
import { SpillDirectory } from '../../../../src/memory/spill-file.ts';
import { Piece } from '../../../../src/operators/stream/sorted/run-cursor.ts';
import { SortedRecords } from '../../../../src/operators/stream/sorted/sorted-records.ts';
import { compareKeys } from '../../../../src/state/keyed/keys.ts';

interface Given {
  readonly key: unknown;
  readonly time: number | null;
  readonly value: unknown;
}
interface Batch {
  readonly input: number;
  readonly records: readonly Given[];
}

const keyOf = (value: unknown): unknown => (value as { readonly key: unknown }).key;

function sort(
  batches: readonly Batch[],
  memoryBytes: number,
  combine: ((a: unknown, b: unknown) => unknown) | null = null,
) {
  const memory = new LinearMemory();
  const used = memory.statistics.used;
  const spill = new SpillDirectory(memory, nodeFileSystem);
  const budget = new MemoryBudget(64 << 20);
  const sorted = new SortedRecords({ memoryBytes, memory, budget, spill, combine });
  const piece = new Piece(7);
  for (const { input, records } of batches) {
    const timed = records.some(({ time }) => time !== null);
    const timestamps = timed ? records.map(({ time }) => time ?? NO_TIMESTAMP) : null;
    sorted.add({ values: records, timestamps }, keyOf, input);
    // Sometimes the next ones come while a run is being written.
    if (sorted.spilling && records.length % 2 === 0) sorted.spillPart();
  }
  while (sorted.spilling) sorted.spillPart();
  sorted.finish();
  const out: { readonly key: unknown; readonly records: (readonly [unknown, number, number])[] }[] = [];
  while (sorted.nextKey()) {
    const { key } = sorted;
    const records: (readonly [unknown, number, number])[] = [];
    while (sorted.nextPiece(piece)) {
      for (let i = 0; i < piece.length; i++) records.push([piece.values[i], piece.timestamps[i]!, piece.input]);
    }
    out.push({ key, records });
  }
  const { spilledBytes } = spill;
  sorted.close();
  spill.close();
  expect(memory.statistics.used).toBe(used);
  expect(budget.used).toBe(0);
  return { out, spilledBytes };
}

/** The same, without thinking. */
function expected(batches: readonly Batch[]) {
  const all = batches.flatMap(({ input, records }) =>
    records.map((value) => ({ value, time: value.time ?? NO_TIMESTAMP, input })),
  );
  all.sort((a, b) => compareKeys(a.value.key, b.value.key) || a.time - b.time || a.input - b.input);
  const out: { key: unknown; records: unknown[] }[] = [];
  for (const { value, time, input } of all) {
    const last = out.at(-1);
    if (last !== undefined && compareKeys(last.key, value.key) === 0) last.records.push([value, time, input]);
    else out.push({ key: value.key, records: [[value, time, input]] });
  }
  return out;
}

const key = fc.constantFrom<unknown>('a', 'b', 'cc', 'long enough to be a cut of a text', 3, 12, true, 5n, ['x', 1]);
const given = fc.record({
  key,
  time: fc.option(fc.integer({ min: 0, max: 5 }), { freq: 5 }),
  value: fc.oneof(fc.string(), fc.integer(), fc.constant({ deep: [1n] })),
});
/** Nothing but a key that is a text, and numbers. */
const plain = fc.record({
  key: fc.constantFrom<unknown>('a', 'b', 'long enough to be a cut of a text'),
  time: fc.integer({ min: 0, max: 5 }),
  value: fc.integer(),
});
const batchOf = (records: fc.Arbitrary<Given>) =>
  fc.record({ input: fc.integer({ min: 0, max: 1 }), records: fc.array(records, { maxLength: 30 }) });

describe('records come by key, timestamp, input and arrival', () => {
  test.each([
    ['in memory', given, 1 << 20],
    ['with a run for every few batches', given, 4000],
    ['with a run for every batch', given, 0],
    ['of numbers, with a run for every few batches', plain, 4000],
    ['of numbers, with a run for every batch', plain, 0],
    ['of numbers or not, with a run for every few batches', fc.oneof(plain, plain, plain, given), 4000],
  ])('%s', (_name, records, memoryBytes) => {
    fc.assert(
      fc.property(fc.array(batchOf(records), { maxLength: 12 }), (batches) => {
        const { out, spilledBytes } = sort(batches, memoryBytes);
        expect(out).toEqual(expected(batches));
        const rows = batches.reduce((sum, { records }) => sum + records.length, 0);
        if (memoryBytes === 0 && rows > 0) expect(spilledBytes).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  test('one key with more records than a part of a run holds', () => {
    const records = Array.from(
      { length: 20_000 },
      (_, i): Given => ({ key: 'k', time: (i * 7919) % 20_000, value: i }),
    );
    const batches = [0, 1, 2, 3].map((b) => ({ input: 0, records: records.slice(b * 5000, b * 5000 + 5000) }));
    const { out, spilledBytes } = sort(batches, 50_000);
    expect(out.length).toBe(1);
    expect(out[0]!.records.map(([, time]) => time)).toEqual(records.map((_, i) => i));
    expect(spilledBytes).toBeGreaterThan(0);
  });
});

test('records without a timestamp are combined one after another, before all others', () => {
  // Not associative: who combines the later ones among themselves first is found out.
  const append = (a: unknown, b: unknown): unknown => {
    const [first, second] = [a as Given, b as Given];
    return { ...first, value: `(${String(first.value)} ${String(second.value)})` };
  };
  const record = (k: string, value: string, time: number | null = null): Given => ({ key: k, time, value });
  const batches = [
    { input: 0, records: [record('b', '1'), record('a', '2'), record('b', '3')] },
    { input: 0, records: [record('b', 'late', 9), record('b', '4'), record('a', 'early', 1)] },
    { input: 0, records: [record('a', '5'), record('b', '6')] },
  ];
  for (const memoryBytes of [1 << 20, 0]) {
    const { out } = sort(batches, memoryBytes, append);
    const texts = out.map(({ key: k, records }) => {
      const combined = records.map(([value]) => value).reduce((a, b) => append(a, b));
      return [k, (combined as Given).value];
    });
    expect(texts).toEqual([
      ['a', '((2 5) early)'],
      ['b', '((((1 3) 4) 6) late)'],
    ]);
  }
});
