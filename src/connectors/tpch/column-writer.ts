/**
 * Writes columns of TPC-H tables into a batch: whole columns at a time, from arrays of numbers or of choices. Strings
 * that repeat are views of one copy, comments are views of the pool, the others are written into the batch's own arena.
 */
import { assert } from '../../base/assert.ts';
import type { Batch } from '../../columnar/batch.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import { drawEach, drawLines, next, type Stream, scale, seedAt } from './random.ts';
import { TEXT_POOL_BYTES, type TextPool } from './text-pool.ts';

const ENCODER = new TextEncoder();

/** Characters of addresses. */
const ALPHANUMERIC = ENCODER.encode('0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,');

/** Written to behind the end of a formatted string. */
export type WriteBytes = (row: number, out: Uint8Array, at: number) => number;

/** Views of strings that are kept once: pairs of address and length. */
export interface Words {
  readonly views: Int32Array;
}

export class ColumnWriter {
  readonly memory: LinearMemory;
  readonly #types: readonly DataType[];
  readonly #pool: TextPool | null;
  readonly #words: StringArena;
  readonly #wordSets = new Map<readonly string[], Words>();
  #builder: BatchBuilder | null = null;

  /**
   * @param types of the columns that are written, in order
   * @param pool needed for comments; stays the caller's
   */
  constructor(memory: LinearMemory, types: readonly DataType[], pool: TextPool | null) {
    this.memory = memory;
    this.#pool = pool;
    this.#types = types;
    this.#words = new StringArena(memory);
  }

  begin(rows: number): void {
    this.#builder = new BatchBuilder(this.memory, this.#types, rows);
    this.#builder.rowCount = rows;
    // The columns are allocated now, so that views of the memory which are taken later stay good.
    if (this.#types.length > 0) this.#builder.values(0);
  }

  finish(): Batch {
    const batch = this.#current.finish(this.#pool === null ? [this.#words] : [this.#words, this.#pool]);
    this.#builder = null;
    return batch;
  }

  close(): void {
    this.#builder?.close();
    this.#words.release();
  }

  int(column: number, values: Int32Array): void {
    this.memory.i32.set(values, this.#current.values(column) >>> 2);
  }

  /** BIGINT, or DECIMAL with its unscaled value. */
  long(column: number, values: Int32Array): void {
    const at = this.#current.values(column) >>> 2;
    const { i32 } = this.memory;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      i32[at + 2 * i] = value;
      i32[at + 2 * i + 1] = value >> 31;
    }
  }

  /** Keys, which may be longer: whole numbers below 2^53. */
  key(column: number, values: Float64Array): void {
    const at = this.#current.values(column) >>> 2;
    const { i32 } = this.memory;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      i32[at + 2 * i] = value;
      i32[at + 2 * i + 1] = Math.floor(value / 4294967296);
    }
  }

  /** For every row one of a few strings, by number. */
  choice(column: number, values: readonly string[], choices: Int32Array): void {
    const { views } = this.words(values);
    const at = this.#current.values(column) >>> 2;
    const { i32 } = this.memory;
    for (let i = 0; i < choices.length; i++) {
      const choice = choices[i]! * 2;
      i32[at + 2 * i] = views[choice]!;
      i32[at + 2 * i + 1] = views[choice + 1]!;
    }
  }

