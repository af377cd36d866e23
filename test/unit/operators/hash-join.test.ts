import { expect, test } from 'vitest';
import { expectNearBudget, sortedText } from './harness.ts';
import { JOIN_TYPES, type JoinCase, joinCase, joinHarness } from './join-cases.ts';
import { modelJoin } from './join-model.ts';

const SIDES = ['left', 'right'] as const;

function run(
  { params, rows, expected }: JoinCase,
  buildSide: (typeof SIDES)[number],
  nullAware: boolean,
  batch: number,
  options: Parameters<typeof joinHarness>[3],
): number {
  const harness = joinHarness('hash-join', params, { buildSide, nullAware, estimatedBuildRows: null }, options);
  const before = harness.memory.statistics.used;
  const build = buildSide === 'left' ? 0 : 1;
  for (const input of [build, 1 - build] as const) {
    for (let from = 0; from < rows[input]!.length; from += batch) {
      harness.process(rows[input]!.slice(from, from + batch), input);
    }
    harness.end(input);
  }
  expect(sortedText(harness.rows())).toEqual(sortedText(expected));
  harness.close();
  expect(harness.budget.used).toBe(0);
  expect(harness.memory.statistics.used).toBeLessThanOrEqual(before);
  if (options.managed !== undefined) expectNearBudget(harness, before);
  return harness.spill.spilledBytes;
}

for (const type of JOIN_TYPES) {
  for (const buildSide of SIDES) {
    test(`${type} join, ${buildSide} side built, agrees with the definition`, () => {
      for (let seed = 1; seed <= 16; seed++) {
        const nullAware = type === 'ANTI' && buildSide === 'right' && seed % 3 === 1;
        const sizes = [(seed * 7) % 40, seed % 8 === 0 ? 0 : (seed * 11) % 40] as const;
        const backend = seed % 4 === 0 ? 'js' : seed % 4 === 1 ? 'interpreter' : 'wasm';
        run(joinCase(type, seed, sizes, nullAware), buildSide, nullAware, 15, { backend });
      }
    });

    test(`${type} join, ${buildSide} side built, beyond the budget`, () => {
      const spilled = run(joinCase(type, 6, [2500, 2500]), buildSide, false, 500, { managed: 64 << 10 });
      expect(spilled).toBeGreaterThan(100_000);
    });
  }
}

test('one key with very many rows does not fit however often it is split', () => {
  const rows = [
    Array.from({ length: 20 }, (_, i) => [i % 3 === 0 ? 7 : i, 'probe', BigInt(i)]),
    Array.from({ length: 5000 }, (_, i) => [`build row ${i}`, 7, BigInt(i)]),
  ] as const;
  const pairs = rows[0].filter((row) => row[0] === 7).flatMap((l) => rows[1].map((r) => [...l, ...r]));
  const lonely = rows[0].filter((row) => row[0] !== 7);
  const base = { leftKeys: [0], rightKeys: [1], nullSafe: [false], condition: null };
  const padded = lonely.map((row) => [...row, null, null, null]);
  for (const [type, expected] of [
    ['LEFT', [...pairs, ...padded]],
    ['SEMI', rows[0].filter((row) => row[0] === 7)],
    ['ANTI', lonely],
    ['FULL', [...pairs, ...padded]],
  ] as const) {
    run({ params: { ...base, type }, rows, expected }, 'right', false, 1000, { managed: 64 << 10 });
  }
});

test('NOT IN beyond the budget: a NULL on the right lets nothing pass', () => {
  for (const seed of [1, 4]) {
    const { params, rows } = joinCase('ANTI', seed, [3000, 6000], true);
    const right = rows[1].filter((row) => row[params.rightKeys[0]!] !== null);
    const left = rows[0];
    const keys = new Set(right.map((row) => row[params.rightKeys[0]!]));
    const key = params.leftKeys[0]!;
    const passing = left.filter((row) => row[key] !== null && !keys.has(row[key]!));
    run({ params, rows, expected: [] }, 'right', true, 500, { managed: 64 << 10 });
    run({ params, rows: [left, right], expected: passing }, 'right', true, 500, { managed: 64 << 10 });
  }
});

/** Keys far apart are found by a bitmap, close ones by an array, pairs by hash behind bitmaps of their columns. */
for (const [name, leftKeys, rightKeys, step] of [
  ['one in 40 of a range', [0], [1], 40],
  ['all of a range', [0], [1], 1],
  ['one in 2^40 of a range', [2], [2], 2 ** 40],
  ['pairs, one column with few values of a large range', [2, 0], [2, 1], 50],
] as const) {
  test(`joins by keys that are ${name}`, () => {
    const key = (i: number): number => i * step - 3000;
    const left = Array.from({ length: 800 }, (_, i) => {
      const near = key(i) + (i % 3 === 2 ? 1 : 0);
      return [i % 13 === 7 || step > 1000 ? null : near, `l${i}`, BigInt(step > 1000 ? near : i % 7)];
    });
    const right = Array.from({ length: 600 }, (_, i) => {
      const some = key((i * 3) % 500);
      return [`r${i}`, i % 11 === 5 || step > 1000 ? null : some, BigInt(step > 1000 ? some : i % 5)];
    });
    left.push([-(2 ** 31), 'least', -(2n ** 63n)], [2 ** 31 - 1, 'most', 2n ** 63n - 1n]);
    for (const type of JOIN_TYPES) {
      const params = { type, leftKeys, rightKeys, nullSafe: leftKeys.map(() => false), condition: null };
      const expected = modelJoin({ ...params, nullAware: false }, left, right, 3, 3);
      for (const buildSide of SIDES) run({ params, rows: [left, right], expected }, buildSide, false, 300, {});
    }
  });
}
