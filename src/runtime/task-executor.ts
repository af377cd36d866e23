/**
 * Runs tasks on this thread: makes them, gives each its turn, and tells the JobMaster how they end. Commands come from
 * outside between two turns at any time; they are carried out in order when a turn is over. Flink: TaskExecutor.
 */
import { assert } from '../base/assert.ts';
import { systemTimers, type Timers } from '../base/clock.ts';
import type { CheckpointBarrier } from '../dataflow/checkpoint-barrier.ts';
import type { ResultPartition } from '../shuffle/result-partition.ts';
import type { ShuffleEnvironment } from '../shuffle/shuffle-environment.ts';
import type { Mailbox } from '../shuffle/threads/mailbox.ts';
import { SnapshotWriting } from './checkpoint/snapshot-writing.ts';
import type { Deployer } from './deploy.ts';
import type { RuntimeEnvironment } from './environment.ts';
import type { Task } from './task.ts';
import {
  type ExecutionAttemptId,
  type JobMasterGateway,
  type PartitionDescriptor,
  printAttempt,
  type TaskDeploymentDescriptor,
  type TaskExecutorGateway,
} from './task-executor-gateway.ts';

/** Milliseconds after which the event loop gets its turn. */
const YIELD_AFTER = 15;
/** Milliseconds to wait when no source has anything yet. */
const POLL_INTERVAL = 2;
/** The same while a source or a sink has promised an answer. */
const LONG_POLL_INTERVAL = 10;

/** What comes from and goes to other threads. */
export interface ThreadTraffic {
  readonly mailbox: Mailbox;
  /**
   * Takes what has come in and hands on what has waited.
   *
   * @param idle this thread has nothing else to do
   */
  pump(now: number, idle: boolean): void;
}

interface RunningTask {
  readonly id: ExecutionAttemptId;
  readonly task: Task;
  readonly partitions: readonly ResultPartition[];
}

export class TaskExecutor implements TaskExecutorGateway {
  readonly #number: number;
  readonly #environment: RuntimeEnvironment;
  readonly #shuffle: ShuffleEnvironment;
  readonly #deployer: Deployer;
  readonly #master: JobMasterGateway;
  readonly #traffic: ThreadTraffic | null;
  readonly #timers: Timers;
  readonly #writing: SnapshotWriting;
  readonly #tasks = new Map<string, RunningTask>();
  /** Waiting for `#deploySubmitted`, which is among the commands. */
  readonly #submitted: TaskDeploymentDescriptor[] = [];
  #commands: (() => void | Promise<void>)[] = [];
  #wake: () => void = () => undefined;
  #closed = false;
  #yielded: number;

  /**
   * @param number of this executor among those of the job
   * @param traffic where there are others
   */
  constructor(
    number: number,
    environment: RuntimeEnvironment,
    shuffle: ShuffleEnvironment,
    deployer: Deployer,
    master: JobMasterGateway,
    traffic: ThreadTraffic | null = null,
  ) {
    this.#number = number;
    this.#environment = environment;
    this.#shuffle = shuffle;
    this.#deployer = deployer;
    this.#master = master;
    this.#traffic = traffic;
    this.#timers = environment.timers ?? systemTimers;
    this.#writing = new SnapshotWriting(environment.fileSystem, master);
    this.#yielded = environment.clock.monotonic();
  }

