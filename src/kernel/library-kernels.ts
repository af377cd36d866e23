/** The functions of libraries as kernels, compiled when they are first asked for: most programs need few of them. */
import type { KernelFunction } from './ir.ts';
import type { KernelLibrary } from './text.ts';

/** @param compile makes one program, with globals of its own: functions of a library that has globals are together */
export function libraryKernels<Kernel>(
  libraries: readonly KernelLibrary[],
  compile: (entries: readonly KernelFunction[]) => Readonly<Record<string, Kernel>>,
): Readonly<Record<string, Kernel>> {
  const kernels = {};
  for (const library of libraries) {
    const programs = library.isStateful ? [library.names] : library.names.map((name) => [name]);
    for (const names of programs) {
      const compileNow = (name: string): Kernel => {
        const compiled = compile(names.map((each) => library.get(each)));
        for (const each of names) Object.defineProperty(kernels, each, { value: compiled[each], enumerable: true });
        return compiled[name]!;
      };
      for (const name of names) {
        const get = (): Kernel => compileNow(name);
        Object.defineProperty(kernels, name, { get, enumerable: true, configurable: true });
      }
    }
  }
  return kernels;
}
