/**
 * Decides: which subtasks run when and where, what happens after a failure, and when the output of the sinks becomes
 * visible. It only sends commands to TaskExecutors and listens to their events. Flink: JobMaster and its scheduler.
 *
 * Sinks are committed with checkpoints, and when the whole job has come to its end. What was not committed when the job
 * fails is removed.
 */
import { systemTimers, type Timers } from '../base/clock.ts';
import { EngineError } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import { lostResult } from '../shuffle/blocking/result-lost.ts';
import type { StateAssignment } from './checkpoint/assign-state.ts';
import { BatchSavepoint, lacksState } from './checkpoint/batch-savepoint.ts';
import { type CheckpointConfig, checkpointConfig } from './checkpoint/checkpoint-config.ts';
import { CheckpointCoordinator } from './checkpoint/checkpoint-coordinator.ts';
import { CheckpointStorage } from './checkpoint/checkpoint-storage.ts';
import { Committers } from './committers.ts';
import type { RuntimeEnvironment } from './environment.ts';
import { type Execution, ExecutionGraph, type ExecutionVertex } from './execution-graph.ts';
import { regionsToRestart } from './failover.ts';
import { IntermediateResults } from './intermediate-results.ts';
import { type JobEvent, JobEventLog, logged } from './job-event-log.ts';
import { Meetings } from './meetings.ts';
import { Counters, type VertexMetrics } from './metrics.ts';
import { type Placement, placeSubtasks } from './placement.ts';
import { type PipelinedRegion, pipelinedRegions } from './regions.ts';
import { replay } from './replay.ts';
import { type RestartStrategy, restartStrategy } from './restart-strategy.ts';
import { RingLinks } from './ring-links.ts';
import { Speculation, type SpeculationConfig, speculationConfig } from './speculation.ts';
import { SplitEnumerator } from './split-enumerator.ts';
import { filesOfStage } from './stage-files.ts';
import type {
  CheckpointAcknowledgement,
  Committables,
  ExecutionAttemptId,
  JobMasterGateway,
  PartitionDescriptor,
  SplitAssignment,
  TaskExecutorGateway,
} from './task-executor-gateway.ts';

export interface JobResult {
  readonly job: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly vertices: readonly VertexMetrics[];
  /** Bytes that blocking results had on disk. */
  readonly shuffleBytes: number;
  /** How often tasks were started again after a failure. */
  readonly restarts: number;
  /** How often slow tasks were tried a second time. */
  readonly speculations: number;
}

/** Why tasks are being taken down, and what comes then. */
interface Takedown {
  readonly error: unknown;
  /** Milliseconds until the next try; null: the job ends; 'stop': it ends well, with a savepoint. */
  readonly next: number | null | 'stop';
  readonly members: readonly ExecutionVertex[];
}

export class JobMaster implements JobMasterGateway {
  /** Settled when nothing of the job runs any more. Rejects with RUN-CANCELLED, or with what a task failed with. */
  readonly result: Promise<JobResult>;
  readonly #job: string;
  readonly #environment: RuntimeEnvironment;
  readonly #graph: ExecutionGraph;
  readonly #regions: readonly PipelinedRegion[];
  readonly #results: IntermediateResults;
  readonly #committers: Committers;
  readonly #config: CheckpointConfig;
  /** Of jobs that recover from checkpoints. */
  readonly #checkpoints: CheckpointCoordinator | null;
  /** Of jobs in BATCH that leave one. */
  readonly #savepoint: BatchSavepoint | null;
  readonly #restarts: RestartStrategy | null;
  readonly #counters = new Map<string, Counters>();
  /** Of a BATCH job with a name of its own. */
  readonly #journal: JobEventLog | null;
  readonly #timers: Timers;
  readonly #speculation: Speculation | null;
  readonly #started: number;
  readonly #rings: RingLinks;
  readonly #splits: SplitEnumerator;
  readonly #meetings: Meetings;
  #executors: readonly TaskExecutorGateway[] = [];
  #place: Placement = () => 0;
  /** Executors that are gone. */
  readonly #lost = new Set<number>();
  #settle!: { readonly resolve: (result: JobResult) => void; readonly reject: (error: unknown) => void };
  #state: StateAssignment | null = null;
  #takedown: Takedown | null = null;
  #restarted = 0;
  #shuffleBytes = 0;
  /** Tasks are sent to executors: not before the beginning, while it waits to restart, and when it ends. */
  #deploying = false;
  #stopWaiting: () => void = () => undefined;
  /** The time before a restart is running. */
  #waiting = false;
  #ending = false;
  #abandoned = false;

