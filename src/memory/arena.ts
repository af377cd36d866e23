/**
 * The one linear memory of a process: every column, hash table and state table is a range of it, kernels address it
 * with 32-bit pointers, and workers share it. It grows and never shrinks; wasm32 ends at 4 GiB.
 *
 * Each thread has a LinearMemory of its own over the same bytes. An address that comes from another thread may lie
 * beyond what this one has seen: who receives one calls `refresh` first.
 *
 * Views (`u8`, `i32`, ...) are made anew after growth, so take them from here at each use and never keep one across an
 * allocation. Pointers that come out of a kernel are signed in JavaScript: apply `>>> 0` before indexing.
 */
import { assert } from '../base/assert.ts';
import { EngineError } from '../base/errors.ts';
import type { Allocator, AllocatorStatistics, GrowableMemory } from './allocator.ts';
import { MANAGED_MEMORY_OPTION } from './budget.ts';
import { type BulkOperations, bulkOperations } from './bulk.ts';
import { formatBytes } from './format-bytes.ts';
import { PageAllocator } from './page-allocator.ts';
import { LENGTH_WORD, ONES_WORD } from './page-table.ts';

export const PAGE_BYTES = 65536;
/** The longest run of ones: rows of the largest batch. */
export const ONES_BYTES = 65536;
/** The end of wasm32. */
export const MAXIMUM_BYTES = 4294967296;

export interface LinearMemoryOptions {
  /** Bytes to begin with, rounded up to pages. Default: 4 MiB. */
  readonly initial?: number;
  /** Bytes it may grow to, rounded up to pages, at most 4 GiB, which is the default. */
  readonly maximum?: number;
}

/** What another thread needs to take part: can be sent to it. */
export interface SharedLinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly maximum: number;
  /** Number of the thread's heap. */
  readonly heap: number;
}

export class LinearMemory implements Allocator, GrowableMemory {
  /** The shared memory itself: what kernels import and workers receive. */
  readonly memory: WebAssembly.Memory;
  /** In bytes. */
  readonly maximum: number;
  readonly #bulk: BulkOperations;
  readonly #allocator: PageAllocator;
  #u8!: Uint8Array<SharedArrayBuffer>;
  #i32!: Int32Array<SharedArrayBuffer>;
  #u32!: Uint32Array<SharedArrayBuffer>;
  #i64!: BigInt64Array<SharedArrayBuffer>;
  #f32!: Float32Array<SharedArrayBuffer>;
  #f64!: Float64Array<SharedArrayBuffer>;
  #dataView!: DataView<SharedArrayBuffer>;
  #ones = 0;

  /** @param options of a new memory, or one that another thread has made */
  constructor(options: LinearMemoryOptions | SharedLinearMemory = {}) {
    if ('memory' in options) {
      this.maximum = options.maximum;
      this.memory = options.memory;
      this.#bulk = bulkOperations(this.memory);
      this.#refresh();
      this.#allocator = new PageAllocator(this, options.heap);
      this.#ones = this.#u32[ONES_WORD]!;
      return;
    }
    const maximum = pages(options.maximum ?? MAXIMUM_BYTES);
    const initial = Math.min(pages(options.initial ?? 4 << 20), maximum);
    assert(maximum * PAGE_BYTES <= MAXIMUM_BYTES, `linear memory of ${maximum} pages`);
    this.maximum = maximum * PAGE_BYTES;
    this.memory = new WebAssembly.Memory({ initial, maximum, shared: true });
    this.#bulk = bulkOperations(this.memory);
    this.#refresh();
    this.#u32[LENGTH_WORD] = initial;
    this.#allocator = new PageAllocator(this);
  }

  /**
   * Lets another thread take part.
   *
   * @param heap a number that no other thread has: from 1, below HEAP_LIMIT
   */
  share(heap: number): SharedLinearMemory {
    this.#u32[ONES_WORD] = this.ones;
    this.#allocator.share();
    return { memory: this.memory, maximum: this.maximum, heap };
  }

  /** Takes back the blocks that other threads have freed. */
  collect(): void {
    this.#allocator.collect();
  }

  /** A thread is being ended, wherever it is: what it holds is not waited for. */
  markEnded(heap: number): void {
    this.#allocator.markEnded(heap);
  }

