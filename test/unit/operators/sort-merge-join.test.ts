import { expect, test } from 'vitest';
import { expectNearBudget, sortedText } from './harness.ts';
import { JOIN_TYPES, joinCase, joinHarness } from './join-cases.ts';

for (const type of JOIN_TYPES) {
  test(`${type} join agrees with the definition`, () => {
    for (let seed = 1; seed <= 16; seed++) {
      const sizes = [seed % 6 === 0 ? 0 : (seed * 7) % 40, seed % 8 === 0 ? 0 : (seed * 5) % 40] as const;
      const { params, rows, expected } = joinCase(type, seed, sizes);
      const backend = seed % 3 === 0 ? 'js' : seed % 3 === 1 ? 'interpreter' : 'wasm';
      const harness = joinHarness('sort-merge-join', params, {}, { backend });
      for (const input of [0, 1] as const) {
        const half = rows[input].length >>> 1;
        harness.process(rows[input].slice(0, half), input);
        harness.process(rows[input].slice(half), input);
        harness.end(input);
      }
      expect(sortedText(harness.rows()), `seed ${seed}`).toEqual(sortedText(expected));
      harness.close();
      expect(harness.budget.used).toBe(0);
    }
  });

  test(`${type} join beyond the budget`, () => {
    const { params, rows, expected } = joinCase(type, 6, [2000, 3000]);
    const harness = joinHarness('sort-merge-join', params, {}, { managed: 64 << 10 });
    const before = harness.memory.statistics.used;
    for (const input of [1, 0] as const) {
      for (let from = 0; from < rows[input].length; from += 500) {
        harness.process(rows[input].slice(from, from + 500), input);
      }
      harness.end(input);
    }
    expect(sortedText(harness.rows())).toEqual(sortedText(expected));
    expect(harness.spill.spilledBytes).toBeGreaterThan(100_000);
    expectNearBudget(harness, before);
    harness.close();
    expect(harness.budget.used).toBe(0);
    expect(harness.memory.statistics.used).toBeLessThanOrEqual(before);
  });
}
