/**
 * What passes between the JobMaster, which decides, and the TaskExecutors, which run tasks on one thread each. Plain
 * data in both directions, so that an executor may live in another thread. Flink: TaskExecutorGateway,
 * JobMasterGateway.
 */
import type { JobVertex } from '../graph/job-graph.ts';
import type { ResultFile } from '../shuffle/shuffle-environment.ts';

/** One try to run one subtask. */
export interface ExecutionAttemptId {
  readonly vertex: string;
  readonly subtask: number;
  /** From 0, counted by the subtask. */
  readonly attempt: number;
}

export function printAttempt({ vertex, subtask, attempt }: ExecutionAttemptId): string {
  return `${vertex}/${subtask}#${attempt}`;
}

/** What a reader needs to find a result. */
export interface PartitionDescriptor {
  readonly edge: string;
  /** Who wrote it. */
  readonly producer: ExecutionAttemptId;
  /** Executor on which the producer runs: pipelined results of the same executor are read by a call. */
  readonly executor: number;
  /** Of whole blocking results: where the file is, and its index. */
  readonly file: ResultFile | null;
  /** Address of the ring through which the pipelined result of another executor comes. */
  readonly ring?: number | undefined;
}

/** Everything an executor needs to know to run a task, beside the job graph, which it got at the start. */
export interface TaskDeploymentDescriptor {
  readonly id: ExecutionAttemptId;
  readonly vertex: JobVertex;
  /** Executor that runs each subtask of the neighbours, by vertex and subtask: whether a channel crosses threads. */
  readonly placement: Readonly<Record<string, readonly number[]>>;
  /** What the task reads: by edge, one for each producer, whether it is whole or being written. */
  readonly inputs: readonly PartitionDescriptor[];
  /** State to begin with, or null. */
  readonly restore: TaskStateSnapshot | null;
}

/** The state that one subtask acknowledged for a checkpoint: by uid of the link, and name. Held by CheckpointStorage. */
export interface TaskStateSnapshot {
  readonly checkpointId: number;
  readonly handles: readonly StateHandle[];
}

/** Bytes of state in a file of the checkpoint. */
export interface StateHandle {
  /** uid of the operator, source or sink in the chain. */
  readonly uid: string;
  readonly name: string;
  /** Key group of keyed state; -1: state of the subtask as a whole. */
  readonly keyGroup: number;
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

export interface CheckpointBarrier {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** drain: MAX_WATERMARK goes first and inputs end; suspend: the job stops after it; none: it goes on. */
  readonly stop: 'none' | 'suspend' | 'drain';
}

/** Commands. None of them waits: answers come through JobMasterGateway. */
export interface TaskExecutorGateway {
  submitTask(descriptor: TaskDeploymentDescriptor): void;
  cancelTask(id: ExecutionAttemptId): void;
  /** Lets the sources among the tasks send the barrier; others take it from their inputs. */
  triggerCheckpoint(ids: readonly ExecutionAttemptId[], barrier: CheckpointBarrier): void;
  notifyCheckpointComplete(ids: readonly ExecutionAttemptId[], checkpointId: number): void;
  notifyCheckpointAborted(ids: readonly ExecutionAttemptId[], checkpointId: number): void;
  /** Removes results that nobody will read again. */
  releasePartitions(partitions: readonly PartitionDescriptor[]): void;
}

/** Events. */
export interface JobMasterGateway {
  /**
   * The task is closed.
   *
   * @param partitions its blocking results
   * @param committables by uid of the sink: what it made ready to be committed
   */
  taskFinished(
    id: ExecutionAttemptId,
    partitions: readonly PartitionDescriptor[],
    committables: Readonly<Record<string, readonly unknown[]>>,
    counters: Readonly<Record<string, number>>,
  ): void;
  /** The task is closed, or could not be made. */
  taskFailed(id: ExecutionAttemptId, error: unknown, counters: Readonly<Record<string, number>>): void;
  taskCancelled(id: ExecutionAttemptId, counters: Readonly<Record<string, number>>): void;
  /** @param committables by uid of the sink: what it made ready to be committed with this checkpoint */
  acknowledgeCheckpoint(
    id: ExecutionAttemptId,
    checkpointId: number,
    state: TaskStateSnapshot,
    committables: Readonly<Record<string, readonly unknown[]>>,
  ): void;
  declineCheckpoint(id: ExecutionAttemptId, checkpointId: number, reason: string): void;
  /** The executor itself is gone: all its tasks have failed. */
  executorLost(executor: number, error: unknown): void;
}
