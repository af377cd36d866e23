/** The threads of all sessions of a test file: starting some for each would take longer than most tests. */
import { workerPool } from '../../src/session/worker-pool.ts';

export const workers = workerPool(new URL('../../src/index.ts', import.meta.url).href);
