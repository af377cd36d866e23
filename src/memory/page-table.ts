/**
 * The pages of linear memory, which all threads share: a table with one record per page says what a page is, so that
 * `free` needs no header before a block and blocks keep their alignment. Free runs of pages coalesce with their
 * neighbours. Once the memory is shared, a short lock guards what is not a single thread's.
 */
import { assert } from '../base/assert.ts';
import type { GrowableMemory } from './allocator.ts';

export const PAGE = 65536;

/** Memory goes on behind the last block, so that kernels may read a vector that a string ends in. */
const GUARD_PAGES = 1;

/** One record of eight 32-bit words per page. */
const RECORD_WORDS = 8;
export const FIELD = {
  kind: 0,
  /** Small page: its size class. First page of a run, and last page of a free run: pages in the run. */
  count: 1,
  /** Neighbours in the list this page (or free run) is in; 0 ends a list. */
  next: 2,
  previous: 3,
  /** Small page: offset of the first free block plus 1, or 0. */
  freeHead: 4,
  /** Small page: blocks in use. */
  inUse: 5,
  /** Small page: offset of the part never handed out. */
  fresh: 6,
  /** Heap that took the page. */
  owner: 7,
} as const;

export const KIND = { untouched: 0, small: 1, large: 2, free: 3 } as const;

/** Word offsets of the state before the page table. Byte 0 stays unused: no block has pointer 0. */
const USED_BY_RUNS = 4; // two words: a double
const TOP = 6; // first page never handed out
export const LOCK_WORD = 7; // 0: free; else the heap of the holder plus 1, and whether somebody waits
const WAITED_FOR = 256;
const RUN_BINS = 32;
const RUN_HEAD = 16; // per bin of run lengths: first free run
const HEAPS = 64;

/** Published by LinearMemory: its length in pages, and the address of the ones. */
export const LENGTH_WORD = 9;
export const ONES_WORD = 10;

/** Threads that may have a heap in one memory. */
export const HEAP_LIMIT = 64;
const HEAP_WORDS = 64;
/** Words of a heap's state. */
export const HEAP = {
  /** Per size class: first page with a free block. */
  classes: 0,
  /** A double: bytes of its small blocks in use. */
  used: 48,
  peak: 50,
  /** Blocks that other threads have freed, linked by their first word. */
  remote: 52,
  /** 1: its thread is being ended, wherever it is. */
  ended: 53,
} as const;

const TABLE_WORD = HEAPS + HEAP_LIMIT * HEAP_WORDS;

/** How often a thread that waits for the lock looks whether it was woken, in milliseconds, and when it gives up. */
const LOCK_INTERVAL = 20;
const LOCK_ATTEMPTS = 500;
/** After so many looks a thread that is being ended does nothing any more. */
const ATTEMPTS_AFTER_END = 5;

export function heapWord(heap: number, word: number): number {
  return HEAPS + heap * HEAP_WORDS + word;
}

export class PageTable {
  /** Pages that blocks may be in. */
  readonly limit: number;
  readonly #memory: GrowableMemory;
  readonly #heap: number;
  #shared: boolean;

  /** As PageAllocator. */
  constructor(memory: GrowableMemory, heap: number) {
    this.#memory = memory;
    this.#heap = heap;
    this.#shared = heap > 0;
    this.limit = memory.maximum / PAGE - GUARD_PAGES;
    if (heap > 0) return;
    const stateBytes = (TABLE_WORD + this.limit * RECORD_WORDS) * 4;
    memory.growTo(stateBytes + GUARD_PAGES * PAGE);
    memory.u32[TOP] = Math.ceil(stateBytes / PAGE);
  }

  /** Bytes of all large blocks. */
  get usedByRuns(): number {
    return this.#memory.f64[USED_BY_RUNS >>> 1]!;
  }

  get shared(): boolean {
    return this.#shared;
  }

  share(): void {
    this.#shared = true;
  }

  get(page: number, field: number): number {
    return this.#memory.u32[TABLE_WORD + page * RECORD_WORDS + field]!;
  }

  set(page: number, field: number, value: number): void {
    this.#memory.u32[TABLE_WORD + page * RECORD_WORDS + field] = value;
  }

  /** Puts the page, or run, at the front of the list whose first one is in the word `head`. */
  push(head: number, page: number): void {
    const first = this.#memory.u32[head]!;
    this.set(page, FIELD.next, first);
    this.set(page, FIELD.previous, 0);
    if (first !== 0) this.set(first, FIELD.previous, page);
    this.#memory.u32[head] = page;
  }

