/**
 * The bytes of strings that state owns: taken when a row is stored, given back when it goes. Blocks of a multiple of 16
 * bytes, one free list per size, so that state that changes for ever does not grow.
 */
import { assert } from '../../base/assert.ts';
import { asI64, type Operand } from '../../expr/compile/operand.ts';
import { call, type I32, type I64, i32, i64, libraryFunction, select } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import { bytesLibrary } from '../../kernel/library/bytes.ts';
import type { Extern } from '../../kernel/program.ts';
import { kernels } from '../../kernel/text.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { copyOfView } from './output-buffer.ts';
import type { FieldAccess, RowLayout } from './row-layout.ts';

const CLASSES = 256;
const STATE_BYTES = 8 + (CLASSES + 1) * 4;
const FIRST_BLOCK = 4096;
const LARGEST_BLOCK = 1 << 20;
/** A block takes at most this part of the budget. */
const BUDGET_SHARE = 32;

const stringHeapLibrary = kernels('string-heap', [bytesLibrary])`
  extern fn heap_grow(bytes: i32);
  extern fn heap_large(bytes: i32): i32;
  extern fn heap_free_large(p: i32);

  const NEXT = 0;
  const END = 4;
  const FREE = 8;
  const CLASSES = ${CLASSES};

  // The view of a copy of the bytes, owned by the state.
  fn heap_copy(state: i32, view: i64): i64 {
    let n = i32(view >>> 32);
    if (n == 0) return 0L;
    let class = (n + 15) >>> 4;
    let p: i32 = 0;
    if (class > CLASSES) {
      p = heap_large(n);
      bytes_copy(p, i32(view), n);
    } else {
      let list = state + FREE + (class << 2);
      p = load.i32(list);
      if (p != 0) {
        store.i32(list, load.i32(p));
      } else {
        p = load.i32(state, NEXT);
        if (gtu(p + (class << 4), load.i32(state, END))) {
          heap_grow(class << 4);
          p = load.i32(state, NEXT);
        }
        store.i32(state, p + (class << 4), NEXT);
      }
      // Whole chunks, up to the end of the cell: the end of a string is no branch that goes wrong.
      let from = i32(view);
      let end = p + (class << 4);
      for (let to = p; ltu(to, end); to += 16) {
        store.v128(to, load.v128(from));
        from += 16;
      }
    }
    return (u64(n) << 32) | u64(p);
  }

  // Gives the bytes behind a view of heap_copy back.
  fn heap_release(state: i32, view: i64) {
    let n = i32(view >>> 32);
    if (n == 0) return;
    let class = (n + 15) >>> 4;
    if (class > CLASSES) {
      heap_free_large(i32(view));
      return;
    }
    let list = state + FREE + (class << 2);
    store.i32(i32(view), load.i32(list));
    store.i32(list, i32(view));
  }
`;

/** Where the strings of rows that are kept go. */
export interface StringStore {
  /** The operand with its bytes copied; of other types itself. */
  own(value: Operand): Operand;
  /** Emits the giving back of the string in one field of a row. */
  releaseField(f: FunctionBuilder, layout: FieldAccess, row: I32, index: number): void;
}

/** Copies into the strings of the host, which are freed together: for rows that are never taken out. */
export const arenaStrings: StringStore = {
  own: (value) => (value.physical === 'view' ? { ...value, value: copyOfView(validView(value)) } : value),
  releaseField: () => {},
};

/** The view, 0 where the value is NULL. */
function validView(value: Operand): I64 {
  return value.valid === null ? asI64(value) : select(value.valid, asI64(value), i64.const(0));
}

export class StringHeap implements StringStore {
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #state: number;
  readonly #blocks: { readonly address: number; readonly bytes: number }[] = [];
  readonly #large = new Map<number, number>();
  #blockBytes = FIRST_BLOCK;

  constructor(memory: LinearMemory, consumer: MemoryConsumer) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#state = memory.allocateZeroed(STATE_BYTES);
  }

  get externs(): Readonly<Record<string, Extern>> {
    return {
      heap_grow: (bytes: number) => this.#grow(bytes),
      heap_large: (bytes: number) => this.#takeLarge(bytes),
      heap_free_large: (address: number) => this.#freeLarge(address >>> 0),
    };
  }

  /** Bytes taken from memory. */
  get byteLength(): number {
    let sum = 0;
    for (const block of this.#blocks) sum += block.bytes;
    for (const bytes of this.#large.values()) sum += bytes;
    return sum;
  }

  own(value: Operand): Operand {
    if (value.physical !== 'view') return value;
    const copy = libraryFunction(stringHeapLibrary, 'heap_copy');
    const copied = call(copy, i32.address(this.#state), validView(value)) as I64;
    return { ...value, value: copied };
  }

  /** Emits the giving back of all strings of a row. */
  releaseRow(f: FunctionBuilder, layout: RowLayout, row: I32): void {
    for (const i of layout.fields.keys()) this.releaseField(f, layout, row, i);
  }

  releaseField(f: FunctionBuilder, layout: FieldAccess, row: I32, index: number): void {
    const value = layout.load(row, index);
    if (value.physical !== 'view') return;
    const release = libraryFunction(stringHeapLibrary, 'heap_release');
    f.do(call(release, i32.address(this.#state), validView(value)));
  }

  /** Room for bytes that the caller writes, from JavaScript: for rows that are read back. */
  reserve(length: number): number {
    if (length === 0) return 0;
    const bytes = (length + 15) & ~15;
    if (bytes > CLASSES * 16) return this.#takeLarge(length);
    const word = this.#state >>> 2;
    if (this.#memory.u32[word]! + bytes > this.#memory.u32[word + 1]!) this.#grow(bytes);
    const address = this.#memory.u32[word]!;
    this.#memory.u32[word] = address + bytes;
    return address;
  }

  clear(): void {
    for (const { address, bytes } of this.#blocks) {
      this.#memory.free(address);
      this.#consumer.release(bytes);
    }
    for (const [address, bytes] of this.#large) {
      this.#memory.free(address);
      this.#consumer.release(bytes);
    }
    this.#blocks.length = 0;
    this.#large.clear();
    this.#blockBytes = FIRST_BLOCK;
    this.#memory.fill(this.#state, 0, STATE_BYTES);
  }

  close(): void {
    this.clear();
    this.#memory.free(this.#state);
  }

  #grow(needed: number): undefined {
    const bytes = Math.max(this.#blockBytes, needed);
    const share = Math.max(this.#consumer.budget.share(BUDGET_SHARE), this.#blockBytes);
    this.#blockBytes = Math.min(this.#blockBytes * 2, LARGEST_BLOCK, share) & ~15;
    this.#consumer.reserve(bytes);
    const address = this.#memory.allocate(bytes);
    this.#blocks.push({ address, bytes });
    const word = this.#state >>> 2;
    this.#memory.u32[word] = address;
    this.#memory.u32[word + 1] = address + bytes;
    return undefined;
  }

  #takeLarge(bytes: number): number {
    this.#consumer.reserve(bytes);
    const address = this.#memory.allocate(bytes);
    this.#large.set(address, bytes);
    return address;
  }

  #freeLarge(address: number): undefined {
    const bytes = this.#large.get(address);
    assert(bytes !== undefined, 'a string of the heap is released twice');
    this.#large.delete(address);
    this.#memory.free(address);
    this.#consumer.release(bytes);
    return undefined;
  }
}
