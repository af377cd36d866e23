import { expect, test } from 'vitest';
import type { CheckpointBarrier } from '../../../src/dataflow/checkpoint-barrier.ts';
import { BarrierAligner } from '../../../src/runtime/checkpoint/barrier-aligner.ts';

const barrier = (id: number): CheckpointBarrier => ({ id, timestamp: 0, stop: 'none', directory: '/' });

test('a channel that has delivered the barrier is held back until all have', () => {
  const aligner = new BarrierAligner(2, true);
  aligner.receive(0, barrier(1));
  expect([aligner.blocks(0), aligner.blocks(1), aligner.aligned]).toEqual([true, false, null]);
  aligner.receive(1, barrier(1));
  expect(aligner.aligned?.id).toBe(1);
  aligner.release(1);
  expect([aligner.blocks(0), aligner.aligned]).toEqual([false, null]);
});

test('at least once, channels go on', () => {
  const aligner = new BarrierAligner(2, false);
  aligner.receive(0, barrier(1));
  expect(aligner.blocks(0)).toBe(false);
});

test('channels that end need not deliver it', () => {
  const aligner = new BarrierAligner(3, true);
  aligner.end(2);
  aligner.receive(0, barrier(1));
  aligner.end(1);
  expect(aligner.aligned?.id).toBe(1);
});

test('a newer barrier takes the place of one that was given up; a late one is ignored', () => {
  const aligner = new BarrierAligner(2, true);
  aligner.receive(0, barrier(1));
  aligner.receive(1, barrier(2));
  expect([aligner.blocks(0), aligner.blocks(1)]).toEqual([false, true]);
  aligner.receive(0, barrier(1));
  expect(aligner.aligned).toBe(null);
  aligner.receive(0, barrier(2));
  aligner.release(2);
  aligner.receive(0, barrier(2));
  expect(aligner.blocks(0)).toBe(false);
});