  constructor(graph: JobGraph, environment: RuntimeEnvironment, job: string) {
    const { clock, configuration } = environment;
    this.#job = job;
    this.#environment = environment;
    this.#graph = new ExecutionGraph(graph);
    this.#regions = pipelinedRegions(this.#graph);
    const keepBytes = configuration.memory('cluster.intermediate.keep-bytes');
    this.#results = new IntermediateResults(this.#graph, environment.fileSystem, keepBytes);
    this.#committers = new Committers(graph, environment);
    this.#config = checkpointConfig(configuration);
    this.#timers = environment.timers ?? systemTimers;
    this.#checkpoints = graph.profile.recovery === 'restore-checkpoint' ? this.#coordinator() : null;
    const { fileSystem, jobDirectory } = environment;
    const { savepointAtEnd } = this.#config;
    const leaves = graph.profile.atEnd === 'savepoint' && savepointAtEnd !== null;
    this.#savepoint = leaves ? new BatchSavepoint(fileSystem, clock, job, savepointAtEnd) : null;
    const journalled = this.#checkpoints === null && jobDirectory !== undefined;
    this.#journal = journalled ? new JobEventLog(fileSystem, jobDirectory) : null;
    const speculation = this.#checkpoints === null ? speculationConfig(configuration) : null;
    this.#speculation = speculation === null ? null : this.#speculate(speculation);
    const checkpointing = this.#checkpoints !== null && this.#config.interval !== null;
    this.#restarts = restartStrategy(configuration, checkpointing, environment.random ?? systemRandom());
    this.#rings = new RingLinks(environment.memory);
    this.#splits = new SplitEnumerator(environment, graph.profile);
    this.#meetings = new Meetings(environment.memory);
    this.#started = clock.monotonic();
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** @param executors at least one */
  start(
    executors: readonly TaskExecutorGateway[],
    place: Placement = placeSubtasks(executors.length, new Set()),
  ): void {
    this.#executors = executors;
    this.#place = place;
    void this.#begin(async () => {
      this.#savepoint?.begin();
      this.#replay();
      return (await this.#checkpoints?.recoverFirst()) ?? null;
    });
  }

  /** No executor works any more. */
  close(): void {
    this.#speculation?.stop();
    this.#rings.close();
    this.#splits.close();
    this.#meetings.close();
  }

  /** Nothing can go on: the executor of this thread has failed as a whole. */
  abandon(error: unknown): void {
    this.#ending = true;
    this.#abandoned = true;
    this.#stopWaiting();
    this.#checkpoints?.stop();
    this.#settle.reject(error);
  }

  cancel(): void {
    this.#takeDown(this.#everything(new EngineError('RUN-CANCELLED', 'the job was cancelled'), null));
  }

