/**
 * The 300 MB of text that comments are cut from. Comments are views into it, so they cost no copy; only the pieces that
 * are asked for are made, and they go when the last reader and the last batch are gone.
 */
import { assert } from '../../base/assert.ts';
import type { Retained } from '../../columnar/batch.ts';
import type { KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import { LONGEST_SENTENCE, TextGenerator } from './text-generator.ts';
import { TEXT_POOL_INDEX } from './text-pool-index.ts';

export const TEXT_POOL_BYTES = 300 * 1024 * 1024;

const PIECE_BITS = 18;
export const PIECE_BYTES = 1 << PIECE_BITS;

/** The longest comment: views may begin in one piece and end in the next. */
const LONGEST_VIEW = 256;

const ENTRY_BYTES = 6;

/** Of one linear memory: workers share the memory but have pools of their own. */
const POOLS = new WeakMap<LinearMemory, TextPool>();

export class TextPool implements Retained {
  readonly #memory: LinearMemory;
  readonly #generator: TextGenerator;
  readonly #index: DataView;
  /** Address of each piece that was made, less the position of its first byte in the pool. */
  readonly #shifts: Float64Array;
  #references = 0;
  #made = 0;

  private constructor(memory: LinearMemory, compiler: KernelCompiler) {
    this.#memory = memory;
    this.#generator = new TextGenerator(memory, compiler);
    const bytes = Uint8Array.from(Buffer.from(TEXT_POOL_INDEX, 'base64'));
    this.#index = new DataView(bytes.buffer);
    this.#shifts = new Float64Array(bytes.length / ENTRY_BYTES).fill(Number.NaN);
  }

  /** The pool of a memory, retained once for the caller. */
  static of(memory: LinearMemory, compiler: KernelCompiler): TextPool {
    let pool = POOLS.get(memory);
    if (pool === undefined) {
      pool = new TextPool(memory, compiler);
      POOLS.set(memory, pool);
    }
    pool.retain();
    return pool;
  }

  /** True until most of it is made: then every comment is likely to need a piece, which takes half a millisecond. */
  get cold(): boolean {
    return this.#made < this.#shifts.length * 0.9;
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    assert(this.#references > 0, 'a text pool is released twice');
    if (--this.#references > 0) return;
    for (let piece = 0; piece < this.#shifts.length; piece++) {
      const shift = this.#shifts[piece]!;
      if (!Number.isNaN(shift)) this.#memory.free(shift + this.#begin(piece));
    }
    this.#generator.close();
    POOLS.delete(this.#memory);
  }

  /**
   * Address of the byte at a position; the bytes of a comment follow. Allocates: views of the memory are to be taken
   * anew.
   */
  address(position: number): number {
    let piece = position >>> PIECE_BITS;
    if (position < this.#begin(piece)) piece--;
    const shift = this.#shifts[piece]!;
    return position + (Number.isNaN(shift) ? this.#make(piece) : shift);
  }

  #begin(piece: number): number {
    return piece * PIECE_BYTES + this.#index.getUint16(piece * ENTRY_BYTES + 4, true);
  }

  /** Makes the text from the first sentence of this piece to behind that of the next. */
  #make(piece: number): number {
    const begin = this.#begin(piece);
    const last = piece + 1 === this.#shifts.length;
    const end = (last ? TEXT_POOL_BYTES : this.#begin(piece + 1)) + LONGEST_VIEW - begin;
    const address = this.#memory.allocate(end + LONGEST_SENTENCE);
    const seed = this.#index.getInt32(piece * ENTRY_BYTES, true);
    this.#generator.write(seed, address, address + end);
    const shift = address - begin;
    this.#shifts[piece] = shift;
    this.#made++;
    return shift;
  }
}
