/**
 * The only door to node:fs. Code above takes a FileSystem, so that tests can inject faults. Calls are synchronous:
 * reading straight into linear memory costs one copy by the kernel and no promise.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { EngineError } from './errors.ts';

/** `read`: must exist; `write`: made anew, also readable; `append`: made if missing, also readable. */
export type OpenMode = 'read' | 'write' | 'append';

/** An open file. Positions and lengths are in bytes. */
export interface File {
  readonly path: string;
  size(): number;
  /** Reads up to `into.length` bytes at `position`; returns how many, 0 at the end. */
  read(into: Uint8Array, position: number): number;
  /** Reads exactly `into.length` bytes. Throws EngineError RUN-FILE-TRUNCATED. */
  readFully(into: Uint8Array, position: number): void;
  /** Writes all of `from` at `position`. */
  write(from: Uint8Array, position: number): void;
  /** Writes all parts one after another, starting at `position`; returns the number of bytes. */
  writeAll(parts: readonly Uint8Array[], position: number): number;
  /** Forces what was written to the disk. */
  sync(): void;
  /** The same while the caller goes on; the file stays open until then. Rejects where `sync` throws. */
  syncLater(): Promise<void>;
  close(): void;
}

export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'other';
  /** In bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface FileSystem {
  /** Where the system keeps temporary files. */
  readonly temporaryDirectory: string;
  open(path: string, mode: OpenMode): File;
  readFile(path: string): Uint8Array;
  readText(path: string): string;
  /** Replaces or makes the file; its directory must exist. */
  writeFile(path: string, content: Uint8Array | string): void;
  /** Names in a directory, sorted. */
  list(path: string): readonly string[];
  /** undefined when nothing is there. */
  stat(path: string): FileStatus | undefined;
  /** Removes a file or a whole directory; nothing happens when it is not there. */
  remove(path: string): void;
  /** Moves in one step, replacing what is at `to`. */
  rename(from: string, to: string): void;
  /** Makes a directory and those above it. */
  makeDirectory(path: string): void;
  /**
   * Makes a new directory, in `parent` or where the system keeps temporary files, whose name begins with `prefix` and
   * the number of the process.
   */
  makeTemporaryDirectory(prefix: string, parent?: string): string;
}

/** Bytes as they come, from a pipe or a terminal. */
export interface ByteStream {
  /** Reads up to `into.length` bytes, at least one; resolves with how many, 0 at the end. One read at a time. */
  read(into: Uint8Array): Promise<number>;
}

/** Standard input of the process. */
export const standardInput: ByteStream = {
  read: (into) =>
    new Promise((resolve, reject) => {
      fs.read(0, into, 0, into.length, null, (cause, count) => {
        if (cause === null) resolve(count);
        // What a closed pipe and a terminal without data say.
        else if (cause.code === 'EOF') resolve(0);
        else if (cause.code === 'EAGAIN') setTimeout(() => standardInput.read(into).then(resolve, reject), 10);
        else reject(new EngineError('RUN-FILE-FAILED', `cannot read standard input: ${cause.message}`, { cause }));
      });
    }),
};

export const nodeFileSystem: FileSystem = {
  temporaryDirectory: os.tmpdir(),
  open: (file, mode) => new NodeFile(file, mode),
  readFile: (file) => attempt('read', file, () => fs.readFileSync(file)),
  readText: (file) => attempt('read', file, () => fs.readFileSync(file, 'utf8')),
  writeFile: (file, content) => attempt('write', file, () => fs.writeFileSync(file, content)),
  list: (directory) => attempt('list', directory, () => fs.readdirSync(directory).sort()),
  stat: (file) =>
    attempt('read', file, () => {
      const found = fs.statSync(file, { throwIfNoEntry: false });
      if (found === undefined) return undefined;
      const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
      return { kind, size: found.size, modified: found.mtimeMs };
    }),
  remove: (file) => attempt('remove', file, () => fs.rmSync(file, { recursive: true, force: true })),
  rename: (from, to) => attempt('rename', from, () => fs.renameSync(from, to)),
  makeDirectory: (directory) =>
    attempt('make', directory, () => {
      fs.mkdirSync(directory, { recursive: true });
    }),
  makeTemporaryDirectory: (prefix, parent = os.tmpdir()) =>
    attempt('make', path.join(parent, prefix), () => fs.mkdtempSync(path.join(parent, `${prefix}${process.pid}-`))),
};

class NodeFile implements File {
  readonly path: string;
  readonly #descriptor: number;

