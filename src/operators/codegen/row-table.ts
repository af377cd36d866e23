/**
 * A hash table of rows in linear memory: open addressing with linear probing over slots of `[hash, row]`, rows in pages
 * that never move. Group aggregation, deduplication, ranks and distinct sets keep their state in it; a hash join chains
 * rows behind one slot.
 */
import { assert } from '../../base/assert.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import { call, extern, type I32, i32, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';

/** Words of the state block. */
const SLOTS = 0;
const MASK = 4;
const COUNT = 8;
const LIMIT = 12;
const ROW_NEXT = 16;
const ROW_END = 20;
const FREE = 24;
/** Slots that are not empty: rows and deleted ones. */
const USED = 28;
const BLOCK_BYTES = 32;

const EMPTY = 0;
/** In place of the row of a deleted slot. */
const DELETED = 1;
const SLOT_BYTES = 8;
const FIRST_SLOTS = 64;
const FIRST_PAGE = 4096;
const LARGEST_PAGE = 1 << 20;
/** A page takes at most this part of the budget. */
const BUDGET_SHARE = 32;

export interface RowTableOptions {
  /** Bytes per row. */
  readonly rowSize: number;
  /** Distinguishes the tables of one program. */
  readonly name: string;
  /** Rows to expect. */
  readonly expectedRows?: number;
}

export class RowTable {
  /** Address of the state block. */
  readonly block: number;
  readonly rowSize: number;
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #name: string;
  readonly #pages: { readonly address: number; readonly bytes: number }[] = [];
  #pageBytes: number;
  #slotCount = 0;

