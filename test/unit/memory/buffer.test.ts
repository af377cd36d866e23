import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import { BufferPool } from '../../../src/memory/buffer.ts';
import { formatBytes } from '../../../src/memory/format-bytes.ts';
import { SpillDirectory, SpillFile } from '../../../src/memory/spill-file.ts';

describe('MemoryBudget', () => {
  it('counts per consumer and in all, and refuses beyond the limit', () => {
    const budget = new MemoryBudget(1000);
    const sort = budget.consumer('sort');
    const join = budget.consumer('hash join');
    sort.reserve(600);
    expect(join.tryReserve(500)).toBe(false);
    expect(join.tryReserve(400)).toBe(true);
    expect(budget.available).toBe(0);
    sort.release(100);
    expect([budget.used, budget.peak, sort.used, sort.peak]).toEqual([900, 1000, 500, 600]);
    expect(() => join.reserve(2048)).toThrow(
      'hash join needs 2 kb more, but 900 b of the 1000 b of managed memory are in use',
    );
    join.close();
    expect(budget.used).toBe(500);
    expect(budget.consumers()).toEqual([sort]);
  });

  it('writes sizes as the options do', () => {
    expect([0, 1023, 1536, 5 << 20, 4 * 2 ** 30].map(formatBytes)).toEqual(['0 b', '1023 b', '1.5 kb', '5 mb', '4 gb']);
  });
});

describe('Buffer', () => {
  it('frees at the last release', () => {
    const memory = new LinearMemory({ maximum: 16 << 20 });
    const budget = new MemoryBudget(1 << 20);
    const pool = new BufferPool(memory, budget.consumer('test'));
    const buffer = pool.allocateZeroed(5000);
    expect(pool.tryAllocate(1 << 20)).toBeUndefined();
    buffer.retain().release();
    expect(budget.used).toBe(5000);
    buffer.release();
    expect([budget.used, memory.statistics.used]).toEqual([0, 0]);
    expect(() => buffer.release()).toThrow('once too often');
  });
});

describe('SpillFile', () => {
  let directory = '';
  beforeEach(() => {
    directory = nodeFileSystem.makeTemporaryDirectory('weir-spill-');
  });
  afterEach(() => nodeFileSystem.remove(directory));

  it('reads back what it wrote and deletes itself', () => {
    const memory = new LinearMemory({ maximum: 16 << 20 });
    const file = new SpillFile(memory, nodeFileSystem, `${directory}/run`);
    const block = memory.allocate(100_000);
    for (let i = 0; i < 100_000; i++) memory.u8[block + i] = i * 7;
    expect(file.write(block, 50)).toBe(0);
    expect(file.write(block, 100_000)).toBe(50);
    const copy = memory.allocateZeroed(1000);
    file.read(50 + 99_000, copy, 1000);
    expect(memory.bytes(copy, 1000)).toEqual(memory.bytes(block + 99_000, 1000));
    expect(() => file.read(100_000, copy, 51)).toThrow('ends at byte 100050');
    expect(file.byteLength).toBe(100_050);
    file.close();
    expect(nodeFileSystem.list(directory)).toEqual([]);
  });
});

describe('SpillDirectory', () => {
  it('is made on first use and removed with its files', () => {
    const parent = nodeFileSystem.makeTemporaryDirectory('weir-test-');
    const memory = new LinearMemory({ maximum: 16 << 20 });
    const directory = new SpillDirectory(memory, nodeFileSystem, parent);
    expect(nodeFileSystem.list(parent)).toEqual([]);
    directory.create('hash join').write(memory.allocate(64), 64);
    directory.create('sort').write(memory.allocate(64), 36);
    expect(nodeFileSystem.list(`${parent}/${nodeFileSystem.list(parent)[0]}`)).toEqual(['0-hash_join', '1-sort']);
    expect(directory.spilledBytes).toBe(100);
    directory.close();
    expect(nodeFileSystem.list(parent)).toEqual([]);
    nodeFileSystem.remove(parent);
  });
});
