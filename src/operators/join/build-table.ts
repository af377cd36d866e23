import type { CompileContext } from '../../expr/compile/context.ts';
import { asI32, asI64, bothValid, type Operand } from '../../expr/compile/operand.ts';
import { type I32, type I64, i32, i64, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { hashKeys, sameKeys } from '../codegen/keys.ts';
import type { RowLayout } from '../codegen/row-layout.ts';

/** Reserved bytes at the start of each build row: next row of the same key, hash, whether it found a match. */
export const NEXT = 0;
export const HASH = 4;
export const MATCHED = 8;
export const RESERVED = 16;

/** An index array may be this many times as long as there are rows, … */
const DENSITY = 8;
/** … or so long, where memory is plenty: it stays in the cache, and looking up what is not there costs no branch. */
const SMALL_ARRAY_BYTES = 1 << 20;
/** Part of the free memory that a small array for few rows may take. */
const PLENTY = 16;

export type JoinIndex =
  | {
      readonly kind: 'array';
      readonly slots: number;
      readonly low: bigint;
      readonly length: number;
      readonly unique: boolean;
    }
  | HashIndex;

/** Slots of a hash and a row. Address and mask are constants of the kernel, or words that change between calls. */
export interface HashIndex {
  readonly kind: 'hash';
  readonly slots: I32;
  readonly mask: I32;
  readonly unique: boolean;
}

/** Bytes that an index over so many rows takes at most. */
export function indexBytes(rowCount: number): number {
  return Math.max(rowCount * 32, 128);
}

export class JoinIndexBuilder {
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  #bytes = 0;
  #slots = 0;

  constructor(memory: LinearMemory, consumer: MemoryConsumer) {
    this.#memory = memory;
    this.#consumer = consumer;
  }

  /** Chooses the index and takes its memory; the slots are 0. */
  create(rowCount: number, range: readonly [bigint, bigint] | null): JoinIndex {
    this.release();
    if (range !== null && rowCount > 0) {
      const length = range[1] - range[0] + 1n;
      if (length <= 1n << 27n && this.#allowsArray(Number(length), rowCount)) {
        return {
          kind: 'array',
          slots: this.#take(Number(length) * 4),
          low: range[0],
          length: Number(length),
          unique: false,
        };
      }
    }
    const { slots, mask } = this.createHash(rowCount);
    return { kind: 'hash', slots: i32.address(slots), mask: i32.const(mask), unique: false };
  }

  #allowsArray(length: number, rowCount: number): boolean {
    if (length <= Math.max(rowCount * DENSITY, 1024)) return true;
    return length * 4 <= Math.min(SMALL_ARRAY_BYTES, this.#consumer.budget.available / PLENTY);
  }

  /** Takes memory for a hash index; the slots are 0. */
  createHash(rowCount: number): { readonly slots: number; readonly mask: number } {
    this.release();
    let slots = 16;
    while (slots < rowCount * 2) slots *= 2;
    return { slots: this.#take(slots * 8), mask: slots - 1 };
  }

  release(): void {
    if (this.#slots !== 0) this.#memory.free(this.#slots);
    this.#consumer.release(this.#bytes);
    this.#slots = 0;
    this.#bytes = 0;
  }

  #take(bytes: number): number {
    this.#consumer.reserve(bytes);
    this.#bytes = bytes;
    this.#slots = this.#memory.allocateZeroed(bytes);
    return this.#slots;
  }
}

/** Whether the key can be looked up in an array: one integer of at most 64 bits. */
export function isIntegerKey(keys: readonly Operand[]): boolean {
  const [key] = keys;
  return keys.length === 1 && ['i8', 'i16', 'i32', 'i64'].includes(key!.physical);
}

export function keyAsI64(key: Operand): I64 {
  return key.physical === 'i64' ? asI64(key) : i64.extend_i32_s(asI32(key));
}

/** 1 where the key can match at all: every part that is not compared NULL-safely is valid. Null: always. */
export function joinable(keys: readonly Operand[], nullSafe: readonly boolean[]): I32 | null {
  return keys.reduce<I32 | null>((all, key, i) => (nullSafe[i] ? all : bothValid(all, key.valid)), null);
}

/**
 * `link(from, rows)`: puts consecutive rows into the index; gives how many of them had a key that was there before.
 * A row that cannot match stays out of it.
 */
export function linkKernel(
  layout: RowLayout,
  keyFields: readonly number[],
  nullSafe: readonly boolean[],
  index: JoinIndex,
  newContext: (f: FunctionBuilder, column: (field: number) => Operand) => CompileContext,
): KernelFunction {
  const f = fn('link', { params: { from: i32, rows: i32 }, result: i32 });
  const repeats = f.let('repeats', i32.const(0));
  const row = f.let('row', f.param.from);
  f.for('i', i32.const(0), f.param.rows, () => {
    const context = newContext(f, (field) => layout.load(row, field));
    const keys = keyFields.map((field) => context.column(field));
    const can = joinable(keys, nullSafe);
    const insert = (): void => {
      const slot = f.declare('slot', 'i32');
      const head = f.declare('head', 'i32');
      if (index.kind === 'array') {
        const offset = i32.wrap_i64(i64.sub(keyAsI64(keys[0]!), i64.const(index.low)));
        f.set(slot, i32.add(i32.address(index.slots), i32.shl(offset, i32.const(2))));
        f.set(head, i32.load(slot));
        f.do(i32.store(slot, row));
      } else {
        const hash = context.local('hash', i32.load(row, HASH));
        probe(f, context, index, hash, slot, head, (candidate) =>
          sameKeys(
            keys,
            keyFields.map((field) => context.bind(layout.load(candidate, field), 'k')),
            context,
          ),
        );
        f.do(i32.store(slot, hash));
        f.do(i32.store(slot, row, 4));
      }
      f.do(i32.store(row, head, NEXT));
      f.if(head, () => f.set(repeats, i32.add(repeats, i32.const(1))));
    };
    f.do(i32.store(row, i32.const(0), NEXT));
    if (can === null) insert();
    else context.branch(can, insert);
    f.set(row, i32.add(row, i32.const(layout.size)));
  });
  f.return(repeats);
  return f.finish();
}

/** Emits the search in a hash index: `head` is the first row of the key or 0, `slot` where it is or would go. */
export function probe(
  f: FunctionBuilder,
  context: CompileContext,
  index: HashIndex,
  hash: I32,
  slot: Variable<'i32'>,
  head: Variable<'i32'>,
  matches: (row: Variable<'i32'>) => I32,
): void {
  const slots = context.local('slots', index.slots);
  const mask = context.local('mask', index.mask);
  const at = f.let('index', i32.and(hash, mask));
  const label = f.freshLabel('probe');
  f.loop({
    label,
    body: () => {
      f.set(slot, i32.add(slots, i32.shl(at, i32.const(3))));
      f.set(head, i32.load(slot, 4));
      f.if(i32.eqz(head), () => f.break(label));
      f.if(i32.eq(i32.load(slot), hash), () => {
        context.scoped(() => f.if(matches(head), () => f.break(label)));
      });
    },
    step: () => f.set(at, i32.and(i32.add(at, i32.const(1)), mask)),
  });
}

/**
 * Emits the lookup of a probe row's key: the first build row with it, or 0. `keys` are valid where they must be.
 *
 * @param knownHash of the keys, where a row carries it
 */
export function lookup(
  f: FunctionBuilder,
  context: CompileContext,
  index: JoinIndex,
  keys: readonly Operand[],
  layout: RowLayout,
  keyFields: readonly number[],
  knownHash: I32 | null = null,
): Variable<'i32'> {
  const head = f.declare('head', 'i32');
  if (index.kind === 'array') {
    const offset = context.local('offset', i64.sub(keyAsI64(keys[0]!), i64.const(index.low)));
    f.set(head, i32.const(0));
    f.if(i64.lt_u(offset, i64.const(index.length)), () => {
      const at = i32.add(i32.address(index.slots), i32.shl(i32.wrap_i64(offset), i32.const(2)));
      f.set(head, i32.load(at));
    });
    return head;
  }
  const slot = f.declare('slot', 'i32');
  const hash = knownHash ?? hashKeys(keys, context);
  probe(f, context, index, hash, slot, head, (candidate) =>
    sameKeys(
      keys,
      keyFields.map((field) => context.bind(layout.load(candidate, field), 'k')),
      context,
    ),
  );
  return head;
}
