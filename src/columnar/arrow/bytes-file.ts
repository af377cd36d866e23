/** A file that is a piece of memory: for IPC bytes that come from or go to a library. */
import { EngineError } from '../../base/errors.ts';
import type { File } from '../../base/fs.ts';

export class BytesFile implements File {
  readonly path: string;
  #bytes: Uint8Array;
  #size: number;

  constructor(bytes: Uint8Array = new Uint8Array(0), path = '<memory>') {
    this.path = path;
    this.#bytes = bytes;
    this.#size = bytes.length;
  }

  /** What was written, without a copy. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  size(): number {
    return this.#size;
  }

  read(into: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(into.length, this.#size - position));
    into.set(this.#bytes.subarray(position, position + count));
    return count;
  }

  readFully(into: Uint8Array, position: number): void {
    if (this.read(into, position) < into.length) {
      throw new EngineError('RUN-FILE-TRUNCATED', `file ${this.path} ends at byte ${this.#size}`, {
        location: this.path,
      });
    }
  }

  write(from: Uint8Array, position: number): void {
    const end = position + from.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(from, position);
    this.#size = Math.max(this.#size, end);
  }

  writeAll(parts: readonly Uint8Array[], position: number): number {
    let at = position;
    for (const part of parts) {
      this.write(part, at);
      at += part.length;
    }
    return at - position;
  }

  sync(): void {}

  async syncLater(): Promise<void> {}

  close(): void {}
}
