/**
 * Memory for rows of one width, one by one: pages that never move, and a list of the rows that were given back. Rows of
 * state, and of whatever else comes and goes, are taken from it by kernels.
 */
import { call, extern, type I32, i32, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';

/** Words of the state block. */
const NEXT = 0;
const END = 4;
const FREE = 8;
const BLOCK_BYTES = 16;

const FIRST_PAGE = 4096;
const LARGEST_PAGE = 1 << 20;
/** A page takes at most this part of the budget. */
const BUDGET_SHARE = 32;

export class RowPages {
  readonly rowSize: number;
  /** Address of the state block. */
  readonly #block: number;
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #name: string;
  readonly #pages: { readonly address: number; readonly bytes: number }[] = [];
  #pageBytes: number;

  /** @param name distinguishes the rows of one program */
  constructor(memory: LinearMemory, consumer: MemoryConsumer, rowSize: number, name: string) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#name = name;
    this.rowSize = rowSize;
    this.#pageBytes = this.#firstPageBytes;
    this.#block = memory.allocateZeroed(BLOCK_BYTES);
  }

  get byteLength(): number {
    return this.#pages.reduce((sum, page) => sum + page.bytes, 0);
  }

  /** The pages; where no row has been given back, rows lie in them one behind another. */
  get pages(): readonly { readonly address: number; readonly rows: number }[] {
    const last = this.#pages.length - 1;
    return this.#pages.map(({ address, bytes }, i) => {
      const end = i === last ? this.#memory.u32[this.#block >>> 2]! : address + bytes;
      return { address, rows: Math.floor((end - address) / this.rowSize) };
    });
  }

  /** Extern `<name>_grow_rows` of the kernels that take rows. */
  get externs(): Readonly<Record<string, Extern>> {
    return { [`${this.#name}_grow_rows`]: () => this.#grow() };
  }

  /** Emits the taking of memory for one row; its contents are undefined. */
  take(f: FunctionBuilder, row: Variable<'i32'>): void {
    const block = i32.address(this.#block);
    f.set(row, i32.load(block, FREE));
    f.if(
      row,
      () => f.do(i32.store(block, i32.load(row), FREE)),
      () => {
        f.set(row, i32.load(block, NEXT));
        f.if(i32.gt_u(i32.add(row, i32.const(this.rowSize)), i32.load(block, END)), () => {
          f.do(call(extern(`${this.#name}_grow_rows`, [], undefined)));
          f.set(row, i32.load(block, NEXT));
        });
        f.do(i32.store(block, i32.add(row, i32.const(this.rowSize)), NEXT));
      },
    );
  }

  /** Emits the giving back of a row. */
  free(f: FunctionBuilder, row: I32): void {
    const block = i32.address(this.#block);
    f.do(i32.store(row, i32.load(block, FREE)));
    f.do(i32.store(block, row, FREE));
  }

  /** `take` from JavaScript. */
  takeRow(): number {
    const word = this.#block >>> 2;
    const { u32 } = this.#memory;
    const free = u32[word + (FREE >>> 2)]!;
    if (free !== 0) {
      u32[word + (FREE >>> 2)] = u32[free >>> 2]!;
      return free;
    }
    if (u32[word]! + this.rowSize > u32[word + (END >>> 2)]!) this.#grow();
    const row = this.#memory.u32[word]!;
    this.#memory.u32[word] = row + this.rowSize;
    return row;
  }

  /** Gives the memory of all rows back. */
  clear(): void {
    for (const page of this.#pages) {
      this.#memory.free(page.address);
      this.#consumer.release(page.bytes);
    }
    this.#pages.length = 0;
    this.#pageBytes = this.#firstPageBytes;
    this.#memory.fill(this.#block, 0, BLOCK_BYTES);
  }

  close(): void {
    this.clear();
    this.#memory.free(this.#block);
  }

  get #firstPageBytes(): number {
    return Math.max(FIRST_PAGE, this.rowSize * 8);
  }

  #grow(): undefined {
    const bytes = this.#pageBytes;
    const share = Math.max(this.#consumer.budget.share(BUDGET_SHARE), this.#firstPageBytes);
    this.#pageBytes = Math.min(this.#pageBytes * 2, LARGEST_PAGE, share) & ~7;
    this.#consumer.reserve(bytes);
    const address = this.#memory.allocate(bytes);
    this.#pages.push({ address, bytes });
    const word = this.#block >>> 2;
    this.#memory.u32[word] = address;
    this.#memory.u32[word + (END >>> 2)] = address + bytes;
    return undefined;
  }
}
