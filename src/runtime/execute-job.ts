/**
 * Runs a job graph from beginning to end: one JobMaster, and TaskExecutors on this thread and, where the job has
 * subtasks for them, on workers.
 */
import type { JobGraph } from '../graph/job-graph.ts';
import { MemoryBudget } from '../memory/budget.ts';
import { ShuffleEnvironment } from '../shuffle/shuffle-environment.ts';
import { Deployer } from './deploy.ts';
import type { RuntimeEnvironment } from './environment.ts';
import { JobMaster, type JobResult } from './job-master.ts';
import type { VertexMetrics } from './metrics.ts';
import { boundVertices, executorsFor, placeSubtasks } from './placement.ts';
import { TaskExecutor } from './task-executor.ts';

/** A job that runs. */
export interface JobExecution {
  /** Rejects with RUN-CANCELLED, or with what a task failed with. */
  readonly result: Promise<JobResult>;
  cancel(): void;
  /**
   * @param directory is made; the savepoint will be all that is in it
   * @param stop 'suspend': the job ends with the savepoint; 'drain': after its inputs were ended and the rest was
   * worked off
   * @returns the directory, when the savepoint is whole
   */
  triggerSavepoint(directory: string, stop: 'none' | 'suspend' | 'drain'): Promise<string>;
  /** What tasks that have ended have counted. */
  metrics(): readonly VertexMetrics[];
  /** Arrow files with the results of a vertex, as far as they are whole and on disk. */
  stageFiles(vertex: string): readonly string[];
}

/** @param job names the run: result partitions, checkpoints and files carry it */
export function submitJob(graph: JobGraph, environment: RuntimeEnvironment, job: string): JobExecution {
  const master = new JobMaster(graph, environment, job);
  return {
    result: run(graph, environment, job, master),
    cancel: () => master.cancel(),
    triggerSavepoint: (directory, stop) => master.triggerSavepoint(directory, stop),
    metrics: () => master.metrics(),
    stageFiles: (vertex) => master.stageFiles(vertex),
  };
}

/** The same, to be called off by a signal. */
export async function executeJob(
  graph: JobGraph,
  environment: RuntimeEnvironment,
  job: string,
  signal?: AbortSignal,
): Promise<JobResult> {
  const execution = submitJob(graph, environment, job);
  const cancel = (): void => execution.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted === true) cancel();
  try {
    return await execution.result;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

async function run(
  graph: JobGraph,
  environment: RuntimeEnvironment,
  job: string,
  master: JobMaster,
): Promise<JobResult> {
  const executors = usableExecutors(graph, environment);
  return executors === 1
    ? runHere(graph, environment, job, master)
    : runSpread(graph, environment, job, master, executors);
}

/** Rows that arrive in an order of the whole process, and functions that no file has, are on this thread only. */
function usableExecutors(graph: JobGraph, environment: RuntimeEnvironment): number {
  const { workers, onDrained, program, programReference, configuration } = environment;
  if (workers === undefined || onDrained !== undefined) return 1;
  if (program !== undefined && programReference === undefined && !workers.anyProgram) return 1;
  return executorsFor(graph, configuration.integer('taskmanager.numberOfTaskSlots'));
}

async function runHere(
  graph: JobGraph,
  environment: RuntimeEnvironment,
  job: string,
  master: JobMaster,
): Promise<JobResult> {
  const { memory, fileSystem, compiler, configuration } = environment;
  const directory = configuration.raw('io.tmp.dirs') ?? undefined;
  const lasting = resultDirectory(environment);
  const shuffle = new ShuffleEnvironment(job, memory, fileSystem, compiler, directory, null, lasting);
  const executor = new TaskExecutor(0, environment, shuffle, new Deployer(graph, environment, shuffle), master);
  try {
    master.start([executor]);
    return await follow(executor, master);
  } finally {
    shuffle.close();
    master.close();
  }
}

async function runSpread(
  graph: JobGraph,
  environment: RuntimeEnvironment,
  job: string,
  master: JobMaster,
  executors: number,
): Promise<JobResult> {
  const { memory, fileSystem, compiler, configuration, workers } = environment;
  const directory = configuration.raw('io.tmp.dirs') ?? undefined;
  const managedMemory = Math.floor(environment.budget.limit / executors);
  const lasting = resultDirectory(environment);
  const settings = {
    ...{ configuration: configuration.entries(), allowedPaths: workers!.allowedPaths, managedMemory },
    resultDirectory: lasting,
  };
  const remote = workers!.open({ graph, environment, job, master, workers: executors - 1, settings });
  const { exchange } = remote;
  const shuffle = new ShuffleEnvironment(job, memory, fileSystem, compiler, directory, exchange, lasting);
  const mine = { ...environment, budget: new MemoryBudget(managedMemory) };
  const executor = new TaskExecutor(0, mine, shuffle, new Deployer(graph, mine, shuffle), master, exchange);
  try {
    const bound = boundVertices(graph, environment.connector);
    master.start([executor, ...remote.executors], placeSubtasks(executors, bound));
    return await follow(executor, master);
  } finally {
    await remote.close();
    shuffle.close();
    // Before the heaps of threads that have died are given to others.
    master.close();
    remote.release();
  }
}

async function follow(executor: TaskExecutor, master: JobMaster): Promise<JobResult> {
  const running = executor.run().catch((error: unknown) => master.abandon(error));
  try {
    return await master.result;
  } finally {
    executor.close();
    await running;
  }
}

function resultDirectory({ jobDirectory }: RuntimeEnvironment): string | null {
  return jobDirectory === undefined ? null : `${jobDirectory}/results`;
}
