/** Bytes of strings, laid one behind another in blocks of linear memory; views point into it. Freed as a whole. */
import { assert } from '../base/assert.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { Retained } from './batch.ts';

const FIRST_BLOCK = 4096;
const LARGEST_BLOCK = 1 << 20;

export class StringArena implements Retained {
  readonly #memory: LinearMemory;
  readonly #blocks: number[] = [];
  #next = 0;
  #end = 0;
  #blockBytes = FIRST_BLOCK;
  #references = 1;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  /** Room for `length` bytes; the caller writes them. Length 0 gives an address that must not be read. */
  reserve(length: number): number {
    if (this.#next + length > this.#end) this.#grow(length);
    const address = this.#next;
    this.#next += length;
    return address;
  }

  /** Writes the text as UTF-8 and gives its view. */
  append(text: string): bigint {
    const limit = text.length * 3;
    if (this.#next + limit > this.#end) this.#grow(limit);
    const address = this.#next;
    const written = Buffer.from(this.#memory.u8.buffer as unknown as ArrayBuffer, address, limit).write(text, 'utf8');
    this.#next += written;
    return viewOf(address, written);
  }

  appendBytes(bytes: Uint8Array): bigint {
    const address = this.reserve(bytes.length);
    this.#memory.u8.set(bytes, address);
    return viewOf(address, bytes.length);
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    assert(this.#references > 0, 'a string arena is released twice');
    if (--this.#references > 0) return;
    for (const block of this.#blocks) this.#memory.free(block);
    this.#blocks.length = 0;
  }

  #grow(length: number): void {
    const bytes = Math.max(length, this.#blockBytes);
    this.#blockBytes = Math.min(this.#blockBytes * 4, LARGEST_BLOCK);
    const block = this.#memory.allocate(bytes);
    this.#blocks.push(block);
    this.#next = block;
    this.#end = block + bytes;
  }
}

/** A string view: low 32 bits the address, high 32 bits the length in bytes. */
export function viewOf(address: number, length: number): bigint {
  return BigInt.asIntN(64, (BigInt(length) << 32n) | BigInt(address >>> 0));
}
