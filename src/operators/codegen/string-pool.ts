/**
 * The bytes of strings of rows that are only given back all together: the build side of a join, the rows of a sort.
 * Blocks are counted against the budget; batches whose views point into them keep them alive, as with any other
 * dependency.
 */
import type { Retained } from '../../columnar/batch.ts';
import { addressOf, lengthOf, makeView } from '../../expr/compile/equality.ts';
import { asI64, type Operand } from '../../expr/compile/operand.ts';
import { call, extern, type I64, i32, i64, select } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';

/** Words of the state: where the next bytes go, and the end of the block. */
const NEXT = 0;
const END = 4;
const FIRST_BLOCK = 4096;
const LARGEST_BLOCK = 1 << 20;
/** A block takes at most this part of the budget. */
const BUDGET_SHARE = 32;

/** The blocks of one filling, freed when neither the pool nor a batch needs them any more. */
class StringBlocks implements Retained {
  readonly addresses: number[] = [];
  bytes = 0;
  /** Somebody else frees them. */
  given = false;
  readonly #memory: LinearMemory;
  #references = 1;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    if (--this.#references > 0) return;
    if (!this.given) for (const address of this.addresses) this.#memory.free(address);
    this.addresses.length = 0;
  }
}

export class StringPool {
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #name: string;
  readonly #state: number;
  readonly #largestBlock: number;
  readonly #copy: KernelFunction;
  #blocks: StringBlocks;
  #blockBytes = FIRST_BLOCK;

  constructor(memory: LinearMemory, consumer: MemoryConsumer, name: string) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#name = name;
    this.#state = memory.allocateZeroed(8);
    this.#largestBlock = Math.min(LARGEST_BLOCK, Math.max(FIRST_BLOCK, consumer.budget.share(BUDGET_SHARE)));
    this.#blocks = new StringBlocks(memory);
    this.#copy = this.#copyFunction();
  }

  /** Extern `<name>_grow` of the kernels that copy. */
  get externs(): Readonly<Record<string, Extern>> {
    return {
      [`${this.#name}_grow`]: (bytes: number) => {
        this.#grow(bytes);
        return undefined;
      },
    };
  }

  /** To be linked with kernels that copy. */
  get functions(): readonly KernelFunction[] {
    return [this.#copy];
  }

  /** What batches with views into the pool depend on. */
  get retained(): Retained {
    return this.#blocks;
  }

  /** See RowStore.giveAway. */
  giveAway(): readonly number[] {
    this.#blocks.given = true;
    return this.#blocks.addresses;
  }

  takeBack(): void {
    this.#blocks.given = false;
  }

  /** Bytes of all blocks. */
  get byteLength(): number {
    return this.#blocks.bytes;
  }

  /** The operand with its bytes copied into the pool; of other types itself. */
  own(value: Operand): Operand {
    if (value.physical !== 'view') return value;
    const view = value.valid === null ? asI64(value) : select(value.valid, asI64(value), i64.const(0));
    return { ...value, value: call(this.#copy, view) as I64 };
  }

  /** Empties the pool. @returns what gives the memory of the old strings back, to be called once */
  detach(): () => void {
    const blocks = this.#blocks;
    this.#blocks = new StringBlocks(this.#memory);
    this.#blockBytes = FIRST_BLOCK;
    this.#memory.u32[(this.#state + NEXT) >>> 2] = 0;
    this.#memory.u32[(this.#state + END) >>> 2] = 0;
    return () => {
      this.#consumer.release(blocks.bytes);
      blocks.release();
    };
  }

  clear(): void {
    this.detach()();
  }

  close(): void {
    this.clear();
    this.#memory.free(this.#state);
  }

  #grow(needed: number): void {
    const bytes = Math.max(this.#blockBytes, needed);
    this.#blockBytes = Math.min(this.#blockBytes * 2, this.#largestBlock);
    this.#consumer.reserve(bytes);
    const address = this.#memory.allocate(bytes);
    this.#blocks.addresses.push(address);
    this.#blocks.bytes += bytes;
    this.#memory.u32[(this.#state + NEXT) >>> 2] = address;
    this.#memory.u32[(this.#state + END) >>> 2] = address + bytes;
  }

  #copyFunction(): KernelFunction {
    const f = fn(`${this.#name}_copy`, { params: { view: i64 }, result: i64 });
    const state = i32.address(this.#state);
    const length = f.let('length', lengthOf(f.param.view));
    f.if(i32.eqz(length), () => f.return(i64.const(0)));
    const to = f.let('to', i32.load(state, NEXT));
    f.if(i32.gt_u(length, i32.sub(i32.load(state, END), to)), () => {
      f.do(call(extern(`${this.#name}_grow`, ['i32'], undefined), length));
      f.set(to, i32.load(state, NEXT));
    });
    f.copy(to, addressOf(f.param.view), length);
    f.do(i32.store(state, i32.add(to, length), NEXT));
    f.return(makeView(to, length));
    return f.finish();
  }
}
