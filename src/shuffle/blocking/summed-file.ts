/** A file that is written in pieces, and says the checksum of the latest one. */
import { checksum } from '../../base/checksum.ts';
import type { File } from '../../base/fs.ts';

export class SummedFile implements File {
  readonly path: string;
  readonly #file: File;
  #sum = 0;

  constructor(file: File) {
    this.path = file.path;
    this.#file = file;
  }

  /** Of the last `writeAll`. */
  get checksum(): number {
    return this.#sum;
  }

  writeAll(parts: readonly Uint8Array[], position: number): number {
    this.#sum = parts.reduce((sum, part) => checksum(part, sum), 0);
    return this.#file.writeAll(parts, position);
  }

  size(): number {
    return this.#file.size();
  }

  read(into: Uint8Array, position: number): number {
    return this.#file.read(into, position);
  }

  readFully(into: Uint8Array, position: number): void {
    this.#file.readFully(into, position);
  }

  write(from: Uint8Array, position: number): void {
    this.#file.write(from, position);
  }

  sync(): void {
    this.#file.sync();
  }

  syncLater(): Promise<void> {
    return this.#file.syncLater();
  }

  close(): void {
    this.#file.close();
  }
}
