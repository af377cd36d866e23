#!/usr/bin/env node
/**
 * The installed command: loads the bundle `main.cjs` with the code that V8 compiled the last time, which is kept
 * beside it. Compiling takes longer than running a short query.
 */
import * as module from 'node:module';
import * as path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as vm from 'node:vm';
import { nodeFileSystem } from '../base/fs.ts';
import type { ModuleHost } from '../session/program/load-program.ts';

interface Bundle {
  readonly main: (modules: ModuleHost) => Promise<void>;
}

const directory = path.dirname(fileURLToPath(import.meta.url));
const file = path.join(directory, 'main.cjs');
const cacheFile = path.join(directory, `main-${process.version}-${process.arch}.cache`);

const cached = readCache();
const script = new vm.Script(`(function (exports, require, module) {${nodeFileSystem.readText(file)}\n})`, {
  filename: file,
  ...(cached === undefined ? {} : { cachedData: cached }),
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const bundle = { exports: {} as Bundle };
const load = script.runInThisContext() as (exports: Bundle, require: NodeJS.Require, module: object) => void;
load(bundle.exports, module.createRequire(file), bundle);
// At the end the functions that ran are compiled, and go into the cache.
if (cached === undefined || script.cachedDataRejected === true) process.on('exit', writeCache);
await bundle.exports.main({
  library: pathToFileURL(path.join(directory, 'index.js')).href,
  import: (url) => import(url),
});

function readCache(): Buffer | undefined {
  try {
    return Buffer.from(nodeFileSystem.readFile(cacheFile));
  } catch {
    return undefined;
  }
}

/** A package that cannot be written to starts without. */
function writeCache(): void {
  const temporary = `${cacheFile}.${process.pid}`;
  try {
    nodeFileSystem.writeFile(temporary, script.createCachedData());
    nodeFileSystem.rename(temporary, cacheFile);
  } catch {
    return;
  }
}
