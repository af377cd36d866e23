import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  // Programs under queries/ import the library as their users do.
  resolve: { alias: { weir: new URL('../src/index.ts', import.meta.url).pathname } },
  test: {
    root: new URL('..', import.meta.url).pathname,
    // `--mode threads`: jobs on worker threads, which are experimental and have stood still now and then.
    include: [mode === 'threads' ? 'test/**/*.threads.ts' : 'test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    env: { WEIR_WORKER_MODULE: new URL('./tools/source-worker.mjs', import.meta.url).href },
    reporters: ['default', new URL('./tools/summary-reporter.ts', import.meta.url).pathname],
  },
}));
