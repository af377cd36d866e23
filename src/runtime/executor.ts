/**
 * Runs a job graph: deploys its tasks as the scheduler says and gives each its turn on this thread until all have
 * ended, one has failed or the caller has had enough.
 *
 * A sink's output becomes visible when the whole job has come to its end. After a failure everything is released and
 * no sink finishes.
 */

import { assert } from '../base/assert.ts';
import { EngineError } from '../base/errors.ts';
import type { JobGraph, JobVertex } from '../graph/job-graph.ts';
import { ShuffleEnvironment } from '../shuffle/shuffle-environment.ts';
import { Deployer, type VertexResults } from './deploy.ts';
import type { RuntimeEnvironment } from './environment.ts';
import { Counters, type VertexMetrics } from './metrics.ts';
import { allAtOnce } from './scheduler/all-at-once.ts';
import type { Scheduler, SchedulerFactory } from './scheduler/scheduler.ts';
import { stageByStage } from './scheduler/stage-by-stage.ts';
import type { Task } from './task.ts';

export interface JobResult {
  readonly job: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly vertices: readonly VertexMetrics[];
  /** Bytes that blocking results had on disk. */
  readonly shuffleBytes: number;
}

/** Milliseconds after which the event loop gets its turn. */
const YIELD_AFTER = 15;
/** Milliseconds to wait when no source has anything yet. */
const POLL_INTERVAL = 2;
/** The same while a source or a sink has promised an answer. */
const LONG_POLL_INTERVAL = 10;

const SCHEDULERS: Readonly<Record<JobGraph['profile']['scheduling'], SchedulerFactory>> = {
  'all-at-once': allAtOnce,
  'stage-by-stage': stageByStage,
};

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
  const execution = new JobExecution(graph, environment, job, signal);
  return execution.run();
}

class JobExecution {
  readonly #graph: JobGraph;
  readonly #environment: RuntimeEnvironment;
  readonly #job: string;
  readonly #signal: AbortSignal | undefined;
  readonly #shuffle: ShuffleEnvironment;
  readonly #deployer: Deployer;
  readonly #scheduler: Scheduler;
  readonly #tasks: { readonly task: Task; readonly vertex: JobVertex }[] = [];
  #yielded: number;

  constructor(graph: JobGraph, environment: RuntimeEnvironment, job: string, signal: AbortSignal | undefined) {
    const { memory, fileSystem, compiler, configuration, clock } = environment;
    const directory = configuration.raw('io.tmp.dirs') ?? undefined;
    this.#graph = graph;
    this.#environment = environment;
    this.#job = job;
    this.#signal = signal;
    this.#shuffle = new ShuffleEnvironment(job, memory, fileSystem, compiler, directory);
    this.#deployer = new Deployer(graph, environment, this.#shuffle);
    this.#scheduler = SCHEDULERS[graph.profile.scheduling](graph);
    this.#yielded = clock.monotonic();
  }

  async run(): Promise<JobResult> {
    const { clock } = this.#environment;
    const start = clock.monotonic();
    try {
      this.#checkCancelled();
      const results = new Map(this.#graph.vertices.map((vertex) => [vertex, this.#deployer.createResults(vertex)]));
      for (let stage = this.#scheduler.next(); stage.length > 0; stage = this.#scheduler.next()) {
        await this.#runStage(stage, results);
      }
      for (const { task } of this.#tasks) task.prepareCommit();
      for (const { task } of this.#tasks) await task.commit();
      const shuffleBytes = this.#shuffle.bytesOnDisk;
      await this.#closeTasks();
      return { job: this.#job, duration: clock.monotonic() - start, vertices: this.#metrics(), shuffleBytes };
    } catch (error) {
      await this.#closeTasks().catch(() => undefined);
      throw error;
    } finally {
      this.#shuffle.close();
    }
  }

  async #runStage(vertices: readonly JobVertex[], results: ReadonlyMap<JobVertex, VertexResults>): Promise<void> {
    const running: Task[] = [];
    for (const vertex of vertices) {
      for (let subtask = 0; subtask < vertex.parallelism; subtask++) {
        const task = await this.#deployer.deploy(vertex, subtask, results.get(vertex)!);
        this.#tasks.push({ task, vertex });
        running.push(task);
      }
    }
    let worked = false;
    while (running.some((task) => !task.ended)) {
      const round = await this.#runRound(running);
      if (round.worked) {
        worked = true;
        continue;
      }
      assert(
        round.waiting.length > 0 || running.some((task) => task.hasOpenSource),
        'the tasks of a job are locked up',
      );
      if (round.waiting.length === 0) this.#environment.onDrained?.();
      if (!worked || this.#environment.onDrained === undefined || round.waiting.length > 0) {
        await this.#sleep(round.waiting);
      }
      worked = false;
    }
    await this.#closeStage(running);
  }

  /** Gives every task one turn. */
  async #runRound(tasks: readonly Task[]): Promise<{ worked: boolean; waiting: Promise<void>[] }> {
    const { clock, throttle } = this.#environment;
    let worked = false;
    const waiting: Promise<void>[] = [];
    for (const task of tasks) {
      if (task.ended) continue;
      const slice = task.run();
      if (slice instanceof Promise) waiting.push(slice);
      else if (slice === 'worked' || slice === 'ended') worked = true;
      if (clock.monotonic() - this.#yielded >= YIELD_AFTER) await this.#yield();
      const behind = throttle?.() ?? null;
      if (behind !== null) await this.#wait([behind]);
      this.#checkCancelled();
    }
    return { worked, waiting };
  }

  /** Lets the event loop run. */
  async #yield(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#yielded = this.#environment.clock.monotonic();
  }

  /** Until one of the promises is settled, or it is time to ask the sources again. */
  async #sleep(promises: readonly Promise<void>[]): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const interval = promises.length > 0 ? LONG_POLL_INTERVAL : POLL_INTERVAL;
    const expired = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, interval);
    });
    await this.#wait([...promises, expired]);
    clearTimeout(timer);
    this.#checkCancelled();
  }

  /** Until one of the promises is settled or the job is cancelled. */
  async #wait(promises: readonly Promise<void>[]): Promise<void> {
    let stop = (): void => {};
    const cancelled = new Promise<void>((resolve) => {
      stop = resolve;
    });
    this.#signal?.addEventListener('abort', stop, { once: true });
    if (this.#signal?.aborted !== true) await Promise.race([...promises, cancelled]);
    this.#signal?.removeEventListener('abort', stop);
    this.#yielded = this.#environment.clock.monotonic();
  }

  #checkCancelled(): void {
    if (this.#signal?.aborted === true) throw new EngineError('RUN-CANCELLED', 'the job was cancelled');
  }

  /** Tasks without a sink have nothing to make visible: their memory is free for the next stage. */
  async #closeStage(tasks: readonly Task[]): Promise<void> {
    for (const task of tasks) if (!task.hasSink) await task.close();
  }

  /** Closes all, whatever one of them says; then throws what the first one said. */
  async #closeTasks(): Promise<void> {
    const failures: unknown[] = [];
    for (const { task } of this.#tasks) await task.close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  #metrics(): VertexMetrics[] {
    return this.#graph.vertices.map((vertex) => {
      const sum = new Counters();
      for (const { task, vertex: of } of this.#tasks) {
        if (of !== vertex) continue;
        for (const [name, amount] of Object.entries(task.counters.toRecord())) sum.add(name, amount);
      }
      return { vertex: vertex.id, name: vertex.name, counters: sum.toRecord() };
    });
  }
}
