/**
 * What passes between the JobMaster, which decides, and the TaskExecutors, which run tasks on one thread each. Plain
 * data in both directions, so that an executor may live in another thread. Flink: TaskExecutorGateway,
 * JobMasterGateway.
 */
import type { CheckpointBarrier } from '../dataflow/checkpoint-barrier.ts';
import type { JobVertex } from '../graph/job-graph.ts';
import type { RemoteSubpartition, ResultFile } from '../shuffle/shuffle-environment.ts';

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

export interface SplitAssignment {
  readonly splits: readonly unknown[];
  /** Address of a SplitClaims: these are the splits of all subtasks, who claim them as they go; null: of this one. */
  readonly claims: number | null;
}

export interface MeetingDescriptor {
  /** By uid of the operator: the address of the place. */
  readonly places: Readonly<Record<string, number>>;
  /** On which the subtasks run. */
  readonly executors: readonly number[];
}

/** Everything an executor needs to know to run a task, beside the job graph, which it got at the start. */
export interface TaskDeploymentDescriptor {
  readonly id: ExecutionAttemptId;
  readonly vertex: JobVertex;
  /** What the task reads: by edge, one for each producer, whether it is whole or being written. */
  readonly inputs: readonly PartitionDescriptor[];
  /** The parts of its results that are read on other executors. */
  readonly outputs: readonly RemoteSubpartition[];
  /** Where its operators meet those of the other subtasks; null: they do not. */
  readonly meeting: MeetingDescriptor | null;
  /** What its source is to read, where the JobMaster deals out splits; null: the subtask finds out by itself. */
  readonly splits: SplitAssignment | null;
  /** State to begin with, or null. */
  readonly restore: TaskStateSnapshot | null;
  /** Of a job in BATCH: the savepoint for which the task hands in its state when it has read its input; null: none. */
  readonly savepoint: CheckpointBarrier | null;
}

/** The state of one subtask at a checkpoint. */
export interface TaskStateSnapshot {
  readonly checkpointId: number;
  /** Its inputs had ended and everything was handed on: it needs not run again. */
  readonly finished: boolean;
  /** By uid of the source: what is left to read. */
  readonly splits: Readonly<Record<string, readonly unknown[]>>;
  readonly sections: readonly StateHandle[];
}

/** Bytes of state in a file of the checkpoint. */
export interface StateHandle {
  /** Of the operator in the chain. */
  readonly uid: string;
  readonly name: string;
  /** Subtask that wrote it. */
  readonly subtask: number;
  /** Key group of keyed state; -1: state of the subtask as a whole. */
  readonly keyGroup: number;
  /** Number of the page (state/snapshot.ts); -1: it was not taken in pages. */
  readonly page: number;
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  /** base/checksum.ts */
  readonly checksum: number;
}

/** Names a page of an operator. */
export interface PageReference {
  readonly uid: string;
  readonly name: string;
  readonly page: number;
}

/** What a task hands in for a checkpoint. */
export interface CheckpointAcknowledgement {
  readonly checkpointId: number;
  readonly state: TaskStateSnapshot;
  /** Pages that are as the base of the barrier has them. */
  readonly kept: readonly PageReference[];
  /** By uid of the sink: what it made ready to be committed with this checkpoint. */
  readonly committables: Committables;
}

/** What sinks prepared, by uid of the sink. */
export type Committables = Readonly<Record<string, readonly unknown[]>>;

/** Commands. None of them waits: answers come through JobMasterGateway. */
export interface TaskExecutorGateway {
  submitTask(descriptor: TaskDeploymentDescriptor): void;
  cancelTask(id: ExecutionAttemptId): void;
  /** Lets the sources among the tasks send the barrier; others take it from their inputs, or note that they drain. */
  triggerCheckpoint(ids: readonly ExecutionAttemptId[], barrier: CheckpointBarrier): void;
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
    committables: Committables,
    counters: Readonly<Record<string, number>>,
  ): void;
  /** The task is closed, or could not be made. */
  taskFailed(id: ExecutionAttemptId, error: unknown, counters: Readonly<Record<string, number>>): void;
  taskCancelled(id: ExecutionAttemptId, counters: Readonly<Record<string, number>>): void;
  acknowledgeCheckpoint(id: ExecutionAttemptId, acknowledgement: CheckpointAcknowledgement): void;
  /** @param committables were prepared all the same, and belong to the next checkpoint */
  declineCheckpoint(id: ExecutionAttemptId, checkpointId: number, reason: string, committables: Committables): void;
  /** The executor itself is gone: all its tasks have failed. */
  executorLost(executor: number, error: unknown): void;
}
