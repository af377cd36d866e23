import { describe, expect, it } from 'vitest';
import {
  distinctCount,
  mergeRegisters,
  REGISTERS,
  sketchKernel,
  sketchLibrary,
} from '../../../../src/connectors/memory/distinct-sketch.ts';
import { ModuleCache } from '../../../../src/kernel/cache.ts';
import { type Backend, kernelCompiler } from '../../../../src/kernel/program.ts';
import { LinearMemory } from '../../../../src/memory/arena.ts';

interface Column {
  readonly address: number;
  readonly rows: number;
}

function setUp(backend: Backend) {
  const memory = new LinearMemory();
  const kernels = kernelCompiler(memory, new ModuleCache(), backend).compileLibraries([sketchLibrary]);
  const registers = memory.allocateZeroed(REGISTERS);
  return {
    memory,
    /** The registers after the values of a column. */
    sketch(physical: 'i32' | 'i64' | 'view', { address, rows }: Column, validity = 0): Uint8Array {
      memory.u8.fill(0, registers, registers + REGISTERS);
      kernels[sketchKernel(physical)!]!(address, validity, rows, registers);
      return memory.u8.slice(registers, registers + REGISTERS);
    },
  };
}

function numbers(memory: LinearMemory, values: readonly number[]): Column {
  const address = memory.allocate(values.length * 4);
  memory.i32.set(values, address >>> 2);
  return { address, rows: values.length };
}

describe('the number of different values', () => {
  it('is estimated alike on every backend, exactly when they are few', () => {
    for (const backend of ['wasm', 'js', 'interpreter'] as const) {
      const { memory, sketch } = setUp(backend);
      const column = numbers(memory, [1, 5, 5, 1, 9, -4, 9, 1]);
      expect(distinctCount(sketch('i32', column))).toBe(4);
      const validity = memory.allocateZeroed(8);
      memory.u8.fill(1, validity, validity + 4);
      expect(distinctCount(sketch('i32', column, validity))).toBe(2);
      expect(distinctCount(new Uint8Array(REGISTERS))).toBe(0);
    }
  });

  it.each([1000, 30_000, 400_000])('of %d, in order and each twice, is near', (count) => {
    const { memory, sketch } = setUp('wasm');
    const address = memory.allocate(count * 16);
    for (let i = 0; i < count * 2; i++) memory.i64[(address >>> 3) + i] = BigInt(i % count) * 4n;
    const estimate = distinctCount(sketch('i64', { address, rows: count * 2 }));
    expect(Math.abs(estimate / count - 1)).toBeLessThan(0.08);
  });

  it('of strings is that of their bytes', () => {
    const { memory, sketch } = setUp('wasm');
    const text = memory.allocate(4096);
    for (let i = 0; i < 4096; i++) memory.u8[text + i] = 97 + (i % 7);
    const views = memory.allocate(1000 * 8);
    for (let i = 0; i < 1000; i++) memory.i64[(views >>> 3) + i] = BigInt(text + i) | (20n << 32n);
    expect(distinctCount(sketch('view', { address: views, rows: 1000 }))).toBe(7);
  });

  it('of two parts is that of both together', () => {
    const { memory, sketch } = setUp('wasm');
    const one = sketch('i32', numbers(memory, [1, 2, 3]));
    mergeRegisters(one, sketch('i32', numbers(memory, [3, 4])));
    expect(distinctCount(one)).toBe(4);
  });
});
