/**
 * Worker threads of tests and benchmarks: Node runs no TypeScript, so the thread's module is bundled first, once for
 * each state of the sources. Named by WEIR_WORKER_MODULE.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/weir-worker');

/** Changes whenever a source does. */
function stateOfSources() {
  let newest = 0;
  let count = 0;
  for (const name of readdirSync(join(root, 'src'), { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    newest = Math.max(newest, statSync(join(root, 'src', name)).mtimeMs);
    count++;
  }
  return `${newest}-${count}`;
}

// The worker, and beside it the library for programs that it loads.
const bundles = join(cache, stateOfSources());
if (!existsSync(bundles)) {
  const { build } = await import('esbuild');
  mkdirSync(cache, { recursive: true });
  const unfinished = `${bundles}.${process.pid}.${Math.random()}`;
  await build({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    packages: 'external',
    splitting: true,
    entryPoints: { worker: 'src/session/worker-main.ts', index: 'src/index.ts' },
    outdir: unfinished,
    logLevel: 'warning',
  });
  for (const old of readdirSync(cache)) {
    const path = join(cache, old);
    if (Date.now() - statSync(path).mtimeMs > 600_000) rmSync(path, { recursive: true, force: true });
  }
  try {
    renameSync(unfinished, bundles);
  } catch {
    // Another process was first.
    rmSync(unfinished, { recursive: true });
  }
}
await import(pathToFileURL(join(bundles, 'worker.js')).href);
