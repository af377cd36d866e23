import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/base/errors.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';

/** Numerical Recipes' generator: a repeatable sequence of 32-bit numbers. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}

describe('PageAllocator', () => {
  it('keeps its last 64 bytes to itself, however full it is', () => {
    for (const size of [64, 4096, 65_536, 200_000]) {
      const memory = new LinearMemory({ initial: 1 << 20, maximum: 4 << 20 });
      let end = 0;
      let last = memory.allocate(size);
      const refused = (): boolean => {
        try {
          last = memory.allocate(size);
        } catch (error) {
          expect(error).toBeInstanceOf(EngineError);
          return true;
        }
        return false;
      };
      do end = Math.max(end, last + memory.usableSize(last));
      while (!refused());
      try {
        last = memory.reallocate(last, size + 65_536);
        end = Math.max(end, last + memory.usableSize(last));
      } catch (error) {
        expect(error).toBeInstanceOf(EngineError);
      }
      expect(end).toBeGreaterThan(3 << 20);
      expect(end).toBeLessThanOrEqual(memory.maximum - 64);
      expect(end).toBeLessThanOrEqual(memory.byteLength - 64);
    }
  });

  it('aligns blocks and never overlaps them', () => {
    const memory = new LinearMemory({ maximum: 256 << 20 });
    const random = sequence(7);
    const live = new Map<number, { size: number; mark: number }>();
    const check = (pointer: number, { size, mark }: { size: number; mark: number }) => {
      const bytes = memory.u8;
      for (let i = pointer; i < pointer + Math.min(size, 64); i++) if (bytes[i] !== mark) return false;
      for (let i = pointer + Math.max(0, size - 64); i < pointer + size; i++) if (bytes[i] !== mark) return false;
      return true;
    };
    for (let step = 0; step < 20_000; step++) {
      const action = random() >>> 30;
      const victim = [...live.keys()][random() % Math.max(1, live.size)];
      if (action < 2 || victim === undefined) {
        const scale = random() >>> 28;
        const size = (random() >>> 8) % (scale < 12 ? 300 : scale < 15 ? 70_000 : 500_000);
        const pointer = memory.allocate(size);
        expect(pointer).toBeGreaterThan(0);
        expect(pointer % (size >= 64 ? 64 : 8)).toBe(0);
        expect(live.has(pointer)).toBe(false);
        const mark = step & 255;
        memory.u8.fill(mark, pointer, pointer + size);
        live.set(pointer, { size, mark });
      } else if (action === 2 || live.size > 400) {
        expect(check(victim, live.get(victim)!)).toBe(true);
        memory.free(victim);
        live.delete(victim);
      } else {
        const block = live.get(victim)!;
        const size = (random() >>> 8) % 200_000;
        const moved = memory.reallocate(victim, size);
        live.delete(victim);
        expect(check(moved, { size: Math.min(size, block.size), mark: block.mark })).toBe(true);
        memory.u8.fill(block.mark, moved, moved + size);
        live.set(moved, { size, mark: block.mark });
      }
    }
    for (const [pointer, block] of live) {
      expect(check(pointer, block)).toBe(true);
      memory.free(pointer);
    }
    expect(memory.statistics.used).toBe(0);
    expect(memory.statistics.peak).toBeGreaterThan(0);
  });

  it('joins free neighbours', () => {
    const memory = new LinearMemory({ maximum: 16 << 20 });
    const blocks = Array.from({ length: 10 }, () => memory.allocate(1 << 20));
    for (const index of [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]) memory.free(blocks[index]!);
    expect(memory.allocate(10 << 20)).toBe(blocks[0]);
  });

  it('zeroes blocks of any length, and nothing behind them', () => {
    const memory = new LinearMemory();
    for (const bytes of [1, 13, 100, 5441, 40_001]) {
      const used = [memory.allocate(bytes), memory.allocate(bytes)];
      for (const address of used) memory.u8.fill(7, address, address + bytes);
      memory.free(used[0]!);
      const zeroed = memory.allocateZeroed(bytes);
      expect(memory.bytes(zeroed, bytes).every((byte) => byte === 0)).toBe(true);
      expect(memory.bytes(used[1]!, bytes).every((byte) => byte === 7)).toBe(true);
    }
  });

  it('gives zeroed memory even when the block was used before', () => {
    const memory = new LinearMemory({ maximum: 16 << 20 });
    const first = memory.allocate(1000);
    memory.u8.fill(9, first, first + 1000);
    memory.free(first);
    const second = memory.allocateZeroed(1000);
    expect(second).toBe(first);
    expect(memory.bytes(second, 1000).every((byte) => byte === 0)).toBe(true);
  });

  it('refuses what does not fit and names the remedy', () => {
    const memory = new LinearMemory({ maximum: 8 << 20 });
    const fail = () => memory.allocate(32 << 20);
    expect(fail).toThrow(EngineError);
    const grow = () => {
      for (;;) memory.allocate(1 << 20);
    };
    expect(grow).toThrow('more of linear memory were asked for');
  });

  it('reaches beyond 2 GiB', { timeout: 20_000 }, () => {
    const memory = new LinearMemory();
    memory.allocate(2200 * 2 ** 20);
    const high = memory.allocate(4096);
    expect(high).toBeGreaterThan(2147483648);
    memory.u32[high >>> 2] = 4000000000;
    expect(memory.u8[high]).toBe(4000000000 & 255);
    memory.free(high);
  });

  it('small blocks come out the same again, in whatever order the last ones were freed', () => {
    const memory = new LinearMemory();
    const take = () => Array.from({ length: 40 }, (_, i) => memory.allocate(16 + (i % 3) * 100));
    const first = take();
    for (const pointer of [...first].reverse()) memory.free(pointer);
    const second = take();
    expect(second).toEqual(first);
    for (const i of [...second.keys()].sort((a, b) => ((a * 7) % 40) - ((b * 7) % 40))) memory.free(second[i]!);
    expect(take()).toEqual(first);
  });
});
