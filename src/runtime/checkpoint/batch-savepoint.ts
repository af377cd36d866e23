/**
 * The savepoint that a job in BATCH leaves. There are no barriers: an attempt hands in its state when it has read its
 * input, and those attempts that count when the job has come to its end make up the savepoint.
 */
import type { Clock } from '../../base/clock.ts';
import { EngineError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/fs.ts';
import type { CheckpointBarrier } from '../../dataflow/checkpoint-barrier.ts';
import type { Execution, ExecutionGraph } from '../execution-graph.ts';
import type { TaskStateSnapshot } from '../task-executor-gateway.ts';
import { METADATA_FILE, readMetadata, writeMetadata } from './metadata.ts';
import { operatorCheckpoints } from './pending-checkpoint.ts';

/** It is the only one of its job. */
const CHECKPOINT_ID = 1;

export class BatchSavepoint {
  readonly #fileSystem: FileSystem;
  readonly #job: string;
  #begun = false;
  /** What tasks are given when they begin. */
  readonly barrier: CheckpointBarrier;

  constructor(fileSystem: FileSystem, clock: Clock, job: string, directory: string) {
    this.#fileSystem = fileSystem;
    this.#job = job;
    this.barrier = { id: CHECKPOINT_ID, timestamp: clock.now(), stop: 'exhaust', directory };
  }

  /** @throws EngineError RUN-CHECKPOINT if another job's savepoint is there */
  begin(): void {
    const { directory } = this.barrier;
    if (this.#fileSystem.stat(`${directory}/${METADATA_FILE}`) !== undefined) {
      const { job } = readMetadata(this.#fileSystem, directory);
      if (job !== this.#job) throw alreadyThere(directory);
    }
    this.#fileSystem.makeDirectory(directory);
    this.#begun = true;
  }

  /** All subtasks have finished. Makes the savepoint whole; may be done again. */
  complete(graph: ExecutionGraph): void {
    const { id: checkpointId, timestamp, directory } = this.barrier;
    const stateOf = (vertex: string, subtask: number): TaskStateSnapshot =>
      graph.subtasks(vertex)[subtask]!.current!.snapshot!;
    writeMetadata(this.#fileSystem, {
      ...{ job: this.#job, checkpointId, timestamp, directory, kind: 'savepoint' },
      operators: operatorCheckpoints(graph.graph, stateOf),
      committables: graph.vertices.map(({ current }) => current!.committables),
    });
  }

  /** What the attempt handed in no longer counts. */
  discard({ snapshot }: Execution): void {
    for (const path of new Set(snapshot?.sections.map((section) => section.path))) this.#fileSystem.remove(path);
  }

  /** Nothing will come of it. */
  abort(): void {
    if (this.#begun) this.#fileSystem.remove(this.barrier.directory);
  }
}

/** State that an earlier process has handed in can be used still. */
export function isThere(fileSystem: FileSystem, { sections }: TaskStateSnapshot): boolean {
  return sections.every(({ path }) => fileSystem.stat(path)?.kind === 'file');
}

function alreadyThere(directory: string): EngineError {
  return new EngineError('RUN-CHECKPOINT', `a savepoint is at '${directory}' already`, {
    hint: "SET 'weir.savepoint-at-end' to a new directory",
  });
}

/** A task has come to its end without its part of the savepoint. */
export function lacksState(reason: string): EngineError {
  return new EngineError('RUN-CHECKPOINT', `the state for the savepoint could not be written: ${reason}`);
}
