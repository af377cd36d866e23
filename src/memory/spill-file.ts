/**
 * Linear memory on disk: an operator over its budget appends regions to a temporary file and reads them back later.
 * The file has no format; who writes it remembers the offsets.
 */
import type { File, FileSystem } from '../base/fs.ts';
import type { LinearMemory } from './arena.ts';

/** A file that is only read: one of another task. */
export interface SpillSource {
  /** Reads `byteLength` bytes at `offset` of the file into the region at `pointer`. */
  read(offset: number, pointer: number, byteLength: number): void;
}

export class SpillFile implements SpillSource {
  readonly path: string;
  readonly #memory: LinearMemory;
  readonly #fileSystem: FileSystem;
  readonly #file: File;
  #length = 0;
  #written = 0;
  #closed = false;

  /** Creates the file `path`, replacing what is there. */
  constructor(memory: LinearMemory, fileSystem: FileSystem, path: string) {
    this.path = path;
    this.#memory = memory;
    this.#fileSystem = fileSystem;
    this.#file = fileSystem.open(path, 'write');
  }

  /** Bytes from the beginning to the end. */
  get byteLength(): number {
    return this.#length;
  }

  /** Bytes written so far, in the same place too. */
  get bytesWritten(): number {
    return this.#written;
  }

  /** Appends the region and returns its offset in the file. */
  write(pointer: number, byteLength: number): number {
    const offset = this.#length;
    this.writeAt(offset, pointer, byteLength);
    return offset;
  }

  /** Writes the region to a place in the file, which may lie behind its end. */
  writeAt(offset: number, pointer: number, byteLength: number): void {
    this.#file.write(this.#memory.bytes(pointer, byteLength), offset);
    this.#length = Math.max(this.#length, offset + byteLength);
    this.#written += byteLength;
  }

  read(offset: number, pointer: number, byteLength: number): void {
    this.#file.readFully(this.#memory.bytes(pointer, byteLength), offset);
  }

  /** Deletes the file. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
    this.#fileSystem.remove(this.path);
  }
}

/** Where the spill files of one task go. Made on first use, deleted with everything in it on close. */
export class SpillDirectory {
  readonly #memory: LinearMemory;
  readonly #fileSystem: FileSystem;
  readonly #parent: string | undefined;
  readonly #files: SpillFile[] = [];
  /** Of other tasks, by path. */
  readonly #foreign = new Map<string, File>();
  #path: string | undefined;

  /** `parent`: an existing directory (`io.tmp.dirs`), or undefined for the system's. */
  constructor(memory: LinearMemory, fileSystem: FileSystem, parent?: string) {
    this.#memory = memory;
    this.#fileSystem = fileSystem;
    this.#parent = parent;
  }

  /** Bytes written so far, over all files. */
  get spilledBytes(): number {
    return this.#files.reduce((sum, file) => sum + file.bytesWritten, 0);
  }

  /** A new empty file; `name` only helps a person who looks into the directory. */
  create(name: string): SpillFile {
    this.#path ??= this.#fileSystem.makeTemporaryDirectory('weir-spill-', this.#parent);
    const path = `${this.#path}/${this.#files.length}-${name.replaceAll(/[^\w-]/g, '_')}`;
    const file = new SpillFile(this.#memory, this.#fileSystem, path);
    this.#files.push(file);
    return file;
  }

  /** A file of another task, which still has it. */
  open(path: string): SpillSource {
    const file = this.#foreign.get(path) ?? this.#fileSystem.open(path, 'read');
    this.#foreign.set(path, file);
    return {
      read: (offset, pointer, byteLength) => file.readFully(this.#memory.bytes(pointer, byteLength), offset),
    };
  }

  close(): void {
    for (const file of this.#files) file.close();
    for (const file of this.#foreign.values()) file.close();
    this.#foreign.clear();
    if (this.#path !== undefined) this.#fileSystem.remove(this.#path);
    this.#path = undefined;
  }
}
