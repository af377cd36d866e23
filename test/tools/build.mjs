/**
 * Builds dist/: the command (a launcher and a bundle), the library (bundled) and its declarations (tsc). Type errors
 * are the business of `npm run typecheck`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // Kept outside: large, and loaded only by those who use them.
  external: ['apache-arrow', '@duckdb/node-api'],
  minify: true,
  keepNames: false,
  legalComments: 'none',
  logLevel: 'warning',
};
const moduleFormat = { ...common, format: 'esm' };
// The command: a launcher, and one file whose compiled code can be kept.
await build({ ...moduleFormat, entryPoints: { weir: 'src/cli/launch.ts' }, outdir: dist });
await build({ ...common, format: 'cjs', entryPoints: ['src/cli/process.ts'], outfile: join(dist, 'main.cjs') });
chmodSync(join(dist, 'weir.js'), 0o755);
// The library (other programs bundle it as they like), and what worker threads start with: a program that a worker loads
// has the same classes as the worker.
await build({
  ...moduleFormat,
  minify: false,
  entryPoints: { index: 'src/index.ts', worker: 'src/session/worker-main.ts' },
  outdir: dist,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});
// The first run keeps the compiled code.
spawnSync(process.execPath, [join(dist, 'weir.js'), '-c', 'SELECT 1'], { stdio: 'ignore' });

const declarations = [
  ...['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--noCheck'],
  ...['--allowImportingTsExtensions', '--outDir', dist, '--rootDir', join(root, 'src'), '--skipLibCheck'],
  ...[
    '--target',
    'ES2023',
    '--lib',
    'ES2023,ESNext.Disposable',
    '--module',
    'NodeNext',
    '--moduleResolution',
    'NodeNext',
  ],
  ...['--types', 'node', '--strict', '--ignoreConfig', join(root, 'src/index.ts')],
];
const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...declarations], {
  cwd: root,
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

// Declarations name each other as the sources do, with `.ts`.
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.d.ts')) continue;
  const path = join(dist, name);
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replaceAll(/((?:from|import\()\s*['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2'),
  );
}

// `npx weir` in the repository runs what was just built: npm links the commands of packages, not that of the project.
const link = join(root, 'node_modules/.bin/weir');
if (process.platform !== 'win32' && existsSync(dirname(link))) {
  rmSync(link, { force: true });
  symlinkSync('../../dist/weir.js', link);
}
