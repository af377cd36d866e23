/**
 * How many different values a column of a file has, for the planner: from what the writer counted per row group, else
 * from the size of the dictionary. A chunk without a dictionary, in a file that has some, did not repeat its values
 * enough for one.
 */
import type { File } from '../../../base/fs.ts';
import type { ColumnChunk, RowGroup } from './metadata.ts';
import { ThriftError, ThriftReader } from './thrift.ts';

/** A dictionary's page header has no statistics: it is short. */
const HEADER_BYTES = 64;
/** From so many values per row on, each row group is taken to have values of its own. */
const MOSTLY_DIFFERENT = 0.5;

/** @returns undefined if nothing is known */
export function distinctCount(file: File, groups: readonly RowGroup[], index: number): number | undefined {
  // One dictionary is looked at, of the first row group that has one.
  const sample = groups.find(({ chunks }) => {
    const { hasDictionary, statistics } = chunks[index]!;
    return hasDictionary && statistics?.distinctCount === undefined;
  });
  const size = sample === undefined ? undefined : dictionarySize(file, sample.chunks[index]!);
  const counts = groups.map((group) => distinctOfChunk(group, index, size));
  if (counts.length === 0 || counts.includes(undefined)) return undefined;
  const known = counts as readonly number[];
  const most = Math.max(...known);
  const rows = groups[known.indexOf(most)]!.rowCount;
  return most < rows * MOSTLY_DIFFERENT ? most : known.reduce((sum, count) => sum + count, 0);
}

function distinctOfChunk(group: RowGroup, index: number, ofDictionary: number | undefined): number | undefined {
  const chunk = group.chunks[index]!;
  const counted = chunk.statistics?.distinctCount;
  if (counted !== undefined) return counted;
  if (chunk.hasDictionary) return ofDictionary;
  return group.chunks.some((other) => other.hasDictionary) ? group.rowCount : undefined;
}

function dictionarySize(file: File, chunk: ColumnChunk): number | undefined {
  const header = new Uint8Array(Math.min(HEADER_BYTES, chunk.compressedBytes));
  file.readFully(header, chunk.offset);
  try {
    return new ThriftReader(header).struct().struct(DICTIONARY_PAGE_HEADER)?.number(VALUE_COUNT);
  } catch (error) {
    if (error instanceof ThriftError) return undefined;
    throw error;
  }
}

const DICTIONARY_PAGE_HEADER = 7;
const VALUE_COUNT = 1;