  unlink(head: number, page: number): void {
    const next = this.get(page, FIELD.next);
    const previous = this.get(page, FIELD.previous);
    if (previous === 0) this.#memory.u32[head] = next;
    else this.set(previous, FIELD.next, next);
    if (next !== 0) this.set(next, FIELD.previous, previous);
    this.set(page, FIELD.next, 0);
    this.set(page, FIELD.previous, 0);
  }

  /** An empty page for small blocks of the class. */
  takePage(sizeClass: number): number {
    this.#lock();
    try {
      const page = this.#take(1);
      this.set(page, FIELD.count, sizeClass);
      this.set(page, FIELD.freeHead, 0);
      this.set(page, FIELD.inUse, 0);
      this.set(page, FIELD.fresh, 0);
      this.set(page, FIELD.owner, this.#heap);
      this.set(page, FIELD.kind, KIND.small);
      return page;
    } finally {
      this.#unlock();
    }
  }

  /** Gives such a page back. */
  givePage(page: number): void {
    this.#lock();
    this.#insert(page, 1);
    this.#unlock();
  }

  /** A large block of `count` pages. */
  takeRun(count: number): number {
    this.#lock();
    try {
      const page = this.#take(count);
      this.set(page, FIELD.count, count);
      this.set(page, FIELD.owner, this.#heap);
      this.set(page, FIELD.kind, KIND.large);
      this.#addUsed(count * PAGE);
      return page;
    } finally {
      this.#unlock();
    }
  }

  freeRun(page: number): void {
    this.#lock();
    const count = this.get(page, FIELD.count);
    this.#addUsed(-count * PAGE);
    this.#insert(page, count);
    this.#unlock();
  }

  /** Takes the free run that follows a large block, or fresh pages when it is the last block. */
  extendRun(page: number, bytes: number): boolean {
    this.#lock();
    try {
      const count = this.get(page, FIELD.count);
      const missing = Math.ceil(bytes / PAGE) - count;
      const next = page + count;
      if (next === this.#memory.u32[TOP]) {
        if (next + missing > this.limit) return false;
        this.#memory.growTo((next + missing + GUARD_PAGES) * PAGE);
        this.#memory.u32[TOP] = next + missing;
      } else {
        if (this.get(next, FIELD.kind) !== KIND.free || this.get(next, FIELD.count) < missing) return false;
        this.#cut(next, missing);
      }
      this.set(page, FIELD.count, count + missing);
      this.#addUsed(missing * PAGE);
      return true;
    } finally {
      this.#unlock();
    }
  }

  /** The heap's thread is being ended: if it holds the lock, it will not give it back. */
  markEnded(heap: number): void {
    Atomics.store(this.#memory.i32, heapWord(heap, HEAP.ended), 1);
  }

  /**
   * Makes every page of the heap free, and the lists of free runs anew: the thread may have ended in the middle of a
   * change.
   */
  reclaim(heap: number): void {
    const { i32 } = this.#memory;
    const held = Atomics.load(i32, LOCK_WORD);
    if (holderOf(held) === heap) Atomics.compareExchange(i32, LOCK_WORD, held, 0);
    this.#lock();
    this.#memory.fill(heapWord(heap, 0) * 4, 0, (heapWord(heap + 1, 0) - heapWord(heap, 0)) * 4);
    this.#rebuild(heap);
    this.#unlock();
  }

  /** @param without heap whose pages become free; -1: none */
  #rebuild(without: number): void {
    const { u32, f64 } = this.#memory;
    this.#memory.fill(RUN_HEAD * 4, 0, RUN_BINS * 4);
    let used = 0;
    let free = 0;
    const top = u32[TOP]!;
    for (let page = Math.ceil(((TABLE_WORD + this.limit * RECORD_WORDS) * 4) / PAGE); page < top; ) {
      const kind = this.get(page, FIELD.kind);
      const kept = (kind === KIND.small || kind === KIND.large) && this.get(page, FIELD.owner) !== without;
      const count = kept && kind === KIND.large ? this.get(page, FIELD.count) : 1;
      if (kept) {
        if (free > 0) this.#insertAlone(page - free, free);
        free = 0;
        if (kind === KIND.large) used += count * PAGE;
      } else {
        this.set(page, FIELD.kind, KIND.untouched);
        free++;
      }
      page += count;
    }
    if (free > 0) this.#insertAlone(top - free, free);
    f64[USED_BY_RUNS >>> 1] = used;
  }

  /** A run of `count` pages: the first that fits, smallest bin first, else fresh pages at the top. */
  #take(count: number): number {
    for (let bin = binOf(count); bin < RUN_BINS; bin++) {
      for (let page = this.#memory.u32[RUN_HEAD + bin]!; page !== 0; page = this.get(page, FIELD.next)) {
        if (this.get(page, FIELD.count) < count) continue;
        this.#cut(page, count);
        return page;
      }
    }
    const page = this.#memory.u32[TOP]!;
    this.#memory.growTo(this.#withReserve((page + count + GUARD_PAGES) * PAGE));
    this.#memory.u32[TOP] = page + count;
    return page;
  }

  /** Takes the first `count` pages of a free run; the rest stays free. */
  #cut(page: number, count: number): void {
    const run = this.get(page, FIELD.count);
    this.unlink(binHead(run), page);
    this.set(page, FIELD.kind, KIND.untouched);
    this.set(page + run - 1, FIELD.kind, KIND.untouched);
    if (run > count) this.#insert(page + count, run - count);
  }

