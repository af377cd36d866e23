/**
 * Rows by group, as they come: each group has a chain of blocks, which are larger the more rows it has, so that a row
 * is written where the last one of its group was, and the rows of a group are read from few places.
 *
 * A block is the address of the next one, then its rows.
 */
import type { LinearMemory } from '../../../memory/arena.ts';
import type { MemoryConsumer } from '../../../memory/budget.ts';

/** Rows of the first block of a chain; each has twice as many as the one before, up to the limit. */
const FIRST_ROWS = 2;
const MAX_ROWS = 64;
/** Of blocks, so that doubles in rows lie at multiples of their size. */
const HEADER_BYTES = 8;
const FIRST_SEGMENT_BYTES = 16 << 10;
const MAX_SEGMENT_BYTES = 1 << 20;

export class RowChains {
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #rowBytes: number;
  readonly #segments: number[] = [];
  #segmentBytes = FIRST_SEGMENT_BYTES;
  /** What is free of the last segment. */
  #free = 0;
  #end = 0;
  #bytes = 0;
  #reserved = 0;
  /** By group: its rows, its first block, where its next row goes. */
  #counts = new Uint32Array(64);
  #first = new Uint32Array(64);
  #next = new Uint32Array(64);

  constructor(memory: LinearMemory, consumer: MemoryConsumer, rowWords: number) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#rowBytes = rowWords * 4;
  }

  /** Of all blocks. */
  get bytes(): number {
    return this.#bytes;
  }

  countOf(group: number): number {
    return group < this.#counts.length ? this.#counts[group]! : 0;
  }

  /**
   * Makes a row for each of the groups, in turn.
   *
   * @param groupCount more than any number of a group
   * @param addresses gets where they are
   */
  append(groups: Int32Array, groupCount: number, addresses: Uint32Array): void {
    this.#reserveGroups(groupCount);
    const counts = this.#counts;
    const next = this.#next;
    const rowBytes = this.#rowBytes;
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!;
      const count = counts[group]!;
      if (isBlockFull(count)) this.#addBlock(group, count);
      const address = next[group]!;
      addresses[i] = address;
      next[group] = address + rowBytes;
      counts[group] = count + 1;
    }
  }

  /** Where the rows of a group are, as they came: from `start` in `addresses`, which has the room. */
  addressesOf(group: number, addresses: Uint32Array, start: number): void {
    const { u32 } = this.#memory;
    const rowBytes = this.#rowBytes;
    let left = this.countOf(group);
    let at = start;
    let block = left === 0 ? 0 : this.#first[group]!;
    for (let rows = FIRST_ROWS; left > 0; rows = Math.min(rows * 2, MAX_ROWS)) {
      const filled = Math.min(rows, left);
      for (let i = 0; i < filled; i++) addresses[at++] = block + HEADER_BYTES + i * rowBytes;
      left -= filled;
      if (left > 0) block = u32[block >>> 2]!;
    }
  }

  close(): void {
    for (const segment of this.#segments) this.#memory.free(segment);
    this.#segments.length = 0;
    this.#consumer.release(this.#reserved);
    this.#reserved = 0;
    this.#bytes = 0;
  }

  /** @param count rows of the group, which fill its blocks */
  #addBlock(group: number, count: number): void {
    const rows = Math.min(count + FIRST_ROWS, MAX_ROWS);
    const block = this.#allocate(HEADER_BYTES + rows * this.#rowBytes);
    const { u32 } = this.#memory;
    if (count === 0) this.#first[group] = block;
    else {
      const lastRows = Math.min((count + FIRST_ROWS) / 2, MAX_ROWS);
      u32[(this.#next[group]! - lastRows * this.#rowBytes - HEADER_BYTES) >>> 2] = block;
    }
    this.#next[group] = block + HEADER_BYTES;
  }

  #allocate(bytes: number): number {
    const rounded = (bytes + 7) & ~7;
    if (this.#free + rounded > this.#end) {
      const segmentBytes = Math.max(rounded, this.#segmentBytes);
      this.#free = this.#memory.allocate(segmentBytes);
      this.#end = this.#free + segmentBytes;
      this.#segments.push(this.#free);
      this.#consumer.reserve(segmentBytes);
      this.#reserved += segmentBytes;
      this.#segmentBytes = Math.min(this.#segmentBytes * 2, MAX_SEGMENT_BYTES);
    }
    const block = this.#free;
    this.#free += rounded;
    this.#bytes += rounded;
    return block;
  }

  #reserveGroups(groupCount: number): void {
    if (groupCount <= this.#counts.length) return;
    const length = Math.max(groupCount, this.#counts.length * 2);
    this.#counts = longer(this.#counts, length);
    this.#first = longer(this.#first, length);
    this.#next = longer(this.#next, length);
  }
}

/** Do so many rows fill the blocks that they have: 2, 2 + 4, … up to MAX_ROWS, then further blocks of MAX_ROWS? */
function isBlockFull(rows: number): boolean {
  const sum = rows + FIRST_ROWS;
  return sum < 2 * MAX_ROWS ? (sum & (sum - 1)) === 0 : sum % MAX_ROWS === 0;
}

function longer(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(length);
  copy.set(array);
  return copy;
}
