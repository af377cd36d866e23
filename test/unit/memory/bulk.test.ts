import { expect, test } from 'vitest';
import { LinearMemory } from '../../../src/memory/arena.ts';

test('bytes are set and moved, also beyond what this thread has seen, and over each other', () => {
  const memory = new LinearMemory({ initial: 1 << 20, maximum: 16 << 20 });
  const block = memory.allocate(1000);
  memory.fill(block, 7, 1000);
  memory.fill(block + 10, 258, 3);
  expect([...memory.bytes(block + 9, 5)]).toEqual([7, 2, 2, 2, 7]);
  memory.bytes(block, 5).set([1, 2, 3, 4, 5]);
  memory.copy(block + 1, block, 5);
  expect([...memory.bytes(block, 6)]).toEqual([1, 1, 2, 3, 4, 5]);
  memory.memory.grow(16);
  memory.fill(2 << 20, 9, 0);
  memory.fill((2 << 20) - 1, 9, 1);
  memory.refresh();
  expect(new Uint8Array(memory.memory.buffer)[(2 << 20) - 1]).toBe(9);
  expect(() => memory.fill((2 << 20) - 1, 9, 2)).toThrow('out of bounds');
});
