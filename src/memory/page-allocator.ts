/**
 * The allocator of linear memory. Memory is cut into pages of 64 KiB. A small block comes from a page that holds blocks
 * of one size class only (each page keeps its own free list); a large block is a run of pages (page-table.ts).
 *
 * Threads share the pages, but each has a heap of its own: small pages belong to the heap that took them, so nothing is
 * locked as long as a page has room. What another thread frees is put on a list of the owner, which takes it back when
 * it is short. All state lives in linear memory. As in mimalloc, of which this is a small relative.
 */
import { assert } from '../base/assert.ts';
import { EngineError } from '../base/errors.ts';
import type { Allocator, AllocatorStatistics, GrowableMemory } from './allocator.ts';
import { formatBytes } from './format-bytes.ts';
import { FIELD, HEAP, HEAP_LIMIT, heapWord, KIND, PAGE, PageTable } from './page-table.ts';

const PAGE_SHIFT = 16;

/** Block sizes below a page: fine steps, then page/k so that k blocks fill a page. */
const CLASS_BYTES: readonly number[] = [
  8, 16, 24, 32, 48, 64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072,
  3584, 4096, 5440, 6528, 8192, 9344, 10880, 13056, 16384, 21824, 32768,
];
const LARGEST_SMALL = 32768;

export class PageAllocator implements Allocator {
  readonly #memory: GrowableMemory;
  readonly #pages: PageTable;
  readonly #classOf: Uint8Array;
  readonly #heap: number;
  /** Word of the first list of pages with a free block, by size class. */
  readonly #classHead: number;
  /** Indices into f64 of the heap's counters. */
  readonly #used: number;
  readonly #peak: number;

  /**
   * @param heap number of the calling thread's heap; heap 0 lays the state at the start of `memory`, which must then
   * be fresh (all zero)
   */
  constructor(memory: GrowableMemory, heap = 0) {
    assert(heap < HEAP_LIMIT, `${heap + 1} threads share a memory, but ${HEAP_LIMIT} is the limit`);
    this.#memory = memory;
    this.#heap = heap;
    this.#pages = new PageTable(memory, heap);
    this.#classOf = classTable();
    this.#classHead = heapWord(heap, HEAP.classes);
    this.#used = heapWord(heap, HEAP.used) >>> 1;
    this.#peak = heapWord(heap, HEAP.peak) >>> 1;
  }

  get statistics(): AllocatorStatistics {
    this.collect();
    this.#memory.refresh();
    const { f64, byteLength } = this.#memory;
    let used = this.#pages.usedByRuns;
    let peak = 0;
    for (let heap = 0; heap < HEAP_LIMIT; heap++) {
      used += f64[heapWord(heap, HEAP.used) >>> 1]!;
      peak = Math.max(peak, f64[heapWord(heap, HEAP.peak) >>> 1]!);
    }
    return { used, peak: Math.max(peak, used), reserved: byteLength };
  }

  allocate(bytes: number): number {
    assert(bytes >= 0 && Number.isInteger(bytes), `an allocation of ${bytes} bytes`);
    return bytes <= LARGEST_SMALL ? this.#allocateSmall(bytes) : this.#allocateLarge(bytes);
  }

  allocateZeroed(bytes: number): number {
    const pointer = this.allocate(bytes);
    // Blocks are of whole words of 8 bytes; single bytes of shared memory are slow to fill.
    this.#memory.f64.fill(0, pointer >>> 3, (pointer + bytes + 7) >>> 3);
    return pointer;
  }

