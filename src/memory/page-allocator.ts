/**
 * The allocator of linear memory. Memory is cut into pages of 64 KiB. A small block comes from a page that holds blocks
 * of one size class only (each page keeps its own free list); a large block is a run of pages, and free runs coalesce
 * with their neighbours. A table with one record per page says what a page is, so that `free` needs no header before
 * the block and blocks keep their alignment.
 *
 * All state lives in linear memory (the page table and a few words before it), so that workers can share it later.
 */
import { assert } from '../base/assert.ts';
import { EngineError } from '../base/errors.ts';
import type { Allocator, AllocatorStatistics, GrowableMemory } from './allocator.ts';
import { formatBytes } from './format-bytes.ts';

const PAGE = 65536;
const PAGE_SHIFT = 16;

/** Memory goes on behind the last block, so that kernels may read a vector that a string ends in. */
const GUARD_PAGES = 1;

/** One record of eight 32-bit words per page. */
const RECORD_WORDS = 8;
const KIND = 0;
/** Small page: its size class. First page of a run, and last page of a free run: pages in the run. */
const COUNT = 1;
/** Neighbours in the list this page (or free run) is in; 0 ends a list. */
const NEXT = 2;
const PREVIOUS = 3;
/** Small page: offset of the first free block plus 1, or 0. */
const FREE_HEAD = 4;
/** Small page: blocks in use. */
const IN_USE = 5;
/** Small page: offset of the part never handed out. */
const FRESH = 6;

const UNTOUCHED = 0;
const SMALL = 1;
const LARGE = 2;
const FREE = 3;

/** Word offsets of the state before the page table. Byte 0 stays unused: no block has pointer 0. */
const USED = 2; // 2 words: low, high
const PEAK = 4;
const TOP = 6; // first page never handed out
const CLASS_HEAD = 16; // per size class: first page with a free block
const RUN_BINS = 32;
const RUN_HEAD = 112; // per bin of run lengths: first free run
const TABLE_BYTES_OFFSET = 1024;

/** Block sizes below a page: fine steps, then page/k so that k blocks fill a page. */
const CLASS_BYTES: readonly number[] = [
  8, 16, 24, 32, 48, 64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072,
  3584, 4096, 5440, 6528, 8192, 9344, 10880, 13056, 16384, 21824, 32768,
];
const LARGEST_SMALL = 32768;

export class PageAllocator implements Allocator {
  readonly #memory: GrowableMemory;
  readonly #classOf: Uint8Array;
  readonly #pageLimit: number;

  /** Lays its state at the start of `memory`, which must be fresh (all zero). */
  constructor(memory: GrowableMemory) {
    this.#memory = memory;
    this.#pageLimit = memory.maximum / PAGE - GUARD_PAGES;
    this.#classOf = classTable();
    const stateBytes = TABLE_BYTES_OFFSET + this.#pageLimit * RECORD_WORDS * 4;
    memory.growTo(stateBytes + GUARD_PAGES * PAGE);
    memory.u32[TOP] = Math.ceil(stateBytes / PAGE);
  }

