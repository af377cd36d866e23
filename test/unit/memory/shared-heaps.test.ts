import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { LOCK_WORD } from '../../../src/memory/page-table.ts';
import { bundleThread } from '../../tools/bundle-thread.ts';
import type { ThreadData } from './shared-heap-thread.ts';

let thread: Awaited<ReturnType<typeof bundleThread>>;
beforeAll(async () => {
  thread = await bundleThread('test/unit/memory/shared-heap-thread.ts');
});
afterAll(() => thread.remove());

/** Two threads that hand each other blocks. @returns what they found damaged */
async function runPair(memory: LinearMemory, rounds: number, leaves: readonly [boolean, boolean]): Promise<string[]> {
  const boxes = [new SharedArrayBuffer(256), new SharedArrayBuffer(256)] as const;
  const ended = new SharedArrayBuffer(4);
  const results = [0, 1].map((i) => {
    const workerData: ThreadData = {
      shared: memory.share(i + 1),
      outbox: boxes[i]!,
      inbox: boxes[1 - i]!,
      rounds,
      ended,
      leave: leaves[i]!,
    };
    const worker = new Worker(thread.url, { workerData });
    return new Promise<string[]>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  });
  return (await Promise.all(results)).flat();
}

test('threads allocate from their own heaps and free what others have allocated', async () => {
  const memory = new LinearMemory({ initial: 4 << 20, maximum: 1 << 30 });
  const { ones } = memory;
  const { used } = memory.statistics;
  expect(await runPair(memory, 30_000, [false, false])).toEqual([]);
  expect(memory.statistics.used).toBe(used);
  // The threads have made it grow; this one has only now looked.
  expect(memory.statistics.reserved).toBeGreaterThan(8 << 20);
  expect(memory.ones).toBe(ones);
});

test('what a thread leaves behind is given back with its heap', async () => {
  const memory = new LinearMemory({ initial: 4 << 20, maximum: 1 << 30 });
  const mine = Array.from({ length: 300 }, (_, i) => memory.allocate(8 + i * 700));
  const { ones } = memory;
  const { used } = memory.statistics;
  expect(ones).toBeGreaterThan(0);
  expect(await runPair(memory, 5000, [true, false])).toEqual([]);
  expect(memory.statistics.used).toBeGreaterThan(used);
  memory.reclaim(1);
  expect(memory.statistics.used).toBe(used);
  memory.reclaim(2);
  // The whole memory behind what is still in use can be had again.
  const rest = memory.allocate(64 << 20);
  for (const pointer of [rest, ...mine]) memory.free(pointer);
  expect(memory.statistics.used).toBe(used - mine.reduce((sum, _, i) => sum + usable(8 + i * 700), 0));
  // A new thread takes the heap over.
  expect(await runPair(memory, 2000, [false, false])).toEqual([]);
});

/** Bytes that a block of this size takes in a fresh memory. */
function usable(size: number): number {
  const fresh = new LinearMemory();
  return fresh.usableSize(fresh.allocate(size));
}

test('what a thread holds that is being ended is taken from it, and the free runs are found again', () => {
  const memory = new LinearMemory();
  memory.share(1);
  const runs = Array.from({ length: 8 }, () => memory.allocate(200_000));
  for (const run of runs.filter((_, i) => i % 2 === 0)) memory.free(run);
  const { used } = memory.statistics;
  // As if the thread with heap 1 had been stopped between two of its steps.
  Atomics.store(memory.i32, LOCK_WORD, 2);
  memory.markEnded(1);
  const more = memory.allocate(200_000);
  expect(runs).toContain(more);
  memory.free(more);
  expect(memory.statistics.used).toBe(used);
});
