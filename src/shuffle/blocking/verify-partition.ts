/** Looks whether a blocking result of an earlier process is on disk as it was written. */
import { EngineError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/fs.ts';
import type { KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import { PartitionFileReader } from './partition-file-reader.ts';
import { NO_INDEX, type PartitionIndex } from './partition-index.ts';

export interface WrittenResult {
  readonly path: string;
  readonly index: PartitionIndex;
  readonly bytes: number;
}

/** What files are read with. */
export interface FileAccess {
  readonly fileSystem: FileSystem;
  readonly memory: LinearMemory;
  readonly compiler: KernelCompiler;
}

/** Reads the file once. */
export function isWhole({ fileSystem, memory, compiler }: FileAccess, { path, index, bytes }: WrittenResult): boolean {
  if (index === NO_INDEX || fileSystem.stat(path)?.size !== bytes) return false;
  let reader: PartitionFileReader | null = null;
  try {
    reader = new PartitionFileReader(memory, fileSystem, path, index, compiler);
    for (const [subpartition, ranges] of index.ranges.entries()) {
      for (let i = 0; i < ranges.length; i++) reader.read(subpartition, i).release();
    }
    return true;
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  } finally {
    reader?.close();
  }
}
