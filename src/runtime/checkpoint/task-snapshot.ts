/**
 * State on its way from operators to a file: copied or noted at once, so that the task can go on, and written
 * afterwards.
 */
import { checksum } from '../../base/checksum.ts';
import type { File, FileSystem } from '../../base/fs.ts';
import type { CheckpointBarrier } from '../../dataflow/checkpoint-barrier.ts';
import type { Operator } from '../../dataflow/operator.ts';
import { isPaged, type PageWriter, type StateWriter, type UnwrittenPages } from '../../state/snapshot.ts';
import type { Committables, PageReference, StateHandle } from '../task-executor-gateway.ts';

interface Section extends PageReference {
  readonly keyGroup: number;
  readonly bytes: Uint8Array;
}

/** Of the buffers that sections are copied into. */
const BUFFER_BYTES = 256 << 10;

/** What a task gives at a barrier. */
export interface TaskSnapshot {
  readonly barrier: CheckpointBarrier;
  readonly splits: Readonly<Record<string, readonly unknown[]>>;
  readonly state: OperatorStates;
  readonly committables: Committables;
}

/** The states of the operators of one task. */
export class OperatorStates {
  /** Pages that stay as the last checkpoint has them; complete when there is no section left. */
  readonly kept: PageReference[] = [];
  /** Copied, and not in the file yet. */
  #sections: Section[] = [];
  #next = 0;
  /** What sections are copied into, one behind another. */
  #buffer = new Uint8Array(0);
  #used = 0;
  /** What operators have only noted. */
  #unwritten: UnwrittenPages[] = [];

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
      writeLater: (unwritten) => {
        this.#unwritten.push(unwritten);
      },
    };
    operator.snapshotPages(pages);
  }

  /**
   * The next section for the file; 'later' after a while of work without one.
   *
   * @returns null: there is none left
   */
  takeSection(): Section | 'later' | null {
    if (this.#next < this.#sections.length) return this.#sections[this.#next++]!;
    this.#sections = [];
    this.#next = 0;
    const [pages] = this.#unwritten;
    if (pages === undefined) return null;
    if (!pages.writeSome(PIECE_BYTES)) this.#unwritten.shift();
    return this.#sections.length > 0 ? this.takeSection() : 'later';
  }

  /** Nobody wants what is left. */
  drop(): void {
    for (const pages of this.#unwritten) pages.drop();
    this.#unwritten = [];
    this.#sections = [];
    this.#buffer = new Uint8Array(0);
  }

  #add(uid: string, name: string, keyGroup: number, page: number, bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#buffer.length) {
      this.#buffer = new Uint8Array(Math.max(BUFFER_BYTES, bytes.length));
      this.#used = 0;
    }
    const copy = this.#buffer.subarray(this.#used, this.#used + bytes.length);
    copy.set(bytes);
    this.#used += bytes.length;
    this.#sections.push({ uid, name, keyGroup, page, bytes: copy });
  }
}

/** Bytes that are copied and written before the tasks get their turn again. */
const PIECE_BYTES = 2 << 20;

/** Writes the sections of one task to one file, piece by piece. */
export class StateFileWriter {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #subtask: number;
  readonly #states: OperatorStates;
  readonly #handles: StateHandle[] = [];
  #file: File | null = null;
  #offset = 0;
  /** Everything is written, and on its way to the disk. */
  #syncing: { readonly settled: Promise<void>; done: boolean; error: unknown } | null = null;

  /** @param path in a directory that exists; not made if there is nothing to write */
  constructor(fileSystem: FileSystem, path: string, subtask: number, states: OperatorStates) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#subtask = subtask;
    this.#states = states;
  }

  /** Settled when the disk has what was written; null: there is something to write. */
  get waitsFor(): Promise<void> | null {
    return this.#syncing?.done === false ? this.#syncing.settled : null;
  }

  /** @returns where everything lies, when all is written and will last; null: there is more to do, or to wait for */
  step(): readonly StateHandle[] | null {
    if (this.#syncing === null && !this.#writePiece()) return null;
    if (this.#file === null) return this.#handles;
    this.#syncing ??= settling(this.#file.syncLater());
    if (!this.#syncing.done) return null;
    if (this.#syncing.error !== null) throw this.#syncing.error;
    this.#file.close();
    this.#file = null;
    return this.#handles;
  }

  /** Gives up, and removes what is there. */
  abort(): void {
    this.#states.drop();
    this.#file?.close();
    this.#file = null;
    if (this.#handles.length > 0) this.#fileSystem.remove(this.#path);
  }

  /** @returns whether that was all */
  #writePiece(): boolean {
    const start = this.#offset;
    const parts: Uint8Array[] = [];
    let section = this.#states.takeSection();
    while (section !== null && section !== 'later') {
      const { uid, name, keyGroup, page, bytes } = section;
      append(parts, bytes);
      this.#handles.push({
        ...{ uid, name, subtask: this.#subtask, keyGroup, page, path: this.#path },
        ...{ offset: this.#offset, length: bytes.length, checksum: checksum(bytes) },
      });
      this.#offset += bytes.length;
      section = this.#offset - start < PIECE_BYTES ? this.#states.takeSection() : 'later';
    }
    if (parts.length > 0) {
      this.#file ??= this.#fileSystem.open(this.#path, 'write');
      this.#file.writeAll(parts, start);
    }
    return section === null;
  }
}

function settling(promise: Promise<void>): { readonly settled: Promise<void>; done: boolean; error: unknown } {
  const state = {
    done: false,
    error: null as unknown,
    settled: promise.then(
      () => {
        state.done = true;
      },
      (error: unknown) => {
        state.done = true;
        state.error = error;
      },
    ),
  };
  return state;
}

/** Adds bytes to those that are written together: to the last ones where they follow them in memory. */
function append(parts: Uint8Array[], bytes: Uint8Array): void {
  const last = parts.at(-1);
  if (last?.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset) {
    parts[parts.length - 1] = new Uint8Array(bytes.buffer, last.byteOffset, last.length + bytes.length);
  } else parts.push(bytes);
}
