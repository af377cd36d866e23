/** Records of one shape, as they come: rows by group, and beside them the columns of what is no number. */
import { columnBytes, OBJECT_BYTES, partReader, type RowReader } from '../../../columnar/records/record-column.ts';
import { type RecordColumns, recordReader } from '../../../columnar/records/record-columns.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import type { MemoryConsumer } from '../../../memory/budget.ts';
import { RowChains } from './row-chains.ts';
import { type ColumnParts, type CurrentKey, RowLayout } from './row-layout.ts';
import type { RowShape } from './row-shape.ts';

/** The place of a record in columns is the number of its chunk and its place there, in one number. */
const CHUNK_BITS = 14;
/** Records of a chunk at most. */
export const CHUNK_RECORDS = 1 << CHUNK_BITS;

export class RowSection {
  readonly shape: RowShape;
  readonly layout: RowLayout;
  readonly rows: RowChains;
  /** Reads the record at an address, whose key must be the current one. */
  readonly read: RowReader;
  readonly #columns = new ColumnChunks();
  /** Of the rows that were added last. */
  #addresses = new Uint32Array(0);

  constructor(memory: LinearMemory, consumer: MemoryConsumer, shape: RowShape, current: CurrentKey) {
    this.shape = shape;
    this.layout = new RowLayout(memory, shape);
    this.rows = new RowChains(memory, consumer, this.layout.words);
    this.read = this.layout.reader(current, this.#columns);
  }

  get bytes(): number {
    return this.rows.bytes + this.#columns.bytes;
  }

  /** @param groups of the records; all numbers are below `groupCount` */
  append(columns: RecordColumns, groups: Int32Array, groupCount: number): void {
    if (this.#addresses.length < groups.length) this.#addresses = new Uint32Array(groups.length);
    const addresses = this.#addresses.subarray(0, groups.length);
    this.rows.append(groups, groupCount, addresses);
    const place = this.layout.isWhole ? 0 : this.#columns.add(columns, this.shape);
    this.layout.write(columns, addresses, place);
  }

  close(): void {
    this.rows.close();
  }
}

interface Chunk {
  readonly read: RowReader | null;
  /** By part; null: it is elsewhere. */
  readonly parts: readonly (RowReader | null)[];
}

class ColumnChunks implements ColumnParts {
  readonly #chunks: Chunk[] = [];
  bytes = 0;

  /** @returns the place of the first record */
  add(columns: RecordColumns, shape: RowShape): number {
    const kept = columns.columns.filter((_, i) => shape.parts === null || shape.parts[i] === 'column');
    this.bytes += kept.reduce((sum, column) => sum + columnBytes(column), 0);
    this.bytes += (columns.whole?.rows.length ?? 0) * OBJECT_BYTES;
    return (this.#chunks.push(chunkOf(columns, shape)) - 1) << CHUNK_BITS;
  }

  read(place: number): unknown {
    return this.#chunks[place >>> CHUNK_BITS]!.read!(place & (CHUNK_RECORDS - 1));
  }

  readPart(place: number, part: number): unknown {
    return this.#chunks[place >>> CHUNK_BITS]!.parts[part]!(place & (CHUNK_RECORDS - 1));
  }
}

/** What it returns does not keep the columns in memory that are kept as rows. */
function chunkOf(columns: RecordColumns, { parts }: RowShape): Chunk {
  if (parts === null) return { read: recordReader(columns), parts: [] };
  return { read: null, parts: columns.columns.map((column, i) => (parts[i] === 'column' ? partReader(column) : null)) };
}