  get statistics(): AllocatorStatistics {
    return { used: this.#counter(USED), peak: this.#counter(PEAK), reserved: this.#memory.byteLength };
  }

  allocate(bytes: number): number {
    assert(bytes >= 0 && Number.isInteger(bytes), `an allocation of ${bytes} bytes`);
    return bytes <= LARGEST_SMALL ? this.#allocateSmall(bytes) : this.#allocateLarge(bytes);
  }

  allocateZeroed(bytes: number): number {
    const pointer = this.allocate(bytes);
    this.#memory.u8.fill(0, pointer, pointer + bytes);
    return pointer;
  }

  free(pointer: number): void {
    if (pointer === 0) return;
    const page = pointer >>> PAGE_SHIFT;
    const kind = this.#get(page, KIND);
    if (kind === SMALL) this.#freeSmall(page, pointer & (PAGE - 1));
    else {
      assert(kind === LARGE && (pointer & (PAGE - 1)) === 0, `free of ${pointer}, which is no block`);
      const count = this.#get(page, COUNT);
      this.#addUsed(-count * PAGE);
      this.#insertRun(page, count);
    }
  }

  reallocate(pointer: number, bytes: number): number {
    if (pointer === 0) return this.allocate(bytes);
    const size = this.usableSize(pointer);
    if (bytes <= size && (bytes > size >>> 1 || size <= 64)) return pointer;
    if (size > LARGEST_SMALL && bytes > size && this.#extend(pointer >>> PAGE_SHIFT, bytes)) return pointer;
    const moved = this.allocate(bytes);
    this.#memory.u8.copyWithin(moved, pointer, pointer + Math.min(size, bytes));
    this.free(pointer);
    return moved;
  }

  usableSize(pointer: number): number {
    const page = pointer >>> PAGE_SHIFT;
    const kind = this.#get(page, KIND);
    if (kind === SMALL) return CLASS_BYTES[this.#get(page, COUNT)]!;
    assert(kind === LARGE, `${pointer} is no block`);
    return this.#get(page, COUNT) * PAGE;
  }

  #allocateSmall(bytes: number): number {
    const sizeClass = bytes <= 4096 ? this.#classOf[(bytes + 7) >>> 3]! : classAbove4096(bytes);
    const size = CLASS_BYTES[sizeClass]!;
    let page = this.#memory.u32[CLASS_HEAD + sizeClass]!;
    if (page === 0) {
      page = this.#takePages(1);
      this.#set(page, KIND, SMALL);
      this.#set(page, COUNT, sizeClass);
      this.#set(page, FREE_HEAD, 0);
      this.#set(page, IN_USE, 0);
      this.#set(page, FRESH, 0);
      this.#push(CLASS_HEAD + sizeClass, page);
    }
    let offset = this.#get(page, FREE_HEAD);
    if (offset !== 0) {
      offset -= 1;
      this.#set(page, FREE_HEAD, this.#memory.u32[(page * PAGE + offset) >>> 2]!);
    } else {
      offset = this.#get(page, FRESH);
      this.#set(page, FRESH, offset + size);
    }
    this.#set(page, IN_USE, this.#get(page, IN_USE) + 1);
    if (this.#get(page, FREE_HEAD) === 0 && this.#get(page, FRESH) + size > PAGE) {
      this.#unlink(CLASS_HEAD + sizeClass, page);
    }
    this.#addUsed(size);
    return page * PAGE + offset;
  }

  #freeSmall(page: number, offset: number): void {
    const sizeClass = this.#get(page, COUNT);
    const size = CLASS_BYTES[sizeClass]!;
    assert(
      offset % size === 0 && offset < this.#get(page, FRESH),
      `free of ${page * PAGE + offset}, which is no block`,
    );
    const inUse = this.#get(page, IN_USE) - 1;
    assert(inUse >= 0, `block ${page * PAGE + offset} freed twice`);
    const wasFull = this.#get(page, FREE_HEAD) === 0 && this.#get(page, FRESH) + size > PAGE;
    this.#memory.u32[(page * PAGE + offset) >>> 2] = this.#get(page, FREE_HEAD);
    this.#set(page, FREE_HEAD, offset + 1);
    this.#set(page, IN_USE, inUse);
    this.#addUsed(-size);
    if (wasFull) this.#push(CLASS_HEAD + sizeClass, page);
    if (inUse === 0) this.#emptied(sizeClass, page);
  }

  /**
   * One empty page per class stays; it starts over, so that equal requests get equal blocks whatever was freed first.
   */
  #emptied(sizeClass: number, page: number): void {
    const last = this.#get(page, NEXT) === 0 && this.#get(page, PREVIOUS) === 0;
    if (last) {
      this.#set(page, FREE_HEAD, 0);
      this.#set(page, FRESH, 0);
    } else {
      this.#unlink(CLASS_HEAD + sizeClass, page);
      this.#insertRun(page, 1);
    }
  }