  /** @returns the path of the savepoint; 'suspend' and 'drain' end the job */
  async triggerSavepoint(directory: string, stop: 'none' | 'suspend' | 'drain'): Promise<string> {
    if (this.#checkpoints !== null) return this.#checkpoints.triggerSavepoint(directory, stop);
    throw new EngineError('RUN-CHECKPOINT', 'a job in BATCH has no savepoints', {
      hint: "SET 'weir.savepoint-at-end' to have one at its end, or 'execution.runtime-mode' = 'streaming'",
    });
  }

  /** The results of a vertex that are whole; none: it has none, or they were removed. */
  stageFiles(vertex: string): readonly string[] {
    const { graph } = this.#graph;
    if (this.#ending || graph.vertices.every(({ id }) => id !== vertex)) return [];
    const whole = this.#graph.subtasks(vertex).filter((member) => this.#results.available(member));
    return filesOfStage(
      whole.flatMap(({ current }) => current!.partitions),
      graph,
    );
  }

  /** What tasks that have ended have counted, by vertex. */
  metrics(): VertexMetrics[] {
    return this.#graph.graph.vertices.map(({ id, name }) => ({
      vertex: id,
      name,
      counters: this.#counters.get(id)?.toRecord() ?? {},
    }));
  }

  taskFinished(
    id: ExecutionAttemptId,
    partitions: readonly PartitionDescriptor[],
    committables: Committables,
    counters: Readonly<Record<string, number>>,
  ): void {
    this.#count(id, counters);
    const execution = this.#graph.execution(id);
    if (execution === null) {
      this.#committers.abort([committables]);
      return;
    }
    execution.partitions = partitions;
    if (this.#savepoint !== null && execution.snapshot === null) {
      this.#committers.abort([committables]);
      this.taskFailed(id, lacksState(execution.declined), {});
      return;
    }
    execution.state = 'finished';
    this.#decide(execution);
    for (const { file } of partitions) this.#shuffleBytes += file?.bytes ?? 0;
    if (this.#checkpoints === null) execution.committables = committables;
    else this.#checkpoints.taskFinished(id, committables);
    this.#record({
      kind: 'finished',
      id,
      partitions: partitions.map(logged),
      committables,
      snapshot: execution.snapshot,
    });
    this.#release(this.#results.surplus());
    this.#proceed();
  }

  taskFailed(id: ExecutionAttemptId, error: unknown, counters: Readonly<Record<string, number>>): void {
    this.#count(id, counters);
    const execution = this.#graph.execution(id);
    if (execution === null) return;
    execution.state = 'failed';
    const member = this.#graph.vertexOf(id);
    const [rival] = member.attempts;
    // A slow task has failed that was tried a second time: that try goes on.
    if (rival !== undefined && this.#takedown === null) member.choose(rival);
    else this.#fail(error, [member]);
  }

  taskCancelled(id: ExecutionAttemptId, counters: Readonly<Record<string, number>>): void {
    this.#count(id, counters);
    const execution = this.#graph.execution(id);
    if (execution === null) return;
    execution.state = 'cancelled';
    this.#proceed();
  }

  acknowledgeCheckpoint(id: ExecutionAttemptId, acknowledgement: CheckpointAcknowledgement): void {
    const execution = this.#graph.execution(id);
    if (this.#checkpoints !== null) this.#checkpoints.acknowledge(execution, acknowledgement);
    else if (execution !== null) execution.snapshot = acknowledgement.state;
  }

  declineCheckpoint(id: ExecutionAttemptId, checkpointId: number, reason: string, committables: Committables): void {
    const execution = this.#graph.execution(id);
    if (this.#checkpoints !== null) this.#checkpoints.decline(execution, checkpointId, reason, committables);
    else if (execution !== null) execution.declined = reason;
  }

  executorLost(executor: number, error: unknown): void {
    this.#lost.add(executor);
    const lost = this.#graph.vertices.filter(({ attempts }) => attempts.some((one) => one.executor === executor));
    for (const { attempts } of lost) {
      for (const one of attempts) if (one.executor === executor) one.state = 'failed';
    }
    this.#fail(error, lost);
  }

  /** Deploys the job, or deploys it again, with the state that is found for it. */
  async #begin(recover: () => Promise<StateAssignment | null>): Promise<void> {
    try {
      this.#state = await recover();
      if (this.#ending || this.#takedown !== null) return;
      if (this.#checkpoints?.alreadySuspended === true) {
        this.#takeDown(this.#everything(null, 'stop'));
        return;
      }
      this.#deploying = true;
      this.#schedule();
      this.#checkpoints?.start();
      this.#endWithSavepoint();
      this.#speculation?.start();
    } catch (error) {
      this.#takeDown(this.#everything(error, null));
    }
  }

  /** The savepoint waits for the sources; what it fails with fails the job. */
  #endWithSavepoint(): void {
    const { savepointAtEnd } = this.#config;
    if (savepointAtEnd === null || this.#checkpoints === null) return;
    this.#checkpoints.triggerSavepoint(savepointAtEnd, 'exhaust').catch(() => undefined);
  }

  #everything(error: unknown, next: Takedown['next']): Takedown {
    return { error, next, members: this.#graph.vertices };
  }

  /** @param failed whose tasks the failure has ended; of a checkpoint: nobody's */
  #fail(error: unknown, failed: readonly ExecutionVertex[]): void {
    if (this.#takedown !== null && this.#takedown.members.length === this.#graph.vertices.length) {
      this.#proceed();
      return;
    }
    const path = lostResult(error);
    if (path !== null) this.#results.markLost(path);
    const next = this.#restarts?.onFailure(this.#environment.clock.monotonic()) ?? null;
    if (next === null || this.#checkpoints !== null) this.#takeDown(this.#everything(error, next));
    else this.#takeDown({ error, next, members: this.#membersToRestart(failed) });
  }

  #membersToRestart(failed: readonly ExecutionVertex[]): readonly ExecutionVertex[] {
    const before = this.#takedown?.members ?? [];
    const regions = regionsToRestart(
      this.#regions.filter(({ members }) =>
        members.some((member) => failed.includes(member) || before.includes(member)),
      ),
      this.#regions,
      ({ members }) => members.every((member) => !member.finished || this.#results.available(member)),
      ({ members }) => members.some(({ current }) => current !== null),
    );
    return [...regions].flatMap(({ members }) => members);
  }

  /** Cancels what runs of the members. */
  #takeDown(takedown: Takedown): void {
    if (this.#ending) return;
    // The end of the job counts more than another try; of two tries the later one.
    if (typeof takedown.next === 'number' && typeof this.#takedown?.next === 'number') {
      this.#takedown = { ...takedown, next: Math.max(takedown.next, this.#takedown.next) };
    } else if (this.#takedown === null || takedown.next === null) this.#takedown = takedown;
    if (takedown.members.length === this.#graph.vertices.length) this.#deploying = false;
    this.#stopWaiting();
    this.#waiting = false;
    this.#checkpoints?.stop();
    for (const { attempts } of this.#takedown!.members) {
      for (const execution of attempts) this.#cancel(execution);
    }
    this.#proceed();
  }

  /** After every event: ends the job, starts it again, or lets the next regions begin. */
  #proceed(): void {
    if (this.#ending) return;
    const takedown = this.#takedown;
    const done = this.#graph.vertices.every(({ finished }) => finished);
    if (takedown !== null && !takedown.members.some(({ active }) => active)) {
      if (typeof takedown.next !== 'number') {
        this.#ending = true;
        void (takedown.next === 'stop' ? this.#finish() : this.#abort(takedown.error));
        return;
      }
      // A checkpoint may have failed while the last tasks ended: then nothing is left to be done again.
      if (!done) this.#restartAfter(takedown.next, takedown.members);
    }
    if (done) {
      this.#ending = true;
      void this.#finish();
    } else if (this.#deploying) this.#schedule();
  }

  #restartAfter(delay: number, members: readonly ExecutionVertex[]): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#stopWaiting = this.#timers.after(delay, () => {
      this.#waiting = false;
      this.#takedown = null;
      this.#restarted++;
      void this.#begin(async () => {
        this.#discard(members);
        const state = (await this.#checkpoints?.recover()) ?? null;
        if (state === null) this.#environment.onReplay?.();
        return state;
      });
    });
  }

  #cancel(execution: Execution): void {
    if (execution.state !== 'running') return;
    execution.state = 'cancelling';
    this.#executors[execution.executor]!.cancelTask(execution.id);
  }

  /** The first attempt of a subtask to end is the one that counts. */
  #decide(winner: Execution): void {
    const member = this.#graph.vertexOf(winner.id);
    this.#speculation?.finished(member);
    for (const loser of member.choose(winner)) {
      this.#cancel(loser);
      this.#release(this.#graph.outputsOf(loser));
    }
  }

  #speculate(config: SpeculationConfig): Speculation {
    return new Speculation(config, {
      graph: this.#graph,
      clock: this.#environment.clock,
      timers: this.#timers,
      mayCompete: (member) => this.#takedown === null && !this.#ending && this.#repeatable(member),
      compete: (member) => {
        this.#submit(member, member.compete(this.#executorFor(member, member.attempts.length)));
      },
    });
  }

  /** Nothing of a second attempt is seen unless it counts, and it reads what the first one reads. */
  #repeatable(member: ExecutionVertex): boolean {
    const alone = this.#regions.some(({ members }) => members.length === 1 && members[0] === member);
    const claims = this.#executors.length > 1 ? (this.#splits.of(member)?.claims ?? null) : null;
    return alone && claims === null && this.#committers.lasting(member.vertex.chain);
  }

  /** What these made no longer counts. */
  #discard(members: readonly ExecutionVertex[]): void {
    for (const member of members) {
      const { current } = member;
      if (current === null) continue;
      if (current.state === 'finished') this.#record({ kind: 'reset', ...current.id });
      this.#release(this.#graph.outputsOf(current));
      this.#committers.abort([current.committables]);
      this.#savepoint?.discard(current);
      member.reset();
    }
  }

  /** What the journal does not know happens again after the process has died, or must not happen at all. */
  #record(event: JobEvent): void {
    try {
      this.#journal?.append(event);
    } catch (error) {
      if (event.kind !== 'finished') throw error;
    }
  }

  #replay(): void {
    if (this.#journal === null) return;
    const lasting = (vertex: string): boolean =>
      this.#committers.lasting(this.#graph.subtasks(vertex)[0]!.vertex.chain);
    replay(this.#journal, this.#graph, this.#regions, this.#environment, lasting);
  }

  #release(results: readonly PartitionDescriptor[]): void {
    for (const [number, executor] of this.#executors.entries()) {
      const its = results.filter((result) => result.executor === number);
      if (its.length > 0) executor.releasePartitions(its);
    }
  }

  #schedule(): void {
    if (this.#graph.vertices.every(({ finished }) => finished)) {
      this.#proceed();
      return;
    }
    const waiting = this.#regions.filter(({ members }) => members.some(({ finished }) => !finished));
    const stage = Math.min(...waiting.map((region) => region.stage));
    const due = waiting.filter((region) => region.stage === stage || this.#allAtOnce);
    this.#deploy(due.flatMap((region) => region.members).filter(({ current }) => current === null));
  }

  get #allAtOnce(): boolean {
    return this.#graph.graph.profile.scheduling === 'all-at-once';
  }

  #deploy(members: readonly ExecutionVertex[]): void {
    const begun = members.map((member) => member.begin(this.#executorFor(member, 0)));
    for (const [i, execution] of begun.entries()) this.#submit(members[i]!, execution);
  }

  /** Who is lost gets nothing more: the thread of the JobMaster does it. @param next counts on from the usual place */
  #executorFor({ vertex, subtask }: ExecutionVertex, next: number): number {
    const executor = this.#place(vertex, subtask + next);
    return this.#lost.has(executor) ? 0 : executor;
  }

  #submit(member: ExecutionVertex, execution: Execution): void {
    execution.state = 'running';
    let splits: SplitAssignment | null;
    try {
      splits = this.#executors.length > 1 ? this.#splits.of(member) : null;
    } catch (error) {
      // Not before the others have been submitted, which may be cancelled then.
      queueMicrotask(() => this.taskFailed(execution.id, error, {}));
      return;
    }
    this.#speculation?.began(member);
    this.#executors[execution.executor]!.submitTask({
      id: execution.id,
      vertex: member.vertex,
      inputs: this.#rings.inputsOf(this.#graph, member),
      outputs: this.#rings.outputsOf(this.#graph, member),
      meeting: this.#meetings.of(this.#graph, member),
      splits,
      restore: this.#state?.tasks.get(member.vertex.id)?.[member.subtask] ?? null,
      savepoint: this.#savepoint?.barrier ?? null,
    });
  }

  async #finish(): Promise<void> {
    try {
      await this.#commit();
    } catch (error) {
      const delay = this.#restarts?.onFailure(this.#environment.clock.monotonic()) ?? null;
      if (delay === null || this.#abandoned) await this.#abort(error);
      else this.#stopWaiting = this.#timers.after(delay, () => void this.#finish());
      return;
    }
    this.#settle.resolve({
      job: this.#job,
      duration: this.#environment.clock.monotonic() - this.#started,
      vertices: this.metrics(),
      shuffleBytes: this.#shuffleBytes,
      restarts: this.#restarted,
      speculations: this.#speculation?.count ?? 0,
    });
  }

  /** Makes everything visible. May be done again after a failure, also by another process. */
  async #commit(): Promise<void> {
    const { fileSystem, jobDirectory } = this.#environment;
    const named = jobDirectory !== undefined;
    const lasting = named && this.#graph.graph.vertices.every(({ chain }) => this.#committers.lasting(chain));
    if (this.#checkpoints !== null) {
      await this.#checkpoints.finish(lasting);
      this.#checkpoints.close(lasting);
    } else {
      this.#record({ kind: 'committing' });
      this.#savepoint?.complete(this.#graph);
      await this.#committers.commit(this.#finishedExecutions().map(({ committables }) => committables));
      this.#journal?.close();
    }
    // Of a job with lasting output it stays known that it was done: whoever runs it again does not do it twice.
    if (named) fileSystem.remove(lasting ? `${jobDirectory}/results` : jobDirectory);
  }

  async #abort(error: unknown): Promise<void> {
    const cancelled = error instanceof EngineError && error.code === 'RUN-CANCELLED';
    const { fileSystem, jobDirectory } = this.#environment;
    try {
      this.#journal?.close();
      if (this.#journal === null || cancelled) {
        this.#committers.abort(this.#finishedExecutions().map(({ committables }) => committables));
        this.#savepoint?.abort();
      }
      if (jobDirectory !== undefined && cancelled) fileSystem.remove(jobDirectory);
      await this.#checkpoints?.abort();
      const named = jobDirectory !== undefined;
      this.#checkpoints?.close(cancelled ? this.#config.retainOnCancellation : named || this.#config.retainOnFailure);
    } catch {
      // What cannot be removed stays; the failure that counts is the first.
    }
    this.#settle.reject(error);
  }

  #coordinator(): CheckpointCoordinator {
    const { fileSystem, clock, jobDirectory } = this.#environment;
    const directory = this.#config.directory ?? jobDirectory ?? null;
    return new CheckpointCoordinator({
      job: this.#job,
      graph: this.#graph,
      config: this.#config,
      storage: new CheckpointStorage(fileSystem, directory, this.#job),
      committers: this.#committers,
      fileSystem,
      clock,
      timers: this.#timers,
      executor: (number) => this.#executors[number]!,
      onFailure: (error) => this.#fail(error, []),
      onSuspended: () => this.#takeDown(this.#everything(null, 'stop')),
    });
  }

  #finishedExecutions(): readonly Execution[] {
    return this.#graph.vertices.flatMap(({ current }) => (current?.state === 'finished' ? [current] : []));
  }

  #count({ vertex }: ExecutionAttemptId, counters: Readonly<Record<string, number>>): void {
    const sum = this.#counters.get(vertex) ?? new Counters();
    this.#counters.set(vertex, sum);
    for (const [name, amount] of Object.entries(counters)) sum.add(name, amount);
  }
}
