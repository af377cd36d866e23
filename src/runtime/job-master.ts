/**
 * Decides: which subtasks run when and where, what happens after a failure, and when the output of the sinks becomes
 * visible. It only sends commands to TaskExecutors and listens to their events. Flink: JobMaster and its scheduler.
 *
 * Sinks are committed when the whole job has come to its end. After a failure nothing of them stays.
 */
import { EngineError } from '../base/errors.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import { Committers } from './committers.ts';
import type { RuntimeEnvironment } from './environment.ts';
import { type Committables, type Execution, ExecutionGraph, type ExecutionVertex } from './execution-graph.ts';
import { Counters, type VertexMetrics } from './metrics.ts';
import { type PipelinedRegion, pipelinedRegions } from './regions.ts';
import type {
  ExecutionAttemptId,
  JobMasterGateway,
  PartitionDescriptor,
  TaskExecutorGateway,
} from './task-executor-gateway.ts';

export interface JobResult {
  readonly job: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly vertices: readonly VertexMetrics[];
  /** Bytes that blocking results had on disk. */
  readonly shuffleBytes: number;
}

export class JobMaster implements JobMasterGateway {
  /** Settled when nothing of the job runs any more. Rejects with RUN-CANCELLED, or with what a task failed with. */
  readonly result: Promise<JobResult>;
  readonly #job: string;
  readonly #environment: RuntimeEnvironment;
  readonly #graph: ExecutionGraph;
  readonly #regions: readonly PipelinedRegion[];
  readonly #committers: Committers;
  readonly #counters = new Map<string, Counters>();
  readonly #started: number;
  #executors: readonly TaskExecutorGateway[] = [];
  #settle!: { readonly resolve: (result: JobResult) => void; readonly reject: (error: unknown) => void };
  #failure: { readonly error: unknown } | null = null;
  #shuffleBytes = 0;
  #ending = false;

  constructor(graph: JobGraph, environment: RuntimeEnvironment, job: string) {
    this.#job = job;
    this.#environment = environment;
    this.#graph = new ExecutionGraph(graph);
    this.#regions = pipelinedRegions(this.#graph);
    this.#committers = new Committers(graph, environment);
    this.#started = environment.clock.monotonic();
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** @param executors at least one; tasks are dealt out to them in turn */
  start(executors: readonly TaskExecutorGateway[]): void {
    this.#executors = executors;
    this.#schedule();
  }

  cancel(): void {
    this.#fail(new EngineError('RUN-CANCELLED', 'the job was cancelled'));
  }

  taskFinished(
    id: ExecutionAttemptId,
    partitions: readonly PartitionDescriptor[],
    committables: Committables,
    counters: Readonly<Record<string, number>>,
  ): void {
    this.#count(id, counters);
    const execution = this.#graph.execution(id);
    if (execution === null) return;
    execution.committables = committables;
    execution.partitions = partitions;
    for (const { file } of partitions) this.#shuffleBytes += file?.bytes ?? 0;
    execution.state = 'finished';
    this.#proceed();
  }

  taskFailed(id: ExecutionAttemptId, error: unknown, counters: Readonly<Record<string, number>>): void {
    this.#count(id, counters);
    const execution = this.#graph.execution(id);
    if (execution === null) return;
    execution.state = 'failed';
    this.#fail(error);
  }

  taskCancelled(id: ExecutionAttemptId, counters: Readonly<Record<string, number>>): void {
    this.#count(id, counters);
    const execution = this.#graph.execution(id);
    if (execution === null) return;
    execution.state = 'cancelled';
    this.#proceed();
  }

  acknowledgeCheckpoint(): void {}

  declineCheckpoint(): void {}

  executorLost(executor: number, error: unknown): void {
    for (const { current } of this.#graph.vertices) {
      if (current?.active === true && current.executor === executor) current.state = 'failed';
    }
    this.#fail(error);
  }

  /** The first failure is the one that counts; what still runs is cancelled. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { current } of this.#graph.vertices) {
      if (current?.state !== 'running') continue;
      current.state = 'cancelling';
      this.#executors[current.executor]!.cancelTask(current.id);
    }
    this.#proceed();
  }

  /** After every event: ends the job, or lets the next regions begin. */
  #proceed(): void {
    if (this.#ending) return;
    if (this.#failure !== null) {
      if (this.#graph.vertices.some(({ active }) => active)) return;
      this.#ending = true;
      this.#abort(this.#failure.error);
    } else if (this.#graph.vertices.every(({ finished }) => finished)) {
      this.#ending = true;
      void this.#finish();
    } else this.#schedule();
  }

  #schedule(): void {
    const waiting = this.#regions.filter(({ members }) => members.some(({ finished }) => !finished));
    const stage = Math.min(...waiting.map((region) => region.stage));
    const due = waiting.filter((region) => region.stage === stage || this.#allAtOnce);
    const members = due.flatMap((region) => region.members).filter(({ current }) => current === null);
    this.#deploy(members);
  }

  get #allAtOnce(): boolean {
    return this.#graph.graph.profile.scheduling === 'all-at-once';
  }

  #deploy(members: readonly ExecutionVertex[]): void {
    const begun = members.map((member) => member.begin(member.subtask % this.#executors.length));
    const placement = this.#placement();
    for (const [i, execution] of begun.entries()) {
      const member = members[i]!;
      execution.state = 'running';
      this.#executors[execution.executor]!.submitTask({
        id: execution.id,
        vertex: member.vertex,
        placement,
        inputs: this.#graph.inputsOf(member),
        restore: null,
      });
    }
  }

  #placement(): Record<string, readonly number[]> {
    return Object.fromEntries(
      this.#graph.graph.vertices.map(({ id }) => [
        id,
        this.#graph.subtasks(id).map(({ current }) => current?.executor ?? -1),
      ]),
    );
  }

  async #finish(): Promise<void> {
    try {
      await this.#committers.commit(this.#finishedExecutions().map(({ committables }) => committables));
    } catch (error) {
      this.#abort(error);
      return;
    }
    this.#settle.resolve({
      job: this.#job,
      duration: this.#environment.clock.monotonic() - this.#started,
      vertices: this.#metrics(),
      shuffleBytes: this.#shuffleBytes,
    });
  }

  #abort(error: unknown): void {
    try {
      this.#committers.abort(this.#finishedExecutions().map(({ committables }) => committables));
    } finally {
      this.#settle.reject(error);
    }
  }

  #finishedExecutions(): readonly Execution[] {
    return this.#graph.vertices.flatMap(({ current }) => (current?.state === 'finished' ? [current] : []));
  }

  #count({ vertex }: ExecutionAttemptId, counters: Readonly<Record<string, number>>): void {
    const sum = this.#counters.get(vertex) ?? new Counters();
    this.#counters.set(vertex, sum);
    for (const [name, amount] of Object.entries(counters)) sum.add(name, amount);
  }

  #metrics(): VertexMetrics[] {
    return this.#graph.graph.vertices.map(({ id, name }) => ({
      vertex: id,
      name,
      counters: this.#counters.get(id)?.toRecord() ?? {},
    }));
  }
}
