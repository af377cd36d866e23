/** Runs a job graph from beginning to end: one JobMaster, and one TaskExecutor on this thread. */
import type { JobGraph } from '../graph/job-graph.ts';
import { ShuffleEnvironment } from '../shuffle/shuffle-environment.ts';
import { Deployer } from './deploy.ts';
import type { RuntimeEnvironment } from './environment.ts';
import { JobMaster, type JobResult } from './job-master.ts';
import { TaskExecutor } from './task-executor.ts';

/**
 * @param job names the run: result partitions and files carry it
 * @throws EngineError RUN-CANCELLED when the signal is raised, and whatever a task fails with
 */
export async function executeJob(
  graph: JobGraph,
  environment: RuntimeEnvironment,
  job: string,
  signal?: AbortSignal,
): Promise<JobResult> {
  const { memory, fileSystem, compiler, configuration } = environment;
  const directory = configuration.raw('io.tmp.dirs') ?? undefined;
  const shuffle = new ShuffleEnvironment(job, memory, fileSystem, compiler, directory);
  const master = new JobMaster(graph, environment, job);
  const executor = new TaskExecutor(0, environment, shuffle, new Deployer(graph, environment, shuffle), master);
  const cancel = (): void => master.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    master.start([executor]);
    if (signal?.aborted === true) cancel();
    const running = executor.run();
    try {
      return await Promise.race([master.result, running.then(() => master.result)]);
    } finally {
      executor.close();
      await running;
    }
  } finally {
    signal?.removeEventListener('abort', cancel);
    shuffle.close();
    master.close();
  }
}
