/**
 * Shared ownership of a block of linear memory: a column handed to two consumers is retained twice and freed by the
 * last release. Buffers are charged to a memory consumer for as long as they live.
 */
import { assert } from '../base/assert.ts';
import type { LinearMemory } from './arena.ts';
import type { MemoryConsumer } from './budget.ts';

export interface Buffer {
  /** Byte offset in linear memory, 64-byte aligned (8-byte if shorter than 64). */
  readonly ptr: number;
  /** Bytes asked for. */
  readonly byteLength: number;
  /** One more owner; returns the buffer itself. */
  retain(): Buffer;
  /** One owner less; the last frees the block. */
  release(): void;
}

/** Makes buffers in one linear memory, charged to one consumer. */
export class BufferPool {
  readonly memory: LinearMemory;
  readonly consumer: MemoryConsumer;

  constructor(memory: LinearMemory, consumer: MemoryConsumer) {
    this.memory = memory;
    this.consumer = consumer;
  }

  /** A buffer with undefined contents and one owner. Throws EngineError RUN-OUT-OF-MEMORY. */
  allocate(byteLength: number): Buffer {
    this.consumer.reserve(byteLength);
    return this.#wrap(byteLength);
  }

  /** As allocate, with every byte 0. */
  allocateZeroed(byteLength: number): Buffer {
    const buffer = this.allocate(byteLength);
    this.memory.u8.fill(0, buffer.ptr, buffer.ptr + byteLength);
    return buffer;
  }

  /** As allocate, or undefined when the budget does not allow it. */
  tryAllocate(byteLength: number): Buffer | undefined {
    return this.consumer.tryReserve(byteLength) ? this.#wrap(byteLength) : undefined;
  }

  #wrap(byteLength: number): Buffer {
    try {
      return new CountedBuffer(this, this.memory.allocate(byteLength), byteLength);
    } catch (error) {
      this.consumer.release(byteLength);
      throw error;
    }
  }
}

class CountedBuffer implements Buffer {
  readonly ptr: number;
  readonly byteLength: number;
  readonly #pool: BufferPool;
  #owners = 1;

  constructor(pool: BufferPool, ptr: number, byteLength: number) {
    this.#pool = pool;
    this.ptr = ptr;
    this.byteLength = byteLength;
  }

  retain(): Buffer {
    assert(this.#owners > 0, 'a freed buffer was retained');
    this.#owners++;
    return this;
  }

  release(): void {
    assert(this.#owners > 0, 'a buffer was released once too often');
    if (--this.#owners > 0) return;
    this.#pool.memory.free(this.ptr);
    this.#pool.consumer.release(this.byteLength);
  }
}
