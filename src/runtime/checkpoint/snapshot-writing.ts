/** The snapshots of an executor's tasks that are not on disk yet: written between the turns of the tasks. */
import { EngineError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/fs.ts';
import {
  type CheckpointAcknowledgement,
  type ExecutionAttemptId,
  type JobMasterGateway,
  printAttempt,
  type StateHandle,
} from '../task-executor-gateway.ts';
import { StateFileWriter, type TaskSnapshot } from './task-snapshot.ts';

interface Writing {
  readonly id: ExecutionAttemptId;
  readonly snapshot: TaskSnapshot;
  readonly file: StateFileWriter;
}

export class SnapshotWriting {
  readonly #fileSystem: FileSystem;
  readonly #master: JobMasterGateway;
  #queue: Writing[] = [];

  constructor(fileSystem: FileSystem, master: JobMasterGateway) {
    this.#fileSystem = fileSystem;
    this.#master = master;
  }

  /** There is something to write now. */
  get busy(): boolean {
    return this.#queue.length > 0 && this.waitsFor === null;
  }

  /** Settled when there is something to do again; null: nothing is waited for. */
  get waitsFor(): Promise<void> | null {
    return this.#queue[0]?.file.waitsFor ?? null;
  }

  add(id: ExecutionAttemptId, snapshot: TaskSnapshot): void {
    const name = `${printAttempt(id).replaceAll(/[^\w-]+/g, '_')}.state`;
    const path = `${snapshot.barrier.directory}/${name}`;
    const file = new StateFileWriter(this.#fileSystem, path, id.subtask, snapshot.state);
    this.#queue.push({ id, snapshot, file });
  }

  /** Writes one piece, and acknowledges what is whole. */
  step(): void {
    const writing = this.#queue[0];
    if (writing === undefined || !this.#write(writing)) return;
    this.#queue.shift();
  }

  /** Writes all that the task has given: it is about to end. */
  async flush(id: ExecutionAttemptId): Promise<void> {
    const own = this.#queue.filter((writing) => printAttempt(writing.id) === printAttempt(id));
    for (const writing of own) while (!this.#write(writing)) await writing.file.waitsFor;
    this.#queue = this.#queue.filter((writing) => !own.includes(writing));
  }

  /** Gives up what the task has given: it was cancelled, or has failed. */
  drop(id: ExecutionAttemptId): void {
    this.#queue = this.#queue.filter((writing) => {
      if (printAttempt(writing.id) !== printAttempt(id)) return true;
      this.#decline(writing, 'the task was cancelled');
      return false;
    });
  }

  /** Gives up what tasks have given for a checkpoint that will not become whole. */
  abortCheckpoint(checkpointId: number): void {
    this.#queue = this.#queue.filter((writing) => {
      if (writing.snapshot.barrier.id !== checkpointId) return true;
      this.#decline(writing, 'the checkpoint was given up');
      return false;
    });
  }

  /** Lets go of everything: the tasks are about to be closed, and nobody asks for their state. */
  close(): void {
    for (const { file } of this.#queue) file.abort();
    this.#queue = [];
  }

  /** @returns whether there is nothing left to write */
  #write(writing: Writing): boolean {
    let sections: readonly StateHandle[] | null;
    try {
      sections = writing.file.step();
    } catch (error) {
      this.#decline(writing, error instanceof EngineError ? error.message : String(error));
      return true;
    }
    if (sections === null) return false;
    this.#master.acknowledgeCheckpoint(writing.id, acknowledgement(writing.snapshot, sections));
    return true;
  }

  #decline({ id, snapshot, file }: Writing, reason: string): void {
    try {
      file.abort();
    } catch {
      // What is left in the way goes with the directory of the checkpoint.
    }
    this.#master.declineCheckpoint(id, snapshot.barrier.id, reason, snapshot.committables);
  }
}

function acknowledgement(
  { barrier, splits, state, committables }: TaskSnapshot,
  sections: readonly StateHandle[],
): CheckpointAcknowledgement {
  const checkpointId = barrier.id;
  return { checkpointId, state: { checkpointId, finished: false, splits, sections }, kept: state.kept, committables };
}
