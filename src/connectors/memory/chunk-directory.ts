/**
 * Where the columns of the chunks of a table are, in linear memory itself: a thread that knows the address reads chunk
 * after chunk without being told of each.
 */
import type { Batch, StoredValues } from '../../columnar/batch.ts';
import type { LinearMemory } from '../../memory/arena.ts';

/** Words of a chunk: its rows, then by column: values, validity, and where they are stored in less room, how. */
const ROWS = 0;
const FIRST_COLUMN = 1;
const VALUES = 0;
const VALIDITY = 1;
const STORED = 2;
/** 0: as they are. */
const STORED_WIDTH = 3;
const DICTIONARY = 4;
const COLUMN_WORDS = 5;
const FIRST_CAPACITY = 16;

/** Addresses of values and validity of a column; where the values are stored in less room, how and where. */
export interface ChunkColumn {
  readonly values: number;
  readonly validity: number;
  readonly stored: Omit<StoredValues, 'entries'> | null;
}

/** What is written: by one thread. */
export class ChunkDirectory {
  readonly #memory: LinearMemory;
  readonly #columns: number;
  #address = 0;
  #chunks = 0;
  #capacity = 0;

  constructor(memory: LinearMemory, columns: number) {
    this.#memory = memory;
    this.#columns = columns;
  }

  /** Of the chunks that there are by now; it stays valid for these. */
  get address(): number {
    return this.#address;
  }

  append({ rowCount, columns }: Batch): void {
    if (this.#chunks === this.#capacity) this.#grow();
    const { u32 } = this.#memory;
    const chunk = chunkWord(this.#address, this.#columns, this.#chunks++);
    u32[chunk + ROWS] = rowCount;
    for (const [i, column] of columns.entries()) {
      const word = chunk + FIRST_COLUMN + i * COLUMN_WORDS;
      const { stored } = column;
      u32[word + VALIDITY] = column.validity;
      u32[word + STORED_WIDTH] = stored?.width ?? 0;
      if (stored === undefined) u32[word + VALUES] = column.values;
      else {
        u32[word + STORED] = stored.address;
        u32[word + DICTIONARY] = stored.dictionary;
      }
    }
  }

  /** Whoever reads a table keeps the directory of its beginning: it is not freed. */
  #grow(): void {
    const bytes = this.#capacity * strideOf(this.#columns) * 4;
    this.#capacity = Math.max(FIRST_CAPACITY, this.#capacity * 2);
    const address = this.#memory.allocateZeroed(this.#capacity * strideOf(this.#columns) * 4);
    if (bytes > 0) this.#memory.copy(address, this.#address, bytes);
    this.#address = address;
  }
}

/** A directory as any thread reads it. */
export class ChunkReader {
  readonly #memory: LinearMemory;
  readonly #address: number;
  readonly #columns: number;

  /** @param columns of the table */
  constructor(memory: LinearMemory, address: number, columns: number) {
    this.#memory = memory;
    this.#address = address;
    this.#columns = columns;
    memory.refresh();
  }

  rowsOf(chunk: number): number {
    return this.#memory.u32[chunkWord(this.#address, this.#columns, chunk) + ROWS]!;
  }

  column(chunk: number, index: number): ChunkColumn {
    const { u32 } = this.#memory;
    const word = chunkWord(this.#address, this.#columns, chunk) + FIRST_COLUMN + index * COLUMN_WORDS;
    const width = u32[word + STORED_WIDTH]! as StoredValues['width'] | 0;
    const stored = width === 0 ? null : { address: u32[word + STORED]!, width, dictionary: u32[word + DICTIONARY]! };
    return { values: u32[word + VALUES]!, validity: u32[word + VALIDITY]!, stored };
  }
}

function strideOf(columns: number): number {
  return FIRST_COLUMN + columns * COLUMN_WORDS;
}

function chunkWord(address: number, columns: number, chunk: number): number {
  return (address >>> 2) + chunk * strideOf(columns);
}