  /** Growing is slow, so take an eighth more than needed while there is room. */
  #withReserve(bytes: number): number {
    if (bytes <= this.#memory.byteLength || bytes > this.#memory.maximum) return bytes;
    const step = Math.max(1 << 20, this.#memory.byteLength >>> 3);
    return Math.min(Math.max(bytes, this.#memory.byteLength + step), this.#memory.maximum);
  }

  /** Marks pages as a free run, joined with the free runs on both sides. */
  #insert(first: number, length: number): void {
    let page = first;
    let count = length;
    const after = page + count;
    if (after < this.#memory.u32[TOP]! && this.get(after, FIELD.kind) === KIND.free) {
      const run = this.get(after, FIELD.count);
      this.unlink(binHead(run), after);
      this.set(after, FIELD.kind, KIND.untouched);
      count += run;
    }
    if (this.get(page - 1, FIELD.kind) === KIND.free) {
      const run = this.get(page - 1, FIELD.count);
      this.set(page - 1, FIELD.kind, KIND.untouched);
      this.set(page, FIELD.kind, KIND.untouched);
      page -= run;
      this.unlink(binHead(run), page);
      count += run;
    }
    this.#insertAlone(page, count);
  }

  #insertAlone(page: number, count: number): void {
    this.set(page, FIELD.kind, KIND.free);
    this.set(page, FIELD.count, count);
    this.set(page + count - 1, FIELD.kind, KIND.free);
    this.set(page + count - 1, FIELD.count, count);
    this.push(binHead(count), page);
  }

  #addUsed(bytes: number): void {
    this.#memory.f64[USED_BY_RUNS >>> 1]! += bytes;
  }

  #lock(): void {
    if (!this.#shared) return;
    const { i32 } = this.#memory;
    const mine = this.#heap + 1;
    if (Atomics.compareExchange(i32, LOCK_WORD, 0, mine) !== 0) this.#waitForLock(mine | WAITED_FOR);
    this.#memory.refresh();
  }

  /** Others may wait too, so the lock is taken as one that is waited for. */
  #waitForLock(mine: number): void {
    const { i32 } = this.#memory;
    let sinceEnd = 0;
    for (let attempts = 0; ; attempts++) {
      const held = Atomics.load(i32, LOCK_WORD);
      if (held === 0) {
        if (Atomics.compareExchange(i32, LOCK_WORD, 0, mine) === 0) return;
        continue;
      }
      const waitedFor = held | WAITED_FOR;
      if (held !== waitedFor && Atomics.compareExchange(i32, LOCK_WORD, held, waitedFor) !== held) continue;
      sinceEnd = Atomics.load(i32, heapWord(holderOf(held), HEAP.ended)) === 1 ? sinceEnd + 1 : 0;
      if (sinceEnd > ATTEMPTS_AFTER_END && Atomics.compareExchange(i32, LOCK_WORD, waitedFor, mine) === waitedFor) {
        // In the middle of a change.
        this.#rebuild(-1);
        return;
      }
      assert(attempts < LOCK_ATTEMPTS, 'a thread holds the lock of linear memory and does not go on');
      Atomics.wait(i32, LOCK_WORD, waitedFor, LOCK_INTERVAL);
    }
  }

  #unlock(): void {
    if (!this.#shared) return;
    const { i32 } = this.#memory;
    if ((Atomics.exchange(i32, LOCK_WORD, 0) & WAITED_FOR) !== 0) Atomics.notify(i32, LOCK_WORD, 1);
  }
}

function holderOf(lock: number): number {
  return (lock & (WAITED_FOR - 1)) - 1;
}

function binOf(count: number): number {
  return 31 - Math.clz32(count);
}

function binHead(count: number): number {
  return RUN_HEAD + binOf(count);
}
