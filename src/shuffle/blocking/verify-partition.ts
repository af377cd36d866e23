/** Looks whether a blocking result of an earlier process is on disk as it was written. */
import { checksum } from '../../base/checksum.ts';
import type { FileSystem } from '../../base/fs.ts';
import { NO_INDEX, type PartitionIndex } from './partition-index.ts';

export interface WrittenResult {
  readonly path: string;
  readonly index: PartitionIndex;
  readonly bytes: number;
}

/** Reads the file once. */
export function isWhole(fileSystem: FileSystem, { path, index, bytes }: WrittenResult): boolean {
  if (index === NO_INDEX || fileSystem.stat(path)?.size !== bytes) return false;
  const file = fileSystem.open(path, 'read');
  let buffer = new Uint8Array(0);
  try {
    for (const { offset, length, checksum: expected } of index.ranges.flat()) {
      if (buffer.length < length) buffer = new Uint8Array(length);
      const range = buffer.subarray(0, length);
      file.readFully(range, offset);
      if (checksum(range) !== expected) return false;
    }
    return true;
  } finally {
    file.close();
  }
}
