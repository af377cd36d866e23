/** Worker threads in tests: Node runs no TypeScript, so what a thread is to run is bundled first. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export const ROOT = new URL('../..', import.meta.url).pathname;

/** A module that a thread can start with, and what removes it again. */
export async function bundleThread(entry: string): Promise<{ readonly url: URL; readonly remove: () => void }> {
  // Within the repository, so that packages are found.
  const directory = mkdtempSync(join(ROOT, 'node_modules/.weir-'));
  const outfile = join(directory, 'thread.mjs');
  await build({
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    packages: 'external',
    entryPoints: [entry],
    outfile,
    logLevel: 'warning',
  });
  return { url: pathToFileURL(outfile), remove: () => rmSync(directory, { recursive: true, force: true }) };
}