  constructor(memory: LinearMemory, consumer: MemoryConsumer, options: RowTableOptions) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#name = options.name;
    this.rowSize = options.rowSize;
    this.#pageBytes = Math.max(FIRST_PAGE, options.rowSize * 8);
    this.block = memory.allocateZeroed(BLOCK_BYTES);
    let slots = FIRST_SLOTS;
    while (slots < (options.expectedRows ?? 0) * 2) slots *= 2;
    this.#makeSlots(slots);
  }

  get count(): number {
    return this.#memory.u32[(this.block + COUNT) >>> 2]!;
  }

  /** Bytes of slots and rows. */
  get byteLength(): number {
    return this.#slotCount * SLOT_BYTES + this.#pages.reduce((sum, page) => sum + page.bytes, 0);
  }

  /** Externs `<name>_grow_slots` and `<name>_grow_rows` of the kernels that insert. */
  get externs(): Readonly<Record<string, Extern>> {
    return {
      [`${this.#name}_grow_slots`]: () => this.#growSlots(),
      [`${this.#name}_grow_rows`]: () => this.#growRows(),
    };
  }

  /** Calls `visit` with the address of every row, in the order of the slots. */
  forEachRow(visit: (row: number) => void): void {
    for (let slot = 0; slot < this.#slotCount; slot++) {
      const row = this.rowOfSlot(slot);
      if (row > DELETED) visit(row);
    }
  }

  get slotCount(): number {
    return this.#slotCount;
  }

  /** The row in a slot; 0 or 1 where there is none. */
  rowOfSlot(slot: number): number {
    return this.#memory.u32[((this.#u32(SLOTS) + slot * SLOT_BYTES) >>> 2) + 1]!;
  }

  hashOfSlot(slot: number): number {
    return this.#memory.u32[(this.#u32(SLOTS) + slot * SLOT_BYTES) >>> 2]!;
  }

  /** Puts a row with this hash into the table; the caller writes its fields. For restoring, not for the hot path. */
  addRow(hash: number): number {
    const row = this.takeRow();
    const mask = this.#u32(MASK);
    let index = hash & mask;
    while (this.rowOfSlot(index) !== EMPTY) index = (index + 1) & mask;
    const slot = (this.#u32(SLOTS) + index * SLOT_BYTES) >>> 2;
    this.#memory.u32[slot] = hash;
    this.#memory.u32[slot + 1] = row;
    this.#set(COUNT, this.count + 1);
    this.#set(USED, this.#u32(USED) + 1);
    if (this.#u32(USED) >= this.#u32(LIMIT)) this.#growSlots();
    return row;
  }

  /** Memory for a row that is in no slot, as `newRow` takes it in kernels. */
  takeRow(): number {
    const free = this.#u32(FREE);
    if (free !== 0) {
      this.#set(FREE, this.#memory.u32[free >>> 2]!);
      return free;
    }
    if (this.#u32(ROW_NEXT) + this.rowSize > this.#u32(ROW_END)) this.#growRows();
    const row = this.#u32(ROW_NEXT);
    this.#set(ROW_NEXT, row + this.rowSize);
    return row;
  }

  /** Removes all rows and gives their memory back. */
  clear(): void {
    for (const page of this.#pages) {
      this.#memory.free(page.address);
      this.#consumer.release(page.bytes);
    }
    this.#pages.length = 0;
    this.#pageBytes = Math.max(FIRST_PAGE, this.rowSize * 8);
    this.#set(ROW_NEXT, 0);
    this.#set(ROW_END, 0);
    this.#set(FREE, 0);
    this.#set(COUNT, 0);
    this.#freeSlots();
    this.#makeSlots(FIRST_SLOTS);
  }

  close(): void {
    for (const page of this.#pages) {
      this.#memory.free(page.address);
      this.#consumer.release(page.bytes);
    }
    this.#pages.length = 0;
    this.#freeSlots();
    this.#memory.free(this.block);
  }

  /**
   * Emits the search for a key. `row` is 0 where there is none.
   *
   * @param matches whether the row at this address has the key; emitted inside the probing loop
   * @returns locals: the row, and the slot where the search ended (of the row, or empty)
   */
  find(
    context: CompileContext,
    hash: I32,
    matches: (row: Variable<'i32'>) => I32,
  ): { readonly row: Variable<'i32'>; readonly slot: Variable<'i32'> } {
    const f = context.f;
    const block = i32.address(this.block);
    const slots = f.let('slots', i32.load(block, SLOTS));
    const mask = f.let('mask', i32.load(block, MASK));
    const index = f.let('index', i32.and(hash, mask));
    const row = f.declare('row', 'i32');
    const slot = f.declare('slot', 'i32');
    const label = f.freshLabel('probe');
    f.loop({
      label,
      body: () => {
        f.set(slot, i32.add(slots, i32.shl(index, i32.const(3))));
        f.set(row, i32.load(slot, 4));
        f.if(i32.eqz(row), () => f.break(label));
        f.if(i32.and(i32.eq(i32.load(slot), hash), i32.ne(row, i32.const(DELETED))), () => {
          context.scoped(() => f.if(matches(row), () => f.break(label)));
        });
      },
      step: () => f.set(index, i32.and(i32.add(index, i32.const(1)), mask)),
    });
    return { row, slot };
  }

  /**
   * Emits the insertion of a new row into the empty slot that `find` ended at; sets `row`. Its contents are undefined.
   */
  insert(f: FunctionBuilder, hash: I32, slot: I32, row: Variable<'i32'>): void {
    const block = i32.address(this.block);
    this.newRow(f, row);
    f.do(i32.store(slot, hash));
    f.do(i32.store(slot, row, 4));
    f.do(i32.store(block, i32.add(i32.load(block, COUNT), i32.const(1)), COUNT));
    const used = f.let('used', i32.add(i32.load(block, USED), i32.const(1)));
    f.do(i32.store(block, used, USED));
    f.if(i32.ge_u(used, i32.load(block, LIMIT)), () => {
      f.do(call(extern(`${this.#name}_grow_slots`, [], undefined)));
    });
  }

  /** Emits the reading of the row in slot number `slot`; 0 or 1 where there is none. */
  rowAt(f: FunctionBuilder, slot: I32): Variable<'i32'> {
    const at = i32.add(i32.load(i32.address(this.block), SLOTS), i32.shl(slot, i32.const(3)));
    return f.let('row', i32.load(at, 4));
  }

  /** Emits the taking of memory for one row, in no slot. */
  newRow(f: FunctionBuilder, row: Variable<'i32'>): void {
    const block = i32.address(this.block);
    f.set(row, i32.load(block, FREE));
    f.if(
      row,
      () => f.do(i32.store(block, i32.load(row), FREE)),
      () => {
        f.set(row, i32.load(block, ROW_NEXT));
        f.if(i32.gt_u(i32.add(row, i32.const(this.rowSize)), i32.load(block, ROW_END)), () => {
          f.do(call(extern(`${this.#name}_grow_rows`, [], undefined)));
          f.set(row, i32.load(block, ROW_NEXT));
        });
        f.do(i32.store(block, i32.add(row, i32.const(this.rowSize)), ROW_NEXT));
      },
    );
  }

  /** Emits the removal of the row in a slot that `find` gave; its memory is used again. */
  remove(f: FunctionBuilder, slot: I32, row: I32): void {
    const block = i32.address(this.block);
    f.do(i32.store(slot, i32.const(DELETED), 4));
    this.freeRow(f, row);
    f.do(i32.store(block, i32.sub(i32.load(block, COUNT), i32.const(1)), COUNT));
  }

  /** Emits the giving back of a row that is in no slot. */
  freeRow(f: FunctionBuilder, row: I32): void {
    const block = i32.address(this.block);
    f.do(i32.store(row, i32.load(block, FREE)));
    f.do(i32.store(block, row, FREE));
  }

  #growRows(): undefined {
    const bytes = this.#pageBytes;
    const share = Math.max(this.#consumer.budget.limit / BUDGET_SHARE, bytes);
    this.#pageBytes = Math.min(this.#pageBytes * 2, LARGEST_PAGE, Math.floor(share) & ~7);
    this.#consumer.reserve(bytes);
    const address = this.#memory.allocate(bytes);
    this.#pages.push({ address, bytes });
    this.#set(ROW_NEXT, address);
    this.#set(ROW_END, address + bytes);
    return undefined;
  }

  /** Rehashes into as many slots as the live rows need: deleted slots vanish. */
  #growSlots(): undefined {
    const from = this.#u32(SLOTS);
    const oldCount = this.#slotCount;
    const live = this.count;
    let slots = FIRST_SLOTS;
    while (slots < live * 4) slots *= 2;
    this.#consumer.reserve(slots * SLOT_BYTES);
    const to = this.#memory.allocateZeroed(slots * SLOT_BYTES);
    const u32 = this.#memory.u32;
    const mask = slots - 1;
    let moved = 0;
    for (let slot = 0; slot < oldCount; slot++) {
      const at = (from + slot * SLOT_BYTES) >>> 2;
      const row = u32[at + 1]!;
      if (row <= DELETED) continue;
      let index = u32[at]! & mask;
      while (u32[((to + index * SLOT_BYTES) >>> 2) + 1] !== EMPTY) index = (index + 1) & mask;
      const target = (to + index * SLOT_BYTES) >>> 2;
      u32[target] = u32[at]!;
      u32[target + 1] = row;
      moved++;
    }
    assert(moved === live, `${moved} of ${live} rows were rehashed`);
    this.#freeSlots();
    this.#adopt(to, slots);
    return undefined;
  }

  #makeSlots(slots: number): void {
    this.#consumer.reserve(slots * SLOT_BYTES);
    this.#adopt(this.#memory.allocateZeroed(slots * SLOT_BYTES), slots);
  }

  #adopt(address: number, slots: number): void {
    this.#slotCount = slots;
    this.#set(SLOTS, address);
    this.#set(MASK, slots - 1);
    this.#set(LIMIT, slots >>> 1);
    this.#set(USED, this.count);
  }

  #freeSlots(): void {
    this.#memory.free(this.#u32(SLOTS));
    this.#consumer.release(this.#slotCount * SLOT_BYTES);
    this.#slotCount = 0;
  }

  #u32(offset: number): number {
    return this.#memory.u32[(this.block + offset) >>> 2]!;
  }

  #set(offset: number, value: number): void {
    this.#memory.u32[(this.block + offset) >>> 2] = value;
  }
}
