/** Blocks of linear memory that are handed out piece by piece and given back as a whole. */
import type { LinearMemory } from '../../memory/arena.ts';

const LEAST_BLOCK = 1 << 16;

export class Scratch {
  readonly #memory: LinearMemory;
  #blocks: number[] = [];
  #next = 0;
  #end = 0;
  #total = 0;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  /** `bytes` bytes, 64-byte aligned, contents undefined. */
  reserve(bytes: number): number {
    const rounded = (bytes + 63) & ~63;
    if (this.#next + rounded > this.#end) {
      const size = Math.max(rounded, LEAST_BLOCK);
      this.#next = this.#memory.allocate(size);
      this.#end = this.#next + size;
      this.#blocks.push(this.#next);
      this.#total += size;
    }
    const address = this.#next;
    this.#next += rounded;
    return address;
  }

  /** Takes everything back but keeps a block of the size that was needed: the next round allocates nothing. */
  reset(): void {
    if (this.#blocks.length > 1) {
      const size = this.#total;
      this.free();
      this.#blocks = [this.#memory.allocate(size)];
      this.#end = this.#blocks[0]! + size;
      this.#total = size;
    }
    this.#next = this.#blocks[0] ?? 0;
  }

  free(): void {
    for (const block of this.#blocks) this.#memory.free(block);
    this.#blocks = [];
    this.#next = 0;
    this.#end = 0;
    this.#total = 0;
  }
}
