/**
 * Groups of an integer key in an array over the range that its values are believed to have: nothing is hashed or
 * compared, and keys that come in order are found in order. Keys outside of the range are somebody else's.
 */
import type { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { i32, i64, type Variable } from '../../kernel/build.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { keyAsI64 } from '../codegen/keys.ts';

/** The array may be so many times as long as there are groups, … */
const DENSITY = 8;
/** … and take at most this part of the budget. */
const BUDGET_SHARE = 16;
const CELL_BYTES = 4;

export class KeyArray {
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #low: number;
  readonly #length: number;
  readonly #address: number;

  /** Null: the range is too large for so many groups, or for the budget. */
  static create(
    memory: LinearMemory,
    consumer: MemoryConsumer,
    [low, high]: readonly [number, number],
    groups: number,
  ): KeyArray | null {
    const length = high - low + 1;
    const { available, limit } = consumer.budget;
    const isSparse = !(length > 0 && length <= groups * DENSITY);
    if (isSparse || length * CELL_BYTES > Math.min(available, limit) / BUDGET_SHARE) return null;
    return new KeyArray(memory, consumer, low, length);
  }

  private constructor(memory: LinearMemory, consumer: MemoryConsumer, low: number, length: number) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#low = low;
    this.#length = length;
    consumer.reserve(length * CELL_BYTES);
    this.#address = memory.allocateZeroed(length * CELL_BYTES);
  }

  /** Emits the address of the row of a key's group, 0 where the key is not in the range. */
  cell(context: CompileContext, key: Operand): Variable<'i32'> {
    const { f } = context;
    const offset = context.local('offset', i64.sub(keyAsI64(key), i64.const(this.#low)));
    const isIn = i64.lt_u(offset, i64.const(this.#length));
    const cell = f.let('cell', i32.const(0));
    f.if(key.valid === null ? isIn : i32.and(key.valid, isIn), () => {
      f.set(cell, i32.add(i32.address(this.#address), i32.shl(i32.wrap_i64(offset), i32.const(2))));
    });
    return cell;
  }

  /** Forgets all groups. */
  clear(): void {
    this.#memory.u8.fill(0, this.#address, this.#address + this.#length * CELL_BYTES);
  }

  close(): void {
    this.#memory.free(this.#address);
    this.#consumer.release(this.#length * CELL_BYTES);
  }
}