  words(values: readonly string[]): Words {
    const known = this.#wordSets.get(values);
    if (known !== undefined) return known;
    const views = new Int32Array(values.length * 2);
    values.forEach((value, i) => {
      const bytes = ENCODER.encode(value);
      views[2 * i] = Number(BigInt.asIntN(32, this.#words.appendBytes(bytes)));
      views[2 * i + 1] = bytes.length;
    });
    const words = { views };
    this.#wordSets.set(values, words);
    return words;
  }

  /** Strings of at most `longest` bytes, each written by `write`, which returns the position behind it. */
  format(column: number, longest: number, write: WriteBytes): void {
    const builder = this.#current;
    const rows = builder.rowCount;
    let at = builder.strings.reserve(rows * longest);
    const out = builder.values(column) >>> 2;
    const { i32, u8 } = this.memory;
    for (let row = 0; row < rows; row++) {
      const end = write(row, u8, at);
      i32[out + 2 * row] = at;
      i32[out + 2 * row + 1] = end - at;
      at = end;
    }
  }

  /** `Customer#000000001`: a name and a number of at least nine digits. */
  tag(column: number, name: string, number: (row: number) => number): void {
    const prefix = ENCODER.encode(`${name}#`);
    this.format(column, prefix.length + 16, (row, out, at) => {
      out.set(prefix, at);
      return digits(out, at + prefix.length, number(row), 9);
    });
  }

  /** `25-989-741-2988`: the country is the nation's key + 10. */
  phone(column: number, source: Stream, from: number, nations: Int32Array): void {
    let seed = seedAt(source, from);
    this.format(column, 16, (row, out, at) => {
      let end = digits(out, at, 10 + (nations[row]! % 90), 2);
      for (const [lower, range, length] of PHONE_PARTS) {
        seed = next(seed);
        out[end] = 45;
        end = digits(out, end + 1, lower + scale(seed, range), length);
      }
      return end;
    });
  }

  /** Letters, digits, spaces and commas, 0.4 to 1.6 times the average length. */
  address(column: number, source: Stream, from: number, averageLength: number): void {
    const shortest = Math.trunc(averageLength * 0.4);
    const longest = Math.trunc(averageLength * 1.6);
    let seed = seedAt(source, from);
    this.format(column, longest, (_, out, at) => {
      seed = next(seed);
      const length = shortest + scale(seed, longest - shortest + 1);
      let drawn = 1;
      let bits = 0;
      for (let i = 0; i < length; i++) {
        if (i % 5 === 0) {
          seed = next(seed);
          drawn++;
          bits = scale(seed, -2147483648) | 0;
        }
        out[at + i] = ALPHANUMERIC[bits & 0x3f]!;
        bits >>= 6;
      }
      for (; drawn < source.perRow; drawn++) seed = next(seed);
      return at + length;
    });
  }

  /** A comment per row, or per line where there are counts. Returns positions in the pool and lengths. */
  comment(column: number, source: Stream, from: number, averageLength: number, counts?: Int32Array): Comments {
    const rows = this.#current.rowCount;
    const comments = drawComments(source, from, averageLength, rows, counts);
    this.views(column, comments);
    return comments;
  }

  /** Views of the pool. */
  views(column: number, { positions, lengths }: Comments): void {
    const pool = this.#pool;
    assert(pool !== null, 'a comment is written without the pool of text');
    const addresses = positions.map((position) => pool.address(position));
    const out = this.#current.values(column) >>> 2;
    const { i32 } = this.memory;
    for (let i = 0; i < positions.length; i++) {
      i32[out + 2 * i] = addresses[i]!;
      i32[out + 2 * i + 1] = lengths[i]!;
    }
  }

  get #current(): BatchBuilder {
    assert(this.#builder !== null, 'a column is written before begin()');
    return this.#builder;
  }

  /** Address of the views of a string column of the batch being written. */
  viewsOf(column: number): number {
    return this.#current.values(column);
  }

  /** Room in the batch's own strings. */
  reserve(bytes: number): number {
    return this.#current.strings.reserve(bytes);
  }
}

/** Where comments are in the pool. */
export interface Comments {
  readonly positions: Int32Array;
  readonly lengths: Int32Array;
}

const PHONE_PARTS = [
  [100, 900, 3],
  [100, 900, 3],
  [1000, 9000, 4],
] as const;

function drawComments(
  source: Stream,
  from: number,
  averageLength: number,
  rows: number,
  counts?: Int32Array,
): Comments {
  const shortest = Math.trunc(averageLength * 0.4);
  const longest = Math.trunc(averageLength * 1.6);
  const positionRange = TEXT_POOL_BYTES - longest + 1;
  const lengthRange = longest - shortest + 1;
  const positions = new Int32Array(rows);
  const lengths = new Int32Array(rows);
  let seed = seedAt(source, from);
  let at = 0;
  for (let row = 0; at < rows; row++) {
    const count = counts === undefined ? 1 : counts[row]!;
    for (let k = 0; k < count; k++) {
      seed = next(seed);
      positions[at] = scale(seed, positionRange);
      seed = next(seed);
      lengths[at++] = shortest + scale(seed, lengthRange);
    }
    for (let k = 2 * count; k < source.perRow; k++) seed = next(seed);
  }
  return { positions, lengths };
}

/** Writes a number with leading zeros; returns the position behind it. */
export function digits(out: Uint8Array, at: number, value: number, least: number): number {
  let length = least;
  while (value >= 10 ** length) length++;
  let rest = value;
  for (let i = at + length - 1; i >= at; i--) {
    const tenth = Math.floor(rest / 10);
    out[i] = 48 + rest - tenth * 10;
    rest = tenth;
  }
  return at + length;
}

/** `lower` to `upper`, one for each row. */
export function each(source: Stream, from: number, rows: number, lower: number, upper: number): Int32Array {
  const out = new Int32Array(rows);
  drawEach(source, from, lower, upper, out);
  return out;
}

/** `lower` to `upper`, `counts[i]` for the i-th row, `rows` in all. */
export function lines(
  source: Stream,
  from: number,
  counts: Int32Array,
  rows: number,
  lower: number,
  upper: number,
): Int32Array {
  const out = new Int32Array(rows);
  drawLines(source, from, counts, lower, upper, out);
  return out;
}
