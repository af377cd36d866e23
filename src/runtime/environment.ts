/** What a job runs in: everything that it may touch is given to it here. */
import type { Clock, Timers } from '../base/clock.ts';
import type { Configuration } from '../base/config.ts';
import type { FileSystem } from '../base/fs.ts';
import type { Random } from '../base/random.ts';
import type { Batch } from '../columnar/batch.ts';
import type { AnyBatch, ConnectorFactory } from '../dataflow/connector.ts';
import type { ProgramRegistry } from '../dataflow/functions/stream-operator.ts';
import type { OperatorFactory } from '../dataflow/operator.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import type { KernelCompiler } from '../kernel/program.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { MemoryBudget } from '../memory/budget.ts';
import type { ThreadExchange } from '../shuffle/threads/thread-exchange.ts';
import type { DataType } from '../types/data-type.ts';
import type { Fuse } from './fuse.ts';
import type { JobMasterGateway, TaskExecutorGateway } from './task-executor-gateway.ts';
import type { WorkerSettings } from './worker/messages.ts';

/** Where subtasks of a job may run beside this thread. */
export interface Workers {
  /** As the option of the session; null: all. */
  readonly allowedPaths: readonly string[] | null;
  /** They find the functions of every program; else only of one that a file has. */
  readonly anyProgram: boolean;
  open(job: SpreadJob): RemoteExecutors;
}

/** A job that is spread over several executors. */
export interface SpreadJob {
  readonly graph: JobGraph;
  readonly environment: RuntimeEnvironment;
  readonly job: string;
  readonly master: JobMasterGateway;
  /** Workers that take part, beside the main thread. */
  readonly workers: number;
  readonly settings: WorkerSettings;
}

/** The executors of a job beside the one of this thread. */
export interface RemoteExecutors {
  /** This thread's end of everything that crosses between executors. */
  readonly exchange: ThreadExchange;
  /** One per worker: executors from number 1. */
  readonly executors: readonly TaskExecutorGateway[];
  /** No task runs any more. Settled when every worker has given back what it had of the job. */
  close(): Promise<void>;
  /** After the results of this thread are gone too: nobody uses what the dead have left. */
  release(): void;
}

export interface RuntimeEnvironment {
  readonly memory: LinearMemory;
  readonly budget: MemoryBudget;
  readonly compiler: KernelCompiler;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  /** Default: those of the system. */
  readonly timers?: Timers;
  /** For the jitter of restarts; default: seeded by the system. */
  readonly random?: Random;
  readonly configuration: Configuration;
  /** @throws EngineError for a kind that does not exist */
  readonly operator: (kind: string) => OperatorFactory;
  /** @throws EngineError for a connector that does not exist */
  readonly connector: (name: string) => ConnectorFactory<AnyBatch>;
  readonly collections: ReadonlyMap<string, unknown>;
  readonly deliver: (channel: string, batch: Batch, types: readonly DataType[]) => void;
  /** The same for JS values. */
  readonly deliverRecords?: (channel: string, values: readonly unknown[]) => void;
  /** Functions of the DataStream program that the job is, in whole or in part. */
  readonly program?: ProgramRegistry;
  /** Plain data, from which a worker finds the same functions; default: it cannot. */
  readonly programReference?: unknown;
  /** Warnings of operators; default: nobody reads them. */
  readonly log?: (message: string) => void;
  /**
   * After a failure the job is about to begin again from its beginning.
   *
   * @throws where results were delivered that would come again
   */
  readonly onReplay?: () => void;
  /** Threads that the job may use beside this one; default: none. */
  readonly workers?: Workers;
  /**
   * Where a job with a name of its own keeps what it needs to go on after the process has died. Default: none, and it
   * starts anew.
   */
  readonly jobDirectory?: string;
  /** Default: operators run as they are planned. */
  readonly fuse?: Fuse;
  /**
   * Called when every row handed over so far has been worked off and no source has another: the next turn may be
   * given.
   */
  readonly onDrained?: () => void;
  /** Asked before more is computed: a promise means that whoever reads the results is behind. */
  readonly throttle?: () => Promise<void> | null;
}
