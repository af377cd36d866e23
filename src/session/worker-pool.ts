/** The threads of a session, which start with the module `worker-main.ts`, wherever the library lies. */
import { environmentVariable } from '../base/config.ts';
import { WorkerPool } from '../runtime/worker/worker-pool.ts';

/** @param library URL of the library: of the package, or of its source */
export function workerPool(library: string): WorkerPool {
  const given = environmentVariable('WEIR_WORKER_MODULE');
  if (given !== undefined) return new WorkerPool(new URL(given));
  if (!library.endsWith('.ts')) return new WorkerPool(new URL('./worker.js', library));
  // Node runs the sources by itself, or in a process that has a loader for them.
  const loader = 'typescript' in process.features ? [] : ['--import', 'tsx'];
  return new WorkerPool(new URL('./session/worker-main.ts', library), [...process.execArgv, ...loader]);
}
