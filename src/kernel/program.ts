/**
 * From kernel functions to callable code: links what the entry functions reach and hands it to a backend.
 */
import { assert } from '../base/assert.ts';
import type { LinearMemory } from '../memory/arena.ts';
import { interpretProgram } from './backends/interpret.ts';
import { runAsJavaScript } from './backends/javascript.ts';
import { emitModule } from './backends/wasm.ts';
import type { ModuleCache } from './cache.ts';
import { FactsCache } from './facts.ts';
import type { KernelFunction } from './ir.ts';
import { libraryKernels } from './library-kernels.ts';
import { type LinkedProgram, link } from './link.ts';
import type { KernelLibrary } from './text.ts';

export type Backend = 'wasm' | 'js' | 'interpreter';

/** A compiled kernel: i32, f32 and f64 as number, i64 as bigint. Pointers come back signed: apply `>>> 0`. */
export type CompiledKernel = (...args: (number | bigint)[]) => number | bigint | undefined;

/** A JavaScript function that kernels call. */
export type Extern = (...args: never[]) => number | bigint | undefined;

export interface ProgramOptions {
  /** Functions that the entries and libraries call by name (`extern fn` in text), before externs are looked at. */
  readonly functions?: readonly KernelFunction[];
  readonly externs?: Readonly<Record<string, Extern>>;
}

/** What operators hold: compiles programs into one process's memory, each shape once. */
export interface KernelCompiler {
  readonly memory: LinearMemory;
  readonly backend: Backend;
  /** The entries by name. Globals are this program's own. */
  compile(entries: readonly KernelFunction[], options?: ProgramOptions): Readonly<Record<string, CompiledKernel>>;
  /** All functions of static libraries, each compiled once, when first asked for: whoever asks shares them. */
  compileLibraries(libraries: readonly KernelLibrary[]): Readonly<Record<string, CompiledKernel>>;
}

export interface CompileOptions extends ProgramOptions {
  readonly memory: LinearMemory;
  readonly backend: Backend;
  /** Left out: a WebAssembly module is compiled in any case. */
  readonly cache?: ModuleCache;
  /** What is known of functions from programs before. */
  readonly facts?: FactsCache;
}

export function kernelCompiler(memory: LinearMemory, cache: ModuleCache, backend: Backend = 'wasm'): KernelCompiler {
  const shared = new Map<string, Readonly<Record<string, CompiledKernel>>>();
  const facts = new FactsCache();
  return {
    memory,
    backend,
    compile: (entries, options = {}) => compileProgram(entries, { ...options, memory, backend, cache, facts }),
    compileLibraries: (libraries) => {
      const key = libraries.map((library) => library.name).join();
      let compiled = shared.get(key);
      if (compiled === undefined) {
        compiled = libraryKernels(libraries, (entries) => compileProgram(entries, { memory, backend, cache, facts }));
        shared.set(key, compiled);
      }
      return compiled;
    },
  };
}

/** Compiles the entries and what they reach. Throws InvariantError when an extern is missing. */
export function compileProgram(
  entries: readonly KernelFunction[],
  options: CompileOptions,
): Record<string, CompiledKernel> {
  const { memory, externs = {}, cache } = options;
  const program = link(entries, options.functions, options.facts);
  for (const { name } of program.externs) {
    assert(externs[name] !== undefined, `the program calls ${name}, which is neither a function nor an extern of it`);
  }
  switch (options.backend) {
    case 'wasm': {
      const bytes = emitModule(program);
      const module = cache === undefined ? new WebAssembly.Module(bytes) : cache.compile(bytes);
      return instantiate(module, program, memory, externs);
    }
    case 'js':
      return runAsJavaScript(program, memory, asFunctions(externs)) as Record<string, CompiledKernel>;
    case 'interpreter':
      return interpretProgram(program, memory, asFunctions(externs)) as Record<string, CompiledKernel>;
  }
}

function instantiate(
  module: WebAssembly.Module,
  program: LinkedProgram,
  memory: LinearMemory,
  externs: Readonly<Record<string, Extern>>,
): Record<string, CompiledKernel> {
  const env: Record<string, WebAssembly.ImportValue> = { memory: memory.memory };
  for (const { name } of program.externs) env[name] = externs[name]!;
  const address = Object.fromEntries(program.addresses.map(({ value }, i) => [String(i), value]));
  return new WebAssembly.Instance(module, { env, address }).exports as Record<string, CompiledKernel>;
}

function asFunctions(externs: Readonly<Record<string, Extern>>): Record<string, (...args: unknown[]) => unknown> {
  return externs as unknown as Record<string, (...args: unknown[]) => unknown>;
}
