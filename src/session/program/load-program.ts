/**
 * Loads the module of a DataStream program, which runs as it is loaded. The program says `import … from 'weir'` and
 * gets the library that loads it, also where none is installed. TypeScript is left to Node where Node takes it (from
 * 22.18); before, esbuild takes the types away, if it is installed beside the program or beside Weir.
 */
import * as module from 'node:module';
import { pathToFileURL } from 'node:url';
import { EngineError } from '../../base/errors.ts';
import { nodeFileSystem } from '../../base/fs.ts';

/** Where programs are loaded. */
export interface ModuleHost {
  /** URL of the library that programs import as `weir`; null: they find it by themselves. */
  readonly library: string | null;
  /** `import`, of a module that Node has loaded itself: code that comes from a cache cannot import. */
  readonly import: (url: string) => Promise<unknown>;
}

/**
 * Settled when the program has run to its end.
 *
 * @param load keeps this load apart from others of the same file in this thread
 * @throws EngineError STREAM-PROGRAM if it is not there or cannot be run, and whatever the program throws
 */
export async function loadProgram(file: string, host: ModuleHost, load = ''): Promise<void> {
  const { library } = host;
  if (nodeFileSystem.stat(file)?.kind !== 'file') {
    throw new EngineError('STREAM-PROGRAM', `there is no program '${file}'`);
  }
  const url = pathToFileURL(file);
  if (load !== '') url.search = `?load=${load}`;
  if (library !== null) registerHooks(library, /\.[cm]?ts$/.test(file) ? typeRemover(file, library) : null);
  await host.import(url.href);
}

/** URL of esbuild, or null if none is needed. @throws EngineError STREAM-PROGRAM if it is needed and not there */
function typeRemover(file: string, library: string): string | null {
  if ('typescript' in process.features && process.features.typescript !== false) return null;
  for (const beside of [pathToFileURL(file).href, library]) {
    try {
      return pathToFileURL(module.createRequire(beside).resolve('esbuild')).href;
    } catch {
      // The next place may have it.
    }
  }
  throw new EngineError('STREAM-PROGRAM', `'${file}' is TypeScript, which Node ${process.versions.node} does not run`, {
    hint: 'use Node 22.18 or later, or install esbuild beside the program, or compile it to JavaScript',
  });
}

type Resolve = (specifier: string, context: object, next: (specifier: string, context: object) => object) => object;

/** On this thread, where Node has such hooks (from 22.15) and needs no help with TypeScript. */
function registerHooks(library: string, remover: string | null): void {
  if (remover !== null || !('registerHooks' in module)) {
    registerHooksAside(library, remover);
    return;
  }
  const register = module.registerHooks as (hooks: { readonly resolve: Resolve }) => void;
  register({
    resolve: (specifier, context, next) =>
      specifier === 'weir' ? { url: library, shortCircuit: true } : next(specifier, context),
  });
}

/** Hooks that run in a thread of their own are text. */
function registerHooksAside(library: string, remover: string | null): void {
  const hooks = `
    const library = ${JSON.stringify(library)};
    const remover = ${JSON.stringify(remover)};
    export async function resolve(specifier, context, next) {
      if (specifier === 'weir') return { url: library, shortCircuit: true };
      return next(specifier, context);
    }
    export async function load(url, context, next) {
      const path = url.replace(/[?#].*/, '');
      if (remover === null || !/\\.m?ts$/.test(path)) return next(url, context);
      const { source } = await next(url, { ...context, format: 'module' });
      const { transform } = (await import(remover)).default;
      const options = { loader: 'ts', format: 'esm', sourcefile: path, sourcemap: 'inline' };
      const { code } = await transform(String(source), options);
      return { format: 'module', source: code, shortCircuit: true };
    }
  `;
  module.register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}
