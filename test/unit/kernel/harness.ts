/** Runs the same kernels on every backend, and makes repeatable random operands. */
import type { KernelFunction } from '../../../src/kernel/ir.ts';
import { type Backend, type CompiledKernel, compileProgram, type ProgramOptions } from '../../../src/kernel/program.ts';
import { trapKind } from '../../../src/kernel/trap.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';

export const BACKENDS: readonly Backend[] = ['wasm', 'js', 'interpreter'];

export function smallMemory(): LinearMemory {
  return new LinearMemory({ initial: 2 << 20, maximum: 64 << 20 });
}

export interface Run {
  readonly backend: Backend;
  readonly memory: LinearMemory;
  readonly kernels: Record<string, CompiledKernel>;
}

/** One program on each backend, each with a memory of its own. */
export function runs(entries: readonly KernelFunction[], options: ProgramOptions = {}): readonly Run[] {
  return BACKENDS.map((backend) => {
    const memory = smallMemory();
    return { backend, memory, kernels: compileProgram(entries, { ...options, memory, backend }) };
  });
}

/** The result or the kind of trap, as text that tells -0 from 0. */
export function outcome(run: () => unknown): string {
  try {
    const value = run();
    if (typeof value === 'bigint') return `${value}n`;
    return Object.is(value, -0) ? '-0' : String(value);
  } catch (error) {
    const trap = trapKind(error);
    if (trap === undefined) throw error;
    return `trap: ${trap}`;
  }
}

/** Numerical Recipes' generator with its low bits mixed away. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Signed 32 bits. */
  i32(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0;
    return Math.imul(this.#state ^ (this.#state >>> 15), 0x2c1b3c6d) ^ (this.#state >>> 13);
  }

  below(limit: number): number {
    return (this.i32() >>> 0) % limit;
  }

  /** Signed 64 bits, of varying magnitude. */
  i64(): bigint {
    const bits = (BigInt(this.i32() >>> 0) << 32n) | BigInt(this.i32() >>> 0);
    return BigInt.asIntN(64, bits) >> BigInt(this.below(64));
  }

  f64(): number {
    return ((this.i32() / 2 ** 31) * 10) ** (this.below(40) - 10 || 1);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}
