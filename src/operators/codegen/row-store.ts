/**
 * Rows of fixed width, one behind another in blocks of linear memory, in the order of their arrival: the build side of
 * a join, the input of a sort. Kernels append rows and walk the blocks.
 */
import { call, extern, type I32, i32 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';

/** Words of the state block: where the next row goes, and the end of the block it goes to. */
const NEXT = 0;
const END = 4;
const FIRST_BLOCK = 1 << 14;
const LARGEST_BLOCK = 1 << 20;
/** A block takes at most this part of the budget. */
const BUDGET_SHARE = 32;

export interface RowBlock {
  readonly address: number;
  readonly bytes: number;
}

/** Rows that lie one behind another. */
export interface RowRun {
  readonly address: number;
  readonly rows: number;
}

export class RowStore {
  /** Address of the state block. */
  readonly state: number;
  readonly rowSize: number;
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #name: string;
  readonly #blocks: RowBlock[] = [];
  readonly #largestBlock: number;
  #blockBytes: number;
  #given = false;

  constructor(memory: LinearMemory, consumer: MemoryConsumer, rowSize: number, name: string) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.rowSize = rowSize;
    this.#name = name;
    this.#largestBlock = Math.min(LARGEST_BLOCK, Math.max(4096, consumer.budget.share(BUDGET_SHARE)));
    this.#blockBytes = Math.min(FIRST_BLOCK, this.#largestBlock);
    this.state = memory.allocateZeroed(8);
  }

  /** Extern `<name>_grow` of the kernels that append. */
  get externs(): Readonly<Record<string, Extern>> {
    return {
      [`${this.#name}_grow`]: () => {
        this.grow();
        return undefined;
      },
    };
  }

  get rowCount(): number {
    return this.#blocks.reduce((sum, block, i) => sum + this.rowsIn(i, block), 0);
  }

  get byteLength(): number {
    return this.#blocks.reduce((sum, block) => sum + block.bytes, 0);
  }

  get blocks(): readonly RowBlock[] {
    return this.#blocks;
  }

  get runs(): readonly RowRun[] {
    return this.#blocks.map((block, i) => ({ address: block.address, rows: this.rowsIn(i, block) }));
  }

  /**
   * The blocks belong to somebody else until they are taken back, who frees them; their rows stay in the store.
   *
   * @returns their addresses
   */
  giveAway(): readonly number[] {
    this.#given = true;
    return this.#blocks.map(({ address }) => address);
  }

  takeBack(): void {
    this.#given = false;
  }

  /** Rows in block `index`. */
  rowsIn(index: number, block: RowBlock = this.#blocks[index]!): number {
    const last = index === this.#blocks.length - 1;
    const end = last ? this.#memory.u32[this.state >>> 2]! : block.address + block.bytes;
    return Math.floor((end - block.address) / this.rowSize);
  }

  /** Emits the taking of room for one row; gives its address. Contents are undefined. */
  append(f: FunctionBuilder): I32 {
    const state = i32.address(this.state);
    const row = f.let('stored', i32.load(state, NEXT));
    f.if(i32.gt_u(i32.add(row, i32.const(this.rowSize)), i32.load(state, END)), () => {
      f.do(call(extern(`${this.#name}_grow`, [], undefined)));
      f.set(row, i32.load(state, NEXT));
    });
    f.do(i32.store(state, i32.add(row, i32.const(this.rowSize)), NEXT));
    return row;
  }

  /** Whether another block would be within the budget; appending then cannot fail for one block of rows. */
  get roomInBudget(): boolean {
    return this.#consumer.budget.available >= this.#blockBytes;
  }

  /** Adds a block. Throws EngineError RUN-OUT-OF-MEMORY beyond the budget. */
  grow(): void {
    // Whole rows only, so that a full block ends at its last row.
    const bytes = Math.max(Math.floor(this.#blockBytes / this.rowSize), 1) * this.rowSize;
    this.#blockBytes = Math.min(this.#blockBytes * 2, this.#largestBlock);
    this.#consumer.reserve(bytes);
    const address = this.#memory.allocate(bytes);
    this.#blocks.push({ address, bytes });
    this.#memory.u32[this.state >>> 2] = address;
    this.#memory.u32[(this.state + END) >>> 2] = address + bytes;
  }

  /** Room for one row, from JavaScript: for rows read back from disk. */
  addRow(): number {
    const word = this.state >>> 2;
    if (this.#memory.u32[word]! + this.rowSize > this.#memory.u32[word + 1]!) this.grow();
    const row = this.#memory.u32[word]!;
    this.#memory.u32[word] = row + this.rowSize;
    return row;
  }

  /** Calls `visit` with the address of every row, in order of arrival. */
  forEachRow(visit: (row: number) => void): void {
    this.#blocks.forEach((block, i) => {
      const rows = this.rowsIn(i, block);
      for (let k = 0; k < rows; k++) visit(block.address + k * this.rowSize);
    });
  }

  /** Empties the store. @returns what gives the memory of the old rows back, to be called once */
  detach(): () => void {
    const blocks = this.#blocks.splice(0);
    const given = this.#given;
    this.#given = false;
    this.#blockBytes = Math.min(FIRST_BLOCK, this.#largestBlock);
    this.#memory.u32[this.state >>> 2] = 0;
    this.#memory.u32[(this.state + END) >>> 2] = 0;
    return () => {
      for (const block of blocks) {
        if (!given) this.#memory.free(block.address);
        this.#consumer.release(block.bytes);
      }
    };
  }

  clear(): void {
    this.detach()();
  }

  close(): void {
    this.clear();
    this.#memory.free(this.state);
  }
}
