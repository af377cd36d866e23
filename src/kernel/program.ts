/**
 * From kernel functions to callable code: links what the entry functions reach, and hands it to a backend.
 */
import type { LinearMemory } from '../memory/arena.ts';
import type { KernelFunction } from './ir.ts';

export type Backend = 'wasm' | 'js' | 'interpreter';

/** A compiled kernel: i32, f32 and f64 as number, i64 as bigint. Pointers come back signed: apply `>>> 0`. */
export type CompiledKernel = (...args: (number | bigint)[]) => number | bigint | undefined;

/** A JavaScript function that kernels call. */
export type Extern = (...args: never[]) => number | bigint | undefined;

export interface ProgramOptions {
  /** Functions that the entries call by name, besides those of libraries. */
  readonly functions?: readonly KernelFunction[];
  readonly externs?: Readonly<Record<string, Extern>>;
}

/** What operators hold: compiles programs into one process's memory, each shape once. */
export interface KernelCompiler {
  readonly memory: LinearMemory;
  readonly backend: Backend;
  /** The entries by name. */
  compile(entries: readonly KernelFunction[], options?: ProgramOptions): Readonly<Record<string, CompiledKernel>>;
}
