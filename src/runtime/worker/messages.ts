/** What the main thread and a worker tell each other. Rows never pass this way: they stay in linear memory. */
import type { JobGraph } from '../../graph/job-graph.ts';
import type { SharedLinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import type { JobMasterGateway, TaskDeploymentDescriptor, TaskExecutorGateway } from '../task-executor-gateway.ts';

/** What is sent of it: the vertex is in the graph. */
export type SentDescriptor = Omit<TaskDeploymentDescriptor, 'vertex'>;

/** A job that the worker takes part in from now on. */
export interface OpenJob {
  readonly kind: 'open';
  readonly job: string;
  readonly graph: JobGraph;
  /** Number of the worker among the executors of the job. */
  readonly executor: number;
  /** See ThreadExchange; behind those of the executors is the one for deliveries. */
  readonly mailboxes: number;
  readonly deliveryMailbox: number;
  /** Names the memory: jobs of one session have the same. */
  readonly context: number;
  readonly memory: SharedLinearMemory;
  readonly settings: WorkerSettings;
  /** From which the worker finds the functions of the program; null: the job has none. */
  readonly program: unknown;
}

/** The surroundings of the session, as far as they can be sent. */
export interface WorkerSettings {
  readonly configuration: readonly (readonly [string, string])[];
  /** As the option of the session; null: all. */
  readonly allowedPaths: readonly string[] | null;
  /** The worker's share, in bytes. */
  readonly managedMemory: number;
  /** For intermediate results that outlive the process; null: a temporary one. */
  readonly resultDirectory: string | null;
}

export type ToWorker =
  | OpenJob
  /**
   * Tasks that are submitted together, a list of SentDescriptor. As JSON: cloning many small lists of splits takes
   * several times as long.
   */
  | { readonly kind: 'submit'; readonly job: string; readonly descriptors: string }
  | {
      readonly kind: 'command';
      readonly job: string;
      readonly method: Exclude<keyof TaskExecutorGateway, 'submitTask'>;
      readonly args: readonly unknown[];
    }
  /** Everything of the job is given back; `closed` answers. */
  | { readonly kind: 'close'; readonly job: string };

export type FromWorker =
  | {
      readonly kind: 'event';
      readonly job: string;
      readonly method: keyof JobMasterGateway;
      readonly args: readonly unknown[];
    }
  /** From now on rows for this channel (ReaderContext.deliver) come through the ring. */
  | {
      readonly kind: 'delivery';
      readonly job: string;
      readonly channel: string;
      readonly types: readonly DataType[];
      readonly ring: number;
    }
  /** RuntimeEnvironment.log */
  | { readonly kind: 'log'; readonly job: string; readonly message: string }
  | { readonly kind: 'closed'; readonly job: string };