  free(pointer: number): void {
    if (pointer === 0) return;
    const page = pointer >>> PAGE_SHIFT;
    const kind = this.#pages.get(page, FIELD.kind);
    if (kind === KIND.small) {
      if (this.#pages.get(page, FIELD.owner) === this.#heap) this.#freeSmall(page, pointer & (PAGE - 1));
      else this.#giveToOwner(page, pointer);
    } else {
      assert(kind === KIND.large && (pointer & (PAGE - 1)) === 0, `free of ${pointer}, which is no block`);
      this.#pages.freeRun(page);
    }
  }

  reallocate(pointer: number, bytes: number): number {
    if (pointer === 0) return this.allocate(bytes);
    const size = this.usableSize(pointer);
    if (bytes <= size && (bytes > size >>> 1 || size <= 64)) return pointer;
    if (size > LARGEST_SMALL && bytes > size && this.#pages.extendRun(pointer >>> PAGE_SHIFT, bytes)) {
      this.#sawUsed();
      return pointer;
    }
    const moved = this.allocate(bytes);
    this.#memory.u8.copyWithin(moved, pointer, pointer + Math.min(size, bytes));
    this.free(pointer);
    return moved;
  }

  usableSize(pointer: number): number {
    const page = pointer >>> PAGE_SHIFT;
    const kind = this.#pages.get(page, FIELD.kind);
    if (kind === KIND.small) return CLASS_BYTES[this.#pages.get(page, FIELD.count)]!;
    assert(kind === KIND.large, `${pointer} is no block`);
    return this.#pages.get(page, FIELD.count) * PAGE;
  }

  /** From now on other threads have heaps in this memory. */
  share(): void {
    this.#pages.share();
  }

  /** Takes back the blocks that other threads have freed. */
  collect(): void {
    if (!this.#pages.shared) return;
    const head = heapWord(this.#heap, HEAP.remote);
    let pointer = Atomics.exchange(this.#memory.u32, head, 0);
    while (pointer !== 0) {
      const next = this.#memory.u32[pointer >>> 2]!;
      this.#freeSmall(pointer >>> PAGE_SHIFT, pointer & (PAGE - 1));
      pointer = next;
    }
  }

  /** See PageTable. */
  markEnded(heap: number): void {
    this.#pages.markEnded(heap);
  }

  /** Frees whatever the thread with this heap, which is gone, has not. Nothing of it may be in use any more. */
  reclaim(heap: number): void {
    this.#pages.reclaim(heap);
  }

  #allocateSmall(bytes: number): number {
    const sizeClass = bytes <= 4096 ? this.#classOf[(bytes + 7) >>> 3]! : classAbove4096(bytes);
    const size = CLASS_BYTES[sizeClass]!;
    const pages = this.#pages;
    const page = this.#memory.u32[this.#classHead + sizeClass]! || this.#pageWithRoom(sizeClass);
    let offset = pages.get(page, FIELD.freeHead);
    if (offset !== 0) {
      offset -= 1;
      pages.set(page, FIELD.freeHead, this.#memory.u32[(page * PAGE + offset) >>> 2]!);
    } else {
      offset = pages.get(page, FIELD.fresh);
      pages.set(page, FIELD.fresh, offset + size);
    }
    pages.set(page, FIELD.inUse, pages.get(page, FIELD.inUse) + 1);
    if (pages.get(page, FIELD.freeHead) === 0 && pages.get(page, FIELD.fresh) + size > PAGE) {
      pages.unlink(this.#classHead + sizeClass, page);
    }
    this.#memory.f64[this.#used]! += size;
    this.#sawUsed();
    return page * PAGE + offset;
  }

  #pageWithRoom(sizeClass: number): number {
    const head = this.#classHead + sizeClass;
    this.collect();
    const returned = this.#memory.u32[head]!;
    if (returned !== 0) return returned;
    const page = this.#pages.takePage(sizeClass);
    this.#pages.push(head, page);
    return page;
  }

  #freeSmall(page: number, offset: number): void {
    const pages = this.#pages;
    const sizeClass = pages.get(page, FIELD.count);
    const size = CLASS_BYTES[sizeClass]!;
    const fresh = pages.get(page, FIELD.fresh);
    assert(offset % size === 0 && offset < fresh, `free of ${page * PAGE + offset}, which is no block`);
    const inUse = pages.get(page, FIELD.inUse) - 1;
    assert(inUse >= 0, `block ${page * PAGE + offset} freed twice`);
    const freeHead = pages.get(page, FIELD.freeHead);
    this.#memory.u32[(page * PAGE + offset) >>> 2] = freeHead;
    pages.set(page, FIELD.freeHead, offset + 1);
    pages.set(page, FIELD.inUse, inUse);
    this.#memory.f64[this.#used]! -= size;
    const wasFull = freeHead === 0 && fresh + size > PAGE;
    if (wasFull) pages.push(this.#classHead + sizeClass, page);
    if (inUse === 0) this.#emptied(sizeClass, page);
  }

  /**
   * One empty page per class stays; it starts over, so that equal requests get equal blocks whatever was freed first.
   */
  #emptied(sizeClass: number, page: number): void {
    const pages = this.#pages;
    const last = pages.get(page, FIELD.next) === 0 && pages.get(page, FIELD.previous) === 0;
    if (last) {
      pages.set(page, FIELD.freeHead, 0);
      pages.set(page, FIELD.fresh, 0);
    } else {
      pages.unlink(this.#classHead + sizeClass, page);
      pages.givePage(page);
    }
  }

  /** Pushes the block onto the list of what others have freed of its owner's. */
  #giveToOwner(page: number, pointer: number): void {
    const { u32 } = this.#memory;
    const head = heapWord(this.#pages.get(page, FIELD.owner), HEAP.remote);
    let first = Atomics.load(u32, head);
    for (;;) {
      u32[pointer >>> 2] = first;
      const found = Atomics.compareExchange(u32, head, first, pointer);
      if (found === first) return;
      first = found;
    }
  }

  #allocateLarge(bytes: number): number {
    const count = Math.ceil(bytes / PAGE);
    if (count >= this.#pages.limit) {
      throw new EngineError('RUN-OUT-OF-MEMORY', `a block of ${formatBytes(bytes)} does not fit in linear memory`);
    }
    const page = this.#pages.takeRun(count);
    this.#sawUsed();
    return page * PAGE;
  }

  #sawUsed(): void {
    const { f64 } = this.#memory;
    const used = f64[this.#used]! + this.#pages.usedByRuns;
    if (used > f64[this.#peak]!) f64[this.#peak] = used;
  }
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
