/** A whole blocking result that was written elsewhere: on another thread, or before the process was started again. */
import type { FileSystem } from '../../base/fs.ts';
import type { KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { BlockingSource } from './blocking-channel.ts';
import { PartitionFileReader } from './partition-file-reader.ts';
import type { PartitionIndex } from './partition-index.ts';

export class WholeResult implements BlockingSource {
  readonly #open: () => PartitionFileReader;
  readonly #index: PartitionIndex;
  #reader: PartitionFileReader | null = null;

  constructor(
    memory: LinearMemory,
    fileSystem: FileSystem,
    compiler: KernelCompiler,
    path: string,
    index: PartitionIndex,
  ) {
    this.#index = index;
    this.#open = () => new PartitionFileReader(memory, fileSystem, path, index, compiler);
  }

  get watermark(): number {
    return this.#index.watermark;
  }

  reader(): PartitionFileReader {
    this.#reader ??= this.#open();
    return this.#reader;
  }

  close(): void {
    this.#reader?.close();
    this.#reader = null;
  }
}
