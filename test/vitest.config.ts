import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Programs under queries/ import the library as their users do.
  resolve: { alias: { weir: new URL('../src/index.ts', import.meta.url).pathname } },
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    env: { WEIR_WORKER_MODULE: new URL('./tools/source-worker.mjs', import.meta.url).href },
    reporters: ['default', new URL('./tools/summary-reporter.ts', import.meta.url).pathname],
  },
});
