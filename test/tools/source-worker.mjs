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

const bundle = join(cache, `${stateOfSources()}.mjs`);
if (!existsSync(bundle)) {
  const { build } = await import('esbuild');
  mkdirSync(cache, { recursive: true });
  const unfinished = `${bundle}.${process.pid}.${Math.random()}`;
  await build({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    packages: 'external',
    entryPoints: ['src/session/worker-main.ts'],
    outfile: unfinished,
    logLevel: 'warning',
  });
  for (const old of readdirSync(cache)) {
    if (old.endsWith('.mjs') && Date.now() - statSync(join(cache, old)).mtimeMs > 600_000) rmSync(join(cache, old));
  }
  renameSync(unfinished, bundle);
}
await import(pathToFileURL(bundle).href);
