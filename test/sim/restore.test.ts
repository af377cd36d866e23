import { expect, test } from 'vitest';
import { QUERIES, restore } from './restore.ts';

const SEEDS = [1, 2, 3, 4];

test.each(Object.entries(QUERIES))(
  '%s: stopped and restored at other parallelisms it gives what BATCH gives',
  async (_name, query) => {
    let savepoints = 0;
    for (const seed of SEEDS) {
      const restored = await restore(query, seed);
      expect(restored.problem, `seed ${seed}, parallelism ${restored.parallelism}`).toBe(null);
      savepoints += restored.savepoints;
    }
    expect(savepoints).toBeGreaterThan(SEEDS.length / 2);
  },
);
