/**
 * Takes checkpoints and savepoints of a job whose tasks are all on line: sends barriers off, gathers what the tasks
 * hand in, makes a checkpoint whole, commits what sinks prepared for it, and knows what to go on from after a failure.
 *
 * What sinks prepare belongs to one checkpoint. If that one is given up, the next one takes it over; if the tasks that
 * prepared it are started again from an earlier checkpoint, it is thrown away.
 */
import type { Clock, Timers } from '../../base/clock.ts';
import { EngineError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/fs.ts';
import type { Committers } from '../committers.ts';
import type { Execution, ExecutionGraph } from '../execution-graph.ts';
import type {
  CheckpointAcknowledgement,
  Committables,
  ExecutionAttemptId,
  TaskExecutorGateway,
} from '../task-executor-gateway.ts';
import { assignState, refuseUnclaimed, type StateAssignment } from './assign-state.ts';
import type { CheckpointConfig } from './checkpoint-config.ts';
import type { CheckpointStorage } from './checkpoint-storage.ts';
import { type CompletedCheckpoint, METADATA_FILE, readMetadata, writeMetadata } from './metadata.ts';
import { PageIndex } from './page-index.ts';
import { PendingCheckpoint, type SavepointRequest } from './pending-checkpoint.ts';

export interface CoordinatorParts {
  readonly job: string;
  readonly graph: ExecutionGraph;
  readonly config: CheckpointConfig;
  readonly storage: CheckpointStorage;
  readonly committers: Committers;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly executor: (number: number) => TaskExecutorGateway;
  /** The tasks have to be started again. */
  readonly onFailure: (error: unknown) => void;
  /** A savepoint is whole, after which the job stops. */
  readonly onSuspended: () => void;
}

export class CheckpointCoordinator {
  readonly #parts: CoordinatorParts;
  /** Whole, retained, the oldest first. */
  readonly #completed: CompletedCheckpoint[] = [];
  /** What the job began with, if that is not its own. */
  #initial: CompletedCheckpoint | null = null;
  #pending: PendingCheckpoint | null = null;
  /** Made when pages of the last checkpoint are asked for. */
  #pages: PageIndex | null = null;
  /** Prepared, and of no checkpoint that is under way. */
  #uncommitted: Committables[] = [];
  #committing: Promise<void> = Promise.resolve();
  #nextId = 1;
  #failures = 0;
  #triggered = 0;
  #running = false;
  /** The job has stopped with a savepoint, from which another run of it goes on. */
  #suspended = false;
  #stopTimer: () => void = () => undefined;
  #stopTimeout: () => void = () => undefined;

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
  }

  /**
   * What the job begins with: the checkpoint or savepoint that the configuration names, or the last checkpoint of an
   * earlier run of the same job. What it left to commit is committed.
   */
  async recoverFirst(): Promise<StateAssignment | null> {
    const { config, storage, fileSystem, graph, committers } = this.#parts;
    const own = storage.latest();
    const first = own ?? (config.recoveryPath === null ? null : readMetadata(fileSystem, config.recoveryPath));
    if (first === null) return null;
    const assignment = assignState(first, graph.graph);
    if (own === null && !config.ignoreUnclaimed) refuseUnclaimed(first, assignment, graph.graph);
    if (own === null) this.#initial = first;
    else this.#completed.push(own);
    this.#suspended = own !== null && this.#isAtEnd(own);
    this.#nextId = first.checkpointId + 1;
    await committers.commit(first.committables);
    return assignment;
  }

  /** An earlier run of the job has ended with the savepoint that this one is to end with. */
  get alreadySuspended(): boolean {
    return this.#suspended;
  }

  /** What the job goes on with after a failure; no task of it runs. null: from the beginning. */
  async recover(): Promise<StateAssignment | null> {
    await this.#committing;
    const { committers, graph } = this.#parts;
    const lost = this.#uncommitted;
    this.#uncommitted = [];
    const latest = this.#completed.at(-1) ?? this.#initial;
    if (latest !== null) await committers.commit(latest.committables);
    committers.abort(lost);
    return latest === null ? null : assignState(latest, graph.graph);
  }

  /** All tasks have been sent to their executors. */
  start(): void {
    this.#running = true;
    this.#triggered = this.#parts.clock.monotonic();
    this.#schedule();
  }

  /** The tasks are about to go: what is under way is given up. */
  stop(): void {
    this.#running = false;
    this.#stopTimer();
    const pending = this.#take();
    if (pending === null) return;
    this.#uncommitted.push(...pending.committables, ...pending.afterwards);
    this.#remove(pending);
    pending.savepoint?.reject(new EngineError('RUN-CHECKPOINT', 'the job stopped before the savepoint was whole'));
  }

  /** @returns the path of the savepoint, once it is whole */
  async triggerSavepoint(directory: string, stop: SavepointRequest['stop']): Promise<string> {
    await this.#committing;
    return new Promise((resolve, reject) => {
      if (!this.#running) throw new EngineError('RUN-CHECKPOINT', 'the job is not running');
      // A savepoint comes before the checkpoint that is under way.
      if (this.#pending !== null) this.#giveUp('a savepoint was asked for', false);
      this.#begin({ stop, resolve, reject }, directory);
    });
  }

  acknowledge(
    execution: Execution | null,
    { checkpointId, state, kept, committables }: CheckpointAcknowledgement,
  ): void {
    const pending = this.#pending;
    if (execution === null) this.#parts.committers.abort([committables]);
    else if (pending?.id !== checkpointId) this.#uncommitted.push(committables);
    else {
      const { vertex, subtask } = execution.id;
      const pages = kept.length === 0 ? [] : this.#lastPages().find(kept, subtask);
      pending.acknowledge(vertex, subtask, { ...state, sections: [...state.sections, ...pages] });
      pending.committables.push(committables);
      this.#completeIfWhole();
    }
  }

  decline(execution: Execution | null, checkpointId: number, reason: string, committables: Committables): void {
    if (execution === null) {
      this.#parts.committers.abort([committables]);
      return;
    }
    this.#uncommitted.push(committables);
    if (this.#pending?.id === checkpointId) this.#giveUp(reason, true);
  }

  /** What a task prepared at its end belongs to the checkpoint under way, unless the task has handed in its state. */
  taskFinished({ vertex, subtask }: ExecutionAttemptId, committables: Committables): void {
    const pending = this.#pending;
    if (pending === null || pending.has(vertex, subtask)) {
      (pending?.afterwards ?? this.#uncommitted).push(committables);
      return;
    }
    pending.committables.push(committables);
    pending.markFinished(vertex, subtask);
    this.#completeIfWhole();
  }

  /**
   * The job has come to its end: everything becomes visible. With checkpoints, the last one says that there is nothing
   * left but to commit, so that a process that dies in between does it when it is started again.
   *
   * @param remembered the last checkpoint will stay, and tell that the job was done
   */
  async finish(remembered: boolean): Promise<void> {
    this.#running = false;
    this.#stopTimer();
    await this.#committing;
    const { config, storage, committers, graph, clock, job, fileSystem } = this.#parts;
    const left = this.#uncommitted.filter((committables) =>
      Object.values(committables).some(({ length }) => length > 0),
    );
    if (!this.#suspended && (remembered || (left.length > 0 && config.interval !== null))) {
      const id = this.#nextId++;
      const last = new PendingCheckpoint(graph, id, clock.now(), storage.begin(id), null);
      last.committables.push(...left);
      const checkpoint = last.complete(job);
      writeMetadata(fileSystem, checkpoint);
      if (remembered) storage.prune([checkpoint]);
    }
    await committers.commit(left);
    this.#uncommitted = [];
  }

  /** What was prepared and will never be committed. */
  async abort(): Promise<void> {
    this.stop();
    await this.#committing.catch(() => undefined);
    this.#parts.committers.abort(this.#uncommitted);
    this.#uncommitted = [];
  }

  /** Checkpoints go with the job, unless they are to outlive it. */
  close(keep: boolean): void {
    const { storage, config, fileSystem } = this.#parts;
    storage.close(keep);
    if (!keep && config.claim && this.#initial !== null) fileSystem.remove(this.#initial.directory);
  }

  #schedule(): void {
    const { config, clock, timers } = this.#parts;
    this.#stopTimer();
    if (config.interval === null || !this.#running) return;
    const now = clock.monotonic();
    const delay = Math.max(this.#triggered + config.interval - now, config.minPause, 0);
    this.#stopTimer = timers.after(delay, () => {
      if (this.#running && this.#pending === null) this.#begin(null, null);
    });
  }

  #begin(savepoint: SavepointRequest | null, directory: string | null): void {
    const { config, clock, timers, graph, storage, fileSystem } = this.#parts;
    const id = this.#nextId++;
    const timestamp = clock.now();
    this.#triggered = clock.monotonic();
    try {
      const target = directory ?? storage.begin(id);
      fileSystem.makeDirectory(target);
      this.#pending = new PendingCheckpoint(graph, id, timestamp, target, savepoint);
    } catch (error) {
      savepoint?.reject(error);
      if (savepoint === null) this.#failed(error);
      return;
    }
    const { directory: target } = this.#pending;
    // How long a source reads is not known.
    if (savepoint?.stop !== 'exhaust') {
      this.#stopTimeout = timers.after(config.timeout, () => this.#giveUp('it took too long', true));
    }
    const base =
      savepoint !== null || !config.incremental ? {} : { base: this.#completed.at(-1)?.checkpointId ?? null };
    const stop = savepoint?.stop ?? 'none';
    const barrier = { id, timestamp, stop, directory: target, ...base };
    for (const [executor, ids] of this.#byExecutor(stop === 'drain')) executor.triggerCheckpoint(ids, barrier);
    this.#completeIfWhole();
  }

  /** @param all not only those that rows come from */
  #byExecutor(all: boolean): ReadonlyMap<TaskExecutorGateway, readonly ExecutionAttemptId[]> {
    const groups = new Map<TaskExecutorGateway, ExecutionAttemptId[]>();
    for (const { current, vertex } of this.#parts.graph.vertices) {
      const head = vertex.chain[0]!;
      const isHead = head.kind === 'source' || (head.kind === 'operator' && head.spec.inputs.length === 0);
      if (current?.state !== 'running' || !(all || isHead)) continue;
      const executor = this.#parts.executor(current.executor);
      groups.set(executor, [...(groups.get(executor) ?? []), current.id]);
    }
    return groups;
  }

  #completeIfWhole(): void {
    const pending = this.#pending;
    if (pending?.whole !== true) return;
    const { savepoint, afterwards } = pending;
    pending.committables.unshift(...this.#uncommitted);
    this.#uncommitted = [];
    const checkpoint = pending.complete(this.#parts.job);
    const stops = savepoint?.stop === 'suspend' || savepoint?.stop === 'exhaust';
    try {
      writeMetadata(this.#parts.fileSystem, checkpoint);
      // What is committed now must not come again if the job is run again under its name.
      if (stops) this.#remember(checkpoint);
    } catch (error) {
      this.#giveUp(error instanceof Error ? error.message : String(error), true);
      return;
    }
    this.#suspended = stops;
    this.#take();
    const commits = savepoint === null || savepoint.stop !== 'none';
    this.#uncommitted = commits ? [...afterwards] : [...checkpoint.committables, ...afterwards];
    if (savepoint === null) {
      this.#completed.push(checkpoint);
      if (this.#completed.length > this.#parts.config.retained) this.#completed.shift();
    }
    this.#committing = this.#commit(checkpoint, commits, savepoint);
  }

  /** The savepoint, as a checkpoint of the job: its files stay where they are. */
  #remember(savepoint: CompletedCheckpoint): void {
    const { storage, fileSystem } = this.#parts;
    const own = { ...savepoint, directory: storage.begin(savepoint.checkpointId) };
    writeMetadata(fileSystem, own);
    this.#completed.push(own);
  }

  #isAtEnd({ job, checkpointId, kind }: CompletedCheckpoint): boolean {
    const { config, fileSystem } = this.#parts;
    const path = config.savepointAtEnd;
    if (kind !== 'savepoint' || path === null || !fileSystem.stat(`${path}/${METADATA_FILE}`)) return false;
    const there = readMetadata(fileSystem, path);
    return there.job === job && there.checkpointId === checkpointId;
  }

  async #commit(checkpoint: CompletedCheckpoint, commits: boolean, savepoint: SavepointRequest | null): Promise<void> {
    const { committers, storage, onFailure, onSuspended } = this.#parts;
    try {
      if (commits) await committers.commit(checkpoint.committables);
      if (savepoint === null) storage.prune(this.#completed);
    } catch (error) {
      savepoint?.reject(error);
      onFailure(error);
      return;
    }
    this.#failures = 0;
    savepoint?.resolve(checkpoint.directory);
    if (this.#suspended) onSuspended();
    else this.#schedule();
  }

  /** @param counts towards the failures that are tolerated */
  #giveUp(reason: string, counts: boolean): void {
    const pending = this.#take();
    if (pending === null) return;
    this.#uncommitted.push(...pending.committables, ...pending.afterwards);
    for (const [executor, ids] of this.#byExecutor(true)) executor.notifyCheckpointAborted(ids, pending.id);
    this.#remove(pending);
    const error = new EngineError('RUN-CHECKPOINT', `checkpoint ${pending.id} was given up: ${reason}`);
    if (pending.savepoint !== null) {
      pending.savepoint.reject(error);
      // Sources that were told to stop do not go on by themselves.
      if (pending.savepoint.stop !== 'none') this.#parts.onFailure(error);
    } else if (counts) {
      this.#failed(error);
      return;
    }
    this.#schedule();
  }

  #failed(error: unknown): void {
    this.#failures++;
    if (this.#failures > this.#parts.config.tolerableFailures) this.#parts.onFailure(error);
    else this.#schedule();
  }

  #take(): PendingCheckpoint | null {
    const pending = this.#pending;
    this.#pending = null;
    this.#stopTimeout();
    return pending;
  }

  /** Files of what did not become whole; tasks may still be writing, so the rest goes later. */
  #remove({ directory, savepoint }: PendingCheckpoint): void {
    try {
      if (savepoint !== null) this.#parts.fileSystem.remove(directory);
      else this.#parts.storage.prune(this.#completed);
    } catch {
      // Without its metadata it is no checkpoint: what is left is only in the way.
    }
  }

  /** Those of the last checkpoint. */
  #lastPages(): PageIndex {
    const last = this.#completed.at(-1)!;
    if (this.#pages?.checkpoint !== last) this.#pages = new PageIndex(last);
    return this.#pages;
  }
}
