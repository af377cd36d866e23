/**
 * Where the batches of each subpartition lie in the file of a blocking result, with their checksums. It is kept in the
 * file itself, as metadata of the Arrow footer, which other readers of Arrow pass over: whoever has the file needs
 * nothing else, even if the process that wrote it has died.
 */
import { checksum } from '../../base/checksum.ts';
import { EngineError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/fs.ts';
import { type IpcRange, readIpcMetadata } from '../../columnar/arrow/ipc-file.ts';

export interface PartitionIndex {
  /** By subpartition: where its batches lie, in order. */
  readonly ranges: readonly (readonly IpcRange[])[];
  /** No row is anything but +I: readers need not look at the kinds in the file. */
  readonly insertOnly: boolean;
  /** The last one that the producer emitted, or MIN_WATERMARK. */
  readonly watermark: number;
}

/** Of a file that is of no use: without any subpartition. */
export const NO_INDEX: PartitionIndex = { ranges: [], insertOnly: false, watermark: 0 };

const KEY = 'weir.partition-index';

/** The metadata of a footer. */
export function encodeIndex({ ranges, insertOnly, watermark }: PartitionIndex): ReadonlyMap<string, string> {
  const numbers = ranges.map((batches) => batches.flatMap((range) => [range.offset, range.length, range.checksum]));
  const text = JSON.stringify([insertOnly, watermark, numbers]);
  return new Map([[KEY, `${sumOf(text)} ${text}`]]);
}

/** @returns NO_INDEX if the file is not there, not whole, or its index is not what was written */
export function readPartitionIndex(fileSystem: FileSystem, path: string): PartitionIndex {
  if (fileSystem.stat(path)?.kind !== 'file') return NO_INDEX;
  const file = fileSystem.open(path, 'read');
  try {
    return decode(readIpcMetadata(file).get(KEY) ?? '');
  } catch (error) {
    if (error instanceof EngineError) return NO_INDEX;
    throw error;
  } finally {
    file.close();
  }
}

function decode(value: string): PartitionIndex {
  const [sum = '', text = ''] = value.split(' ');
  if (sumOf(text) !== sum) return NO_INDEX;
  const [insertOnly, watermark, numbers] = JSON.parse(text) as [boolean, number, number[][]];
  const ranges = numbers.map((batches) => {
    return Array.from({ length: batches.length / 3 }, (_, i): IpcRange => {
      return { offset: batches[i * 3]!, length: batches[i * 3 + 1]!, checksum: batches[i * 3 + 2]! };
    });
  });
  return { ranges, insertOnly, watermark };
}

function sumOf(text: string): string {
  return checksum(new TextEncoder().encode(text)).toString(16);
}