  #allocateLarge(bytes: number): number {
    const count = Math.ceil(bytes / PAGE);
    if (count >= this.#pageLimit) {
      throw new EngineError('RUN-OUT-OF-MEMORY', `a block of ${formatBytes(bytes)} does not fit in linear memory`);
    }
    const page = this.#takePages(count);
    this.#set(page, KIND, LARGE);
    this.#set(page, COUNT, count);
    this.#addUsed(count * PAGE);
    return page * PAGE;
  }

  /** Takes the free run that follows a large block, or fresh pages when it is the last block. */
  #extend(page: number, bytes: number): boolean {
    const count = this.#get(page, COUNT);
    const missing = Math.ceil(bytes / PAGE) - count;
    const next = page + count;
    if (next === this.#memory.u32[TOP]) {
      if (next + missing > this.#pageLimit) return false;
      this.#memory.growTo((next + missing + GUARD_PAGES) * PAGE);
      this.#memory.u32[TOP] = next + missing;
    } else {
      if (this.#get(next, KIND) !== FREE || this.#get(next, COUNT) < missing) return false;
      const run = this.#get(next, COUNT);
      this.#unlink(binHead(run), next);
      this.#set(next, KIND, UNTOUCHED);
      this.#set(next + run - 1, KIND, UNTOUCHED);
      if (run > missing) this.#insertRun(next + missing, run - missing);
    }
    this.#set(page, COUNT, count + missing);
    this.#addUsed(missing * PAGE);
    return true;
  }

  /** A run of `count` pages: the first that fits, smallest bin first, else fresh pages at the top. */
  #takePages(count: number): number {
    for (let bin = binOf(count); bin < RUN_BINS; bin++) {
      for (let page = this.#memory.u32[RUN_HEAD + bin]!; page !== 0; page = this.#get(page, NEXT)) {
        const run = this.#get(page, COUNT);
        if (run < count) continue;
        this.#unlink(RUN_HEAD + bin, page);
        this.#set(page, KIND, UNTOUCHED);
        this.#set(page + run - 1, KIND, UNTOUCHED);
        if (run > count) this.#insertRun(page + count, run - count);
        return page;
      }
    }
    const page = this.#memory.u32[TOP]!;
    this.#memory.growTo(this.#withReserve((page + count + GUARD_PAGES) * PAGE));
    this.#memory.u32[TOP] = page + count;
    return page;
  }

  /** Growing is slow, so take an eighth more than needed while there is room. */
  #withReserve(bytes: number): number {
    if (bytes <= this.#memory.byteLength || bytes > this.#memory.maximum) return bytes;
    const step = Math.max(1 << 20, this.#memory.byteLength >>> 3);
    return Math.min(Math.max(bytes, this.#memory.byteLength + step), this.#memory.maximum);
  }

  /** Marks pages as a free run, joined with the free runs on both sides. */
  #insertRun(first: number, length: number): void {
    let page = first;
    let count = length;
    const after = page + count;
    if (after < this.#memory.u32[TOP]! && this.#get(after, KIND) === FREE) {
      const run = this.#get(after, COUNT);
      this.#unlink(binHead(run), after);
      this.#set(after, KIND, UNTOUCHED);
      count += run;
    }
    if (this.#get(page - 1, KIND) === FREE) {
      const run = this.#get(page - 1, COUNT);
      this.#set(page - 1, KIND, UNTOUCHED);
      this.#set(page, KIND, UNTOUCHED);
      page -= run;
      this.#unlink(binHead(run), page);
      count += run;
    }
    this.#set(page, KIND, FREE);
    this.#set(page, COUNT, count);
    this.#set(page + count - 1, KIND, FREE);
    this.#set(page + count - 1, COUNT, count);
    this.#push(binHead(count), page);
  }

  #push(head: number, page: number): void {
    const first = this.#memory.u32[head]!;
    this.#set(page, NEXT, first);
    this.#set(page, PREVIOUS, 0);
    if (first !== 0) this.#set(first, PREVIOUS, page);
    this.#memory.u32[head] = page;
  }

  #unlink(head: number, page: number): void {
    const next = this.#get(page, NEXT);
    const previous = this.#get(page, PREVIOUS);
    if (previous === 0) this.#memory.u32[head] = next;
    else this.#set(previous, NEXT, next);
    if (next !== 0) this.#set(next, PREVIOUS, previous);
    this.#set(page, NEXT, 0);
    this.#set(page, PREVIOUS, 0);
  }

  #get(page: number, field: number): number {
    return this.#memory.u32[(TABLE_BYTES_OFFSET >>> 2) + page * RECORD_WORDS + field]!;
  }

  #set(page: number, field: number, value: number): void {
    this.#memory.u32[(TABLE_BYTES_OFFSET >>> 2) + page * RECORD_WORDS + field] = value;
  }

  #counter(word: number): number {
    return this.#memory.u32[word]! + this.#memory.u32[word + 1]! * 4294967296;
  }

  #setCounter(word: number, value: number): void {
    this.#memory.u32[word] = value % 4294967296;
    this.#memory.u32[word + 1] = Math.floor(value / 4294967296);
  }

  #addUsed(bytes: number): void {
    const used = this.#counter(USED) + bytes;
    this.#setCounter(USED, used);
    if (used > this.#counter(PEAK)) this.#setCounter(PEAK, used);
  }
}

function binOf(count: number): number {
  return 31 - Math.clz32(count);
}

function binHead(count: number): number {
  return RUN_HEAD + binOf(count);
}

/** For sizes up to 4096: class by size in steps of 8. */
function classTable(): Uint8Array {
  const table = new Uint8Array(513);
  let sizeClass = 0;
  for (let step = 0; step <= 512; step++) {
    while (CLASS_BYTES[sizeClass]! < step * 8) sizeClass++;
    table[step] = sizeClass;
  }
  return table;
}

function classAbove4096(bytes: number): number {
  let sizeClass = CLASS_BYTES.length - 1;
  while (CLASS_BYTES[sizeClass - 1]! >= bytes) sizeClass--;
  return sizeClass;
}
