/** The bytes of a page or chunk, kept alive by batches with views into them. */
import { assert } from '../../base/assert.ts';
import type { Retained } from '../../columnar/batch.ts';
import type { LinearMemory } from '../../memory/arena.ts';

export class PageMemory implements Retained {
  readonly address: number;
  readonly #memory: LinearMemory;
  readonly #blocks: number[];
  readonly #beneath: Retained | null;
  #references = 1;

  private constructor(memory: LinearMemory, address: number, blocks: number[], beneath: Retained | null) {
    this.#memory = memory;
    this.address = address;
    this.#blocks = blocks;
    this.#beneath = beneath;
    beneath?.retain();
  }

  /** @param beneath what these bytes have views into; retained as long. */
  static allocate(memory: LinearMemory, bytes: number, beneath: Retained | null = null): PageMemory {
    const block = memory.allocate(bytes);
    return new PageMemory(memory, block, [block], beneath);
  }

  /** A part of the same bytes; takes over one reference of the caller. */
  at(address: number): PageMemory {
    const part = new PageMemory(this.#memory, address, [], this);
    this.release();
    return part;
  }

  /** More memory that lives as long. */
  addBlock(bytes: number): number {
    const block = this.#memory.allocate(bytes);
    this.#blocks.push(block);
    return block;
  }

  retain(): void {
    assert(this.#references > 0, 'released page memory is retained');
    this.#references++;
  }

  release(): void {
    assert(this.#references > 0, 'page memory is released twice');
    if (--this.#references > 0) return;
    for (const block of this.#blocks) this.#memory.free(block);
    this.#beneath?.release();
  }
}