  /** Nothing is done at once: the JobMaster has other executors to send tasks to. */
  submitTask(descriptor: TaskDeploymentDescriptor): void {
    if (this.#submitted.length === 0) this.#command(() => this.#deploySubmitted());
    this.#submitted.push(descriptor);
  }

  cancelTask(id: ExecutionAttemptId): void {
    this.#command(() => this.#cancel(id));
  }

  triggerCheckpoint(ids: readonly ExecutionAttemptId[], barrier: CheckpointBarrier): void {
    this.#command(() => {
      for (const id of ids) this.#tasks.get(printAttempt(id))?.task.triggerCheckpoint(barrier);
    });
  }

  notifyCheckpointAborted(ids: readonly ExecutionAttemptId[], checkpointId: number): void {
    this.#command(() => {
      for (const id of ids) this.#tasks.get(printAttempt(id))?.task.abortCheckpoint(checkpointId);
      this.#writing.abortCheckpoint(checkpointId);
    });
  }

  releasePartitions(partitions: readonly PartitionDescriptor[]): void {
    this.#command(() => {
      try {
        this.#shuffle.releasePartitions(partitions);
      } catch {
        // What cannot be removed now goes with the directory of the job.
      }
    });
  }

  /** Works until the executor is closed. */
  async run(): Promise<void> {
    let worked = false;
    while (!this.#closed) {
      if (this.#environment.clock.monotonic() - this.#yielded >= YIELD_AFTER) await this.#yield();
      await this.#obey();
      if (this.#closed) break;
      const epoch = this.#traffic?.mailbox.epoch ?? 0;
      this.#traffic?.pump(this.#environment.clock.monotonic(), this.#tasks.size === 0);
      if (this.#tasks.size === 0) {
        await this.#wait(this.#fromOthers(epoch));
        continue;
      }
      this.#writing.step();
      const round = await this.#runRound();
      if (round.worked || this.#writing.busy) {
        worked = true;
        continue;
      }
      const { waitsFor } = this.#writing;
      const waiting = waitsFor === null ? round.waiting : [...round.waiting, waitsFor];
      const polling = waiting.length > 0 || [...this.#tasks.values()].some(({ task }) => task.hasOpenSource);
      if (this.#traffic !== null) {
        this.#traffic.pump(this.#environment.clock.monotonic(), true);
        // Operators may wait for the clock.
        await this.#sleep([...waiting, ...this.#fromOthers(epoch)]);
        continue;
      }
      assert(polling, 'the tasks of a job are locked up');
      if (waiting.length === 0) this.#environment.onDrained?.();
      if (!worked || this.#environment.onDrained === undefined || waiting.length > 0) {
        await this.#sleep(waiting);
      }
      worked = false;
    }
    this.#writing.close();
    for (const { task } of this.#tasks.values()) await task.close().catch(() => undefined);
    this.#tasks.clear();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #command(command: () => void | Promise<void>): void {
    this.#commands.push(command);
    this.#wake();
  }

  async #obey(): Promise<void> {
    for (let command = this.#commands.shift(); command !== undefined; command = this.#commands.shift()) {
      await command();
    }
  }

  /** All results are made first: tasks that are submitted together may read each other's in any order. */
  async #deploySubmitted(): Promise<void> {
    const made: [TaskDeploymentDescriptor, readonly ResultPartition[]][] = [];
    for (const descriptor of this.#submitted.splice(0)) {
      try {
        made.push([descriptor, this.#deployer.createResults(descriptor)]);
      } catch (error) {
        this.#master.taskFailed(descriptor.id, error, {});
      }
    }
    for (const [descriptor, partitions] of made) await this.#deploy(descriptor, partitions);
  }

  async #deploy(descriptor: TaskDeploymentDescriptor, partitions: readonly ResultPartition[]): Promise<void> {
    const { id } = descriptor;
    try {
      const task = await this.#deployer.deploy(descriptor, partitions);
      this.#tasks.set(printAttempt(id), { id, task, partitions });
    } catch (error) {
      this.#master.taskFailed(id, error, {});
    }
  }

  async #cancel(id: ExecutionAttemptId): Promise<void> {
    const running = this.#tasks.get(printAttempt(id));
    if (running === undefined) return;
    this.#tasks.delete(printAttempt(id));
    this.#writing.drop(id);
    await running.task.close().catch(() => undefined);
    this.#master.taskCancelled(id, running.task.counters.toRecord());
  }

  /** Gives every task one turn. */
  async #runRound(): Promise<{ worked: boolean; waiting: Promise<void>[] }> {
    const { clock, throttle } = this.#environment;
    let worked = false;
    const waiting: Promise<void>[] = [];
    for (const running of [...this.#tasks.values()]) {
      const slice = await this.#runSlice(running);
      if (typeof slice === 'object') waiting.push(slice.until);
      else if (slice) worked = true;
      if (clock.monotonic() - this.#yielded >= YIELD_AFTER) await this.#yield();
      const behind = throttle?.() ?? null;
      if (behind !== null) await this.#wait([behind]);
      if (this.#commands.length > 0 || this.#closed) return { worked: true, waiting };
    }
    return { worked, waiting };
  }

  /** @returns whether it got on, or what it waits for */
  async #runSlice(running: RunningTask): Promise<boolean | { readonly until: Promise<void> }> {
    const { id, task } = running;
    try {
      const slice = task.run();
      const snapshot = task.takeSnapshot();
      if (snapshot !== null) this.#writing.add(id, snapshot);
      if (slice instanceof Promise) return { until: slice };
      if (slice !== 'ended') return slice === 'worked';
      const committables = task.prepareCommit();
      await this.#writing.flush(id);
      this.#tasks.delete(printAttempt(id));
      await task.close();
      this.#master.taskFinished(id, this.#shuffle.describe(id, this.#number), committables, task.counters.toRecord());
    } catch (error) {
      this.#tasks.delete(printAttempt(id));
      this.#writing.drop(id);
      await task.close().catch(() => undefined);
      this.#master.taskFailed(id, error, task.counters.toRecord());
    }
    return true;
  }

  /** Lets the event loop run. */
  async #yield(): Promise<void> {
    await this.#timers.turn();
    this.#yielded = this.#environment.clock.monotonic();
  }

  /** Until one of the promises is settled, or it is time to ask the sources again. */
  async #sleep(promises: readonly Promise<void>[]): Promise<void> {
    let stop = (): void => undefined;
    const interval = promises.length > 0 ? LONG_POLL_INTERVAL : POLL_INTERVAL;
    const expired = new Promise<void>((resolve) => {
      stop = this.#timers.after(interval, resolve);
    });
    await this.#wait([...promises, expired]);
    stop();
  }

  /** Settled when another thread has left something for this one since `epoch`. */
  #fromOthers(epoch: number): Promise<void>[] {
    return this.#traffic === null ? [] : [this.#traffic.mailbox.woken(epoch)];
  }

  /** Until one of the promises is settled or a command comes. */
  async #wait(promises: readonly Promise<void>[]): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (this.#commands.length === 0 && !this.#closed) await Promise.race([...promises, woken]);
    this.#wake = () => undefined;
    this.#traffic?.mailbox.awake();
  }
}