  constructor(file: string, mode: OpenMode) {
    this.path = file;
    const flags = mode === 'read' ? 'r' : mode === 'write' ? 'w+' : fs.constants.O_RDWR | fs.constants.O_CREAT;
    this.#descriptor = attempt('open', file, () => fs.openSync(file, flags));
  }

  size(): number {
    return attempt('read', this.path, () => fs.fstatSync(this.#descriptor).size);
  }

  read(into: Uint8Array, position: number): number {
    return attempt('read', this.path, () => fs.readSync(this.#descriptor, into, 0, into.length, position));
  }

  readFully(into: Uint8Array, position: number): void {
    let done = 0;
    while (done < into.length) {
      const count = this.read(into.subarray(done), position + done);
      if (count === 0) {
        throw new EngineError('RUN-FILE-TRUNCATED', `file ${this.path} ends at byte ${position + done}`, {
          location: this.path,
        });
      }
      done += count;
    }
  }

  write(from: Uint8Array, position: number): void {
    let done = 0;
    while (done < from.length) {
      done += attempt('write', this.path, () =>
        fs.writeSync(this.#descriptor, from, done, from.length - done, position + done),
      );
    }
  }

  writeAll(parts: readonly Uint8Array[], position: number): number {
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    const written = attempt('write', this.path, () => fs.writevSync(this.#descriptor, parts, position));
    let skipped = 0;
    let at = position;
    for (const part of parts) {
      const done = Math.min(Math.max(written - skipped, 0), part.length);
      if (done < part.length) this.write(part.subarray(done), at + done);
      skipped += part.length;
      at += part.length;
    }
    return total;
  }

  sync(): void {
    attempt('write', this.path, () => fs.fsyncSync(this.#descriptor));
  }

  syncLater(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fsync(this.#descriptor, (cause) => {
        if (cause === null) resolve();
        else reject(failure('write', this.path, cause));
      });
    });
  }

  close(): void {
    attempt('close', this.path, () => fs.closeSync(this.#descriptor));
  }
}

/** Runs a file operation; a failure becomes an EngineError that names the file. */
function attempt<T>(verb: string, file: string, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    throw failure(verb, file, cause);
  }
}

function failure(verb: string, file: string, cause: unknown): EngineError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') {
    return new EngineError('RUN-FILE-NOT-FOUND', `no such file or directory: ${file}`, { location: file, cause });
  }
  const reason = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : (code ?? String(cause));
  return new EngineError('RUN-FILE-FAILED', `cannot ${verb} ${file}: ${reason}`, { location: file, cause });
}

/**
 * A file system that refuses every path outside of `allowed` (directories or files), links resolved: what a session
 * with `allowedPaths` has. The temporary directories that it makes are allowed.
 *
 * @throws EngineError PATH-NOT-ALLOWED from each call with such a path
 */
export function restrictedFileSystem(inner: FileSystem, allowed: readonly string[]): FileSystem {
  const roots = allowed.map((root) => resolveLinks(root));
  const checked = (file: string): string => {
    const resolved = resolveLinks(file);
    const inside = roots.some(
      (root) => resolved === root || resolved.startsWith(root.endsWith(path.sep) ? root : root + path.sep),
    );
    if (inside) return file;
    throw new EngineError('PATH-NOT-ALLOWED', `path ${file} is not allowed`, {
      location: file,
      hint: allowed.length === 0 ? 'this session may not open files' : `allowed are ${allowed.join(', ')}`,
    });
  };
  return {
    temporaryDirectory: inner.temporaryDirectory,
    open: (file, mode) => inner.open(checked(file), mode),
    readFile: (file) => inner.readFile(checked(file)),
    readText: (file) => inner.readText(checked(file)),
    writeFile: (file, content) => inner.writeFile(checked(file), content),
    list: (directory) => inner.list(checked(directory)),
    stat: (file) => inner.stat(checked(file)),
    remove: (file) => inner.remove(checked(file)),
    rename: (from, to) => inner.rename(checked(from), checked(to)),
    makeDirectory: (directory) => inner.makeDirectory(checked(directory)),
    makeTemporaryDirectory: (prefix, parent) => {
      const made = inner.makeTemporaryDirectory(prefix, parent === undefined ? undefined : checked(parent));
      roots.push(resolveLinks(made));
      return made;
    },
  };
}

/** The absolute path without links; what does not exist yet is kept as it is, below the part that does. */
function resolveLinks(file: string): string {
  let existing = path.resolve(file);
  const missing: string[] = [];
  for (;;) {
    try {
      return path.join(fs.realpathSync(existing), ...missing);
    } catch {
      const parent = path.dirname(existing);
      if (parent === existing) return path.join(existing, ...missing);
      missing.unshift(path.basename(existing));
      existing = parent;
    }
  }
}