  /**
   * Frees whatever a thread has left: its heap may then be given to another one.
   *
   * @param heap of a thread that is gone; nothing that it had allocated may be in use any more
   */
  reclaim(heap: number): void {
    this.#allocator.reclaim(heap);
  }

  get u8(): Uint8Array<SharedArrayBuffer> {
    return this.#u8;
  }
  get i32(): Int32Array<SharedArrayBuffer> {
    return this.#i32;
  }
  get u32(): Uint32Array<SharedArrayBuffer> {
    return this.#u32;
  }
  /** Signed 64-bit values as bigint; index = pointer / 8. */
  get i64(): BigInt64Array<SharedArrayBuffer> {
    return this.#i64;
  }
  get f32(): Float32Array<SharedArrayBuffer> {
    return this.#f32;
  }
  get f64(): Float64Array<SharedArrayBuffer> {
    return this.#f64;
  }
  /** For unaligned access; pass `true` for little-endian. */
  get dataView(): DataView<SharedArrayBuffer> {
    return this.#dataView;
  }

  get byteLength(): number {
    return this.#u8.byteLength;
  }

  /** Address of ONES_BYTES bytes that are 1: the validity of columns without NULLs. Never freed, never written. */
  get ones(): number {
    if (this.#ones === 0) {
      this.#ones = this.allocate(ONES_BYTES);
      this.fill(this.#ones, 1, ONES_BYTES);
    }
    return this.#ones;
  }

  get statistics(): AllocatorStatistics {
    return this.#allocator.statistics;
  }

  /** A view of `length` bytes at `pointer`, valid until the next allocation. */
  bytes(pointer: number, length: number): Uint8Array<SharedArrayBuffer> {
    return this.#u8.subarray(pointer, pointer + length);
  }

  /** Sets `length` bytes from `pointer` on: many times as fast as `u8.fill`. */
  fill(pointer: number, byte: number, length: number): void {
    this.#bulk.fill(pointer, byte, length);
  }

  /** Moves `length` bytes, which may overlap: several times as fast as `u8.copyWithin`. */
  copy(to: number, from: number, length: number): void {
    this.#bulk.copy(to, from, length);
  }

  allocate(bytes: number): number {
    return this.#allocator.allocate(bytes);
  }

  allocateZeroed(bytes: number): number {
    return this.#allocator.allocateZeroed(bytes);
  }

  free(pointer: number): void {
    this.#allocator.free(pointer);
  }

  reallocate(pointer: number, bytes: number): number {
    return this.#allocator.reallocate(pointer, bytes);
  }

  usableSize(pointer: number): number {
    return this.#allocator.usableSize(pointer);
  }

  growTo(bytes: number): void {
    this.refresh();
    const missing = pages(bytes) - this.byteLength / PAGE_BYTES;
    if (missing <= 0) return;
    if (bytes > this.maximum) throw outOfMemory(bytes, this.byteLength, this.maximum);
    try {
      this.memory.grow(missing);
    } catch (cause) {
      throw outOfMemory(bytes, this.byteLength, this.maximum, cause);
    }
    this.#refresh();
    Atomics.store(this.#u32, LENGTH_WORD, this.byteLength / PAGE_BYTES);
  }

  /** Takes notice of growth by another thread. */
  refresh(): void {
    if (Atomics.load(this.#u32, LENGTH_WORD) * PAGE_BYTES <= this.#u8.byteLength) return;
    // Growing by nothing makes this thread see what the others have done.
    this.memory.grow(0);
    this.#refresh();
  }

  #refresh(): void {
    const buffer = this.memory.buffer;
    this.#u8 = new Uint8Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#i64 = new BigInt64Array(buffer);
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#dataView = new DataView(buffer);
  }
}

function pages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}

function outOfMemory(bytes: number, length: number, maximum: number, cause?: unknown): EngineError {
  return new EngineError(
    'RUN-OUT-OF-MEMORY',
    `${formatBytes(bytes - length)} more of linear memory were asked for, but ${formatBytes(length)} of at most ` +
      `${formatBytes(maximum)} are taken`,
    {
      hint:
        maximum < MAXIMUM_BYTES
          ? 'give the process a larger linear memory'
          : `lower ${MANAGED_MEMORY_OPTION}, so that operators spill earlier`,
      cause,
    },
  );
}
