/** The threads of all sessions of a test file: starting some for each would take longer than most tests. */
import { workerPool } from '../../src/session/worker-pool.ts';

// Node runs no TypeScript in threads.
process.env.WEIR_WORKER_MODULE ??= new URL('./source-worker.mjs', import.meta.url).href;

export const workers = workerPool(new URL('../../src/index.ts', import.meta.url).href);
