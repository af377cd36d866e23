/** State on its way from operators to a file: copied at once, so that the task can go on, and written afterwards. */
import { checksum } from '../../base/checksum.ts';
import type { File, FileSystem } from '../../base/fs.ts';
import type { CheckpointBarrier } from '../../dataflow/checkpoint-barrier.ts';
import type { Operator } from '../../dataflow/operator.ts';
import { isPaged, type PageWriter, type StateWriter } from '../../state/snapshot.ts';
import type { Committables, PageReference, StateHandle } from '../task-executor-gateway.ts';

interface Section extends PageReference {
  readonly keyGroup: number;
  readonly bytes: Uint8Array;
}

/** What a task gives at a barrier. */
export interface TaskSnapshot {
  readonly barrier: CheckpointBarrier;
  readonly splits: Readonly<Record<string, readonly unknown[]>>;
  readonly state: OperatorStates;
  readonly committables: Committables;
}

/** The states of the operators of one task. */
export class OperatorStates {
  readonly sections: Section[] = [];
  readonly kept: PageReference[] = [];

  /** @param base the checkpoint that the operator may refer to in pages; undefined: it writes everything */
  take(uid: string, operator: Operator, checkpoint: number, base: number | null | undefined): void {
    const writer: StateWriter = {
      write: (name, bytes) => this.#add(uid, name, -1, -1, bytes),
      writeKeyed: (name, keyGroup, bytes) => this.#add(uid, name, keyGroup, -1, bytes),
    };
    if (base === undefined || !isPaged(operator)) {
      operator.snapshotState(writer);
      return;
    }
    const pages: PageWriter = {
      ...writer,
      checkpoint,
      base,
      writePage: (name, page, keyGroup, bytes) => this.#add(uid, name, keyGroup, page, bytes),
      keepPage: (name, page) => {
        this.kept.push({ uid, name, page });
      },
    };
    operator.snapshotPages(pages);
  }

  #add(uid: string, name: string, keyGroup: number, page: number, bytes: Uint8Array): void {
    this.sections.push({ uid, name, keyGroup, page, bytes: bytes.slice() });
  }
}

/** Bytes that are written before the tasks get their turn again. */
const STEP_BYTES = 4 << 20;

/** Writes the sections of one task to one file, piece by piece. */
export class StateFileWriter {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #subtask: number;
  readonly #sections: readonly Section[];
  readonly #handles: StateHandle[] = [];
  #file: File | null = null;
  #offset = 0;

  /** @param path in a directory that exists; not made if there is nothing to write */
  constructor(fileSystem: FileSystem, path: string, subtask: number, sections: readonly Section[]) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#subtask = subtask;
    this.#sections = sections;
  }

  /** @returns where everything lies, when all is written and will last; null: there is more to do */
  step(): readonly StateHandle[] | null {
    const limit = this.#offset + STEP_BYTES;
    while (this.#handles.length < this.#sections.length) {
      if (this.#offset >= limit) return null;
      const { uid, name, keyGroup, page, bytes } = this.#sections[this.#handles.length]!;
      this.#file ??= this.#fileSystem.open(this.#path, 'write');
      this.#file.write(bytes, this.#offset);
      this.#handles.push({
        ...{ uid, name, subtask: this.#subtask, keyGroup, page, path: this.#path },
        ...{ offset: this.#offset, length: bytes.length, checksum: checksum(bytes) },
      });
      this.#offset += bytes.length;
    }
    this.#file?.sync();
    this.#file?.close();
    this.#file = null;
    return this.#handles;
  }

  /** Gives up, and removes what is there. */
  abort(): void {
    this.#file?.close();
    this.#file = null;
    if (this.#handles.length > 0) this.#fileSystem.remove(this.#path);
  }
}
