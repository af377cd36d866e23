/**
 * Groups of an integer key in an array over the range that its values are believed to have: nothing is hashed or
 * compared, and keys that come in order are found in order. Keys outside of the range are somebody else's.
 */
import type { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { type IntegerRange, ifInRange, keyAsI64 } from '../codegen/keys.ts';

/** The array may be so many times as long as there are groups, … */
const DENSITY = 8;
/** … and take at most this part of the budget. */
const BUDGET_SHARE = 4;
const CELL_BYTES = 4;

export class KeyArray {
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #range: IntegerRange;
  readonly #address: number;

  /** Null: the range is too large for so many groups, or for the budget. */
  static create(
    memory: LinearMemory,
    consumer: MemoryConsumer,
    [low, high]: readonly [number, number],
    groups: number,
  ): KeyArray | null {
    const length = high - low + 1;
    const isSparse = !(length > 0 && length <= groups * DENSITY);
    if (isSparse || length * CELL_BYTES > consumer.budget.available / BUDGET_SHARE) return null;
    return new KeyArray(memory, consumer, { low: BigInt(low), length });
  }

  private constructor(memory: LinearMemory, consumer: MemoryConsumer, range: IntegerRange) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#range = range;
    consumer.reserve(this.#bytes);
    this.#address = memory.allocateZeroed(this.#bytes);
  }

  get #bytes(): number {
    return this.#range.length * CELL_BYTES;
  }

  /** Emits the address of the row of a key's group, 0 where the key is not in the range. */
  cell(context: CompileContext, key: Operand): Variable<'i32'> {
    const { f } = context;
    const cell = f.let('cell', i32.const(0));
    const setCell = (offset: I32): void =>
      f.set(cell, i32.add(i32.address(this.#address), i32.shl(offset, i32.const(2))));
    ifInRange(context, this.#range, keyAsI64(key), setCell, key.valid);
    return cell;
  }

  /** Forgets all groups. */
  clear(): void {
    this.#memory.fill(this.#address, 0, this.#bytes);
  }

  close(): void {
    this.#memory.free(this.#address);
    this.#consumer.release(this.#bytes);
  }
}
