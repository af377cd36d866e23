import { describe, expect, test } from 'vitest';
import { QUERIES, restore } from './restore.ts';

const SEEDS = [1, 2, 3, 4];

describe.each(['savepoint', 'kill'] as const)('stopped by a %s, restored at other parallelisms', (how) => {
  test.each(Object.entries(QUERIES))('%s gives what BATCH gives', async (_name, query) => {
    let restarts = 0;
    for (const seed of SEEDS) {
      const restored = await restore(query, seed, how);
      expect(restored.problem, `seed ${seed}, parallelism ${restored.parallelism}`).toBe(null);
      restarts += restored.restarts;
    }
    expect(restarts).toBeGreaterThan(0);
  });
});
