/**
 * A disk in memory that can be full, fail, and lose what was not synced when the process dies. Renames and removals last
 * at once; what was written to a file lasts when it is synced: at a crash the rest is torn off somewhere.
 */
import { posix } from 'node:path';
import { EngineError } from '../../src/base/errors.ts';
import type { File, FileStatus, FileSystem, OpenMode } from '../../src/base/fs.ts';
import type { Random } from '../../src/base/random.ts';

class Content {
  bytes = new Uint8Array(256);
  length = 0;
  /** The part that a crash leaves. */
  synced = 0;

  write(from: Uint8Array, position: number): void {
    const end = position + from.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(from, position);
    this.length = Math.max(this.length, end);
    this.synced = Math.min(this.synced, position);
  }
}

export type DiskOperation = 'open' | 'read' | 'write' | 'sync' | 'rename' | 'remove' | 'make';

export class SimulatedDisk implements FileSystem {
  readonly temporaryDirectory = '/tmp';
  readonly #files = new Map<string, Content>();
  readonly #directories = new Set<string>(['/', '/tmp']);
  #made = 0;
  /** Called before each operation; may throw. */
  onOperation: (operation: DiskOperation, path: string) => void = () => undefined;

  /** The process dies: what was not synced is cut off at random. */
  crash(random: Random): void {
    for (const content of this.#files.values()) {
      if (content.synced < content.length) {
        content.length = content.synced + random.below(content.length - content.synced + 1);
        content.synced = content.length;
      }
    }
    this.onOperation = () => undefined;
  }

  /** Flips a bit. */
  damage(path: string, random: Random): void {
    const content = this.#files.get(normal(path))!;
    content.bytes[random.below(content.length)]! ^= 1 << random.below(8);
  }

  /** Paths of all files below the directory, sorted. */
  files(directory = '/'): readonly string[] {
    const prefix = directory === '/' ? '/' : `${normal(directory)}/`;
    return [...this.#files.keys()].filter((path) => path.startsWith(prefix)).sort();
  }

  open(path: string, mode: OpenMode): File {
    this.#before('open', path);
    const name = normal(path);
    let content = this.#files.get(name);
    if (content === undefined) {
      if (mode === 'read' || !this.#directories.has(posix.dirname(name))) throw notFound(path);
      content = new Content();
      this.#files.set(name, content);
    } else if (mode === 'write') {
      content.length = 0;
      content.synced = 0;
    }
    return new SimulatedFile(path, content, (operation) => this.#before(operation, path));
  }

  readFile(path: string): Uint8Array {
    this.#before('read', path);
    const content = this.#files.get(normal(path));
    if (content === undefined) throw notFound(path);
    return content.bytes.slice(0, content.length);
  }

  readText(path: string): string {
    return new TextDecoder().decode(this.readFile(path));
  }

  writeFile(path: string, text: Uint8Array | string): void {
    const file = this.open(path, 'write');
    file.write(typeof text === 'string' ? new TextEncoder().encode(text) : text, 0);
    file.close();
  }

  list(path: string): readonly string[] {
    const prefix = `${normal(path) === '/' ? '' : normal(path)}/`;
    const names = [...this.#files.keys(), ...this.#directories]
      .filter((name) => name.startsWith(prefix) && name.length > prefix.length)
      .map((name) => name.slice(prefix.length).split('/')[0]!);
    if (names.length === 0 && !this.#directories.has(normal(path))) throw notFound(path);
    return [...new Set(names)].sort();
  }

  stat(path: string): FileStatus | undefined {
    const content = this.#files.get(normal(path));
    if (content !== undefined) return { kind: 'file', size: content.length, modified: 0 };
    return this.#directories.has(normal(path)) ? { kind: 'directory', size: 0, modified: 0 } : undefined;
  }

  remove(path: string): void {
    this.#before('remove', path);
    const name = normal(path);
    const below = (other: string): boolean => other === name || other.startsWith(`${name}/`);
    for (const file of [...this.#files.keys()]) if (below(file)) this.#files.delete(file);
    for (const directory of [...this.#directories]) if (below(directory)) this.#directories.delete(directory);
  }

  rename(from: string, to: string): void {
    this.#before('rename', from);
    const content = this.#files.get(normal(from));
    if (content === undefined) throw notFound(from);
    this.#files.delete(normal(from));
    this.#files.set(normal(to), content);
  }

  makeDirectory(path: string): void {
    this.#before('make', path);
    for (let at = normal(path); at !== '/'; at = posix.dirname(at)) this.#directories.add(at);
  }

  makeTemporaryDirectory(prefix: string, parent = '/tmp'): string {
    const path = `${parent}/${prefix}${this.#made++}`;
    this.makeDirectory(path);
    return path;
  }

  #before(operation: DiskOperation, path: string): void {
    this.onOperation(operation, path);
  }
}

class SimulatedFile implements File {
  readonly path: string;
  readonly #content: Content;
  readonly #before: (operation: DiskOperation) => void;

  constructor(path: string, content: Content, before: (operation: DiskOperation) => void) {
    this.path = path;
    this.#content = content;
    this.#before = before;
  }

  size(): number {
    return this.#content.length;
  }

  read(into: Uint8Array, position: number): number {
    this.#before('read');
    const { bytes, length } = this.#content;
    const count = Math.max(0, Math.min(into.length, length - position));
    into.set(bytes.subarray(position, position + count));
    return count;
  }

  readFully(into: Uint8Array, position: number): void {
    if (this.read(into, position) === into.length) return;
    throw new EngineError('RUN-FILE-TRUNCATED', `file ${this.path} ends at byte ${this.#content.length}`);
  }

  write(from: Uint8Array, position: number): void {
    this.#before('write');
    this.#content.write(from, position);
  }

  writeAll(parts: readonly Uint8Array[], position: number): number {
    let at = position;
    for (const part of parts) {
      this.write(part, at);
      at += part.length;
    }
    return at - position;
  }

  sync(): void {
    this.#before('sync');
    this.#content.synced = this.#content.length;
  }

  async syncLater(): Promise<void> {
    this.sync();
  }

  close(): void {}
}

function normal(path: string): string {
  return posix.resolve('/', path);
}

function notFound(path: string): EngineError {
  return new EngineError('RUN-FILE-NOT-FOUND', `no such file or directory: ${path}`, { location: path });
}
