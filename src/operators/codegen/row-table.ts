/**
 * A hash table of rows in linear memory that never stalls to grow: extendible hashing. A directory, indexed by the low
 * bits of the hash, leads to segments of a fixed number of slots `[hash, row]`; a full segment is split in two, and the
 * directory doubles when a segment has become as deep as it. Rows are in pages and never move. Group aggregation,
 * deduplication, ranks, joins and distinct sets keep their rows in it.
 *
 * A segment is also what state is moved to disk and into snapshots by. A table with a keeper notes in the directory
 * which segments have been used and changed, calls `<name>_load` for one that is not in memory, and `<name>_change`
 * before one changes that has not changed in this epoch.
 */
import { assert } from '../../base/assert.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { call, extern, type I32, i32, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { CompiledKernel, Extern, KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { sameKeys } from './keys.ts';
import type { RowLayout } from './row-layout.ts';
import { RowPages } from './row-pages.ts';
import {
  DELETED,
  DEPTH,
  SEGMENT_BYTES,
  SEGMENT_HEADER,
  SEGMENT_LIMIT,
  SEGMENT_SHIFT,
  SEGMENT_SLOTS,
  SLOT_BYTES,
  SPREAD,
  SPREAD_SHIFT,
  segmentLibrary,
  USED,
} from './segment-library.ts';

/** Words of the state block. */
const DIRECTORY = 0;
const MASK = 4;
const COUNT = 8;
/** What marks a change of this epoch in the directory. */
const STAMP = 12;
const BLOCK_BYTES = 16;

const EMPTY = 0;
/** An entry of the directory: the segment's address, or where it is not in memory its handle * 2 + 1; its stamp. */
const ENTRY_BYTES = 8;
const ENTRY_STAMP = 4;
/** Bits of a stamp: used since this was last cleared; above them the epoch of the last change. */
const TOUCHED = 1;
const EPOCH_SHIFT = 8;

const DEEPEST = 28;
/** Segments that are taken from memory at a time, at most. */
const MOST_PER_SLAB = 128;
const BUDGET_SHARE = 32;

export interface RowTableOptions {
  /** Bytes per row. */
  readonly rowSize: number;
  /** Distinguishes the tables of one program. */
  readonly name: string;
  /** Rows to expect. */
  readonly expectedRows?: number;
  /** Slots in use at which a segment is split. */
  readonly segmentLimit?: number;
  /** Left out: segments stay in memory, and changes are not noted. */
  readonly keeper?: SegmentKeeper;
}

/** Who takes segments out of memory and writes them into snapshots. */
export interface SegmentKeeper {
  /** The segment of this hash is needed, and is not in memory. */
  load(hash: number): void;
  /** The segment is in memory and as its epoch left it; a kernel is about to change it. */
  beforeChange(segment: Segment): void;
}

/** Where a search ended. */
export interface FoundRow {
  /** 0: there is none. */
  readonly row: Variable<'i32'>;
  readonly slot: Variable<'i32'>;
  readonly hash: I32;
}

/** Where a table lives. */
export interface TableContext {
  readonly memory: LinearMemory;
  readonly compiler: KernelCompiler;
}

/** One segment, as the directory has it. */
export interface Segment {
  /** The low `depth` bits of the hashes of its rows. */
  readonly prefix: number;
  readonly depth: number;
  /** 0: it is not in memory. */
  readonly address: number;
  /** What `evict` was given, where the address is 0. */
  readonly handle: number;
  readonly touched: boolean;
  /** The epoch of the last change. */
  readonly epoch: number;
}

function segmentOf(prefix: number, depth: number, entry: number, stamp: number): Segment {
  const out = (entry & 1) !== 0;
  return {
    prefix,
    depth,
    address: out ? 0 : entry,
    handle: out ? entry >>> 1 : -1,
    touched: (stamp & TOUCHED) !== 0,
    epoch: stamp >>> EPOCH_SHIFT,
  };
}

export class RowTable {
  readonly rows: RowPages;
  /** Slots in use at which a segment is split. */
  readonly segmentLimit: number;
  /** Address of the state block. */
  readonly #block: number;
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #name: string;
  readonly #keeper: SegmentKeeper | null;
  readonly #kernels: Readonly<Record<string, CompiledKernel>>;
  readonly #slabs: { readonly address: number; readonly bytes: number }[] = [];
  readonly #freeSegments: number[] = [];
  #segmentsPerSlab = 1;
  #depth = 0;

  constructor({ memory, compiler }: TableContext, consumer: MemoryConsumer, options: RowTableOptions) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#name = options.name;
    this.segmentLimit = options.segmentLimit ?? SEGMENT_LIMIT;
    this.#keeper = options.keeper ?? null;
    this.#kernels = compiler.compileLibraries([segmentLibrary]);
    this.rows = new RowPages(memory, consumer, options.rowSize, options.name);
    this.#block = memory.allocateZeroed(BLOCK_BYTES);
    this.#start(options.expectedRows ?? 0);
  }

  get rowSize(): number {
    return this.rows.rowSize;
  }

  /** Rows in memory. */
  get count(): number {
    return this.#u32(COUNT);
  }

  /** Bytes of slots and rows. */
  get byteLength(): number {
    return this.#slabs.reduce((sum, slab) => sum + slab.bytes, this.#directoryBytes) + this.rows.byteLength;
  }

  /** Externs `<name>_...` of the kernels that search and insert. */
  get externs(): Readonly<Record<string, Extern>> {
    return {
      ...this.rows.externs,
      [`${this.#name}_grow`]: (hash: number) => this.#grow(hash),
      [`${this.#name}_load`]: (hash: number) => {
        this.#keeper?.load(hash);
        return undefined;
      },
      [`${this.#name}_change`]: (hash: number) => this.#change(hash),
    };
  }

  /** Calls `visit` with the address of every row in memory, in the order of the slots. */
  forEachRow(visit: (row: number) => void): void {
    for (let slot = 0; slot < this.slotCount; slot++) {
      const row = this.rowOfSlot(slot);
      if (row > DELETED) visit(row);
    }
  }

  /** Slots are numbered through the directory; where it leads to a segment once more they are empty. */
  get slotCount(): number {
    return SEGMENT_SLOTS << this.#depth;
  }

  /** The row in a slot; 0 or 1 where there is none. */
  rowOfSlot(slot: number): number {
    const at = this.#slotAddress(slot);
    return at === 0 ? EMPTY : this.#memory.u32[(at >>> 2) + 1]!;
  }

  hashOfSlot(slot: number): number {
    return this.#memory.u32[this.#slotAddress(slot) >>> 2]!;
  }

  /** Puts a row with this hash into the table; the caller writes its fields. For restoring, not for the hot path. */
  addRow(hash: number): number {
    const row = this.rows.takeRow();
    const segment = this.#segmentOf(hash);
    this.#kernels['segment_put']!(segment, hash, row);
    this.#set(COUNT, this.count + 1);
    if (this.#memory.u32[(segment + USED) >>> 2]! >= this.segmentLimit) this.#grow(hash);
    return row;
  }

  /** Removes all rows and gives their memory back. @param expectedRows that come next */
  clear(expectedRows = 0): void {
    this.rows.clear();
    this.#freeSlots();
    this.#set(COUNT, 0);
    this.#start(expectedRows);
  }

  close(): void {
    this.rows.close();
    this.#freeSlots();
    this.#memory.free(this.#block);
  }

  /**
   * Emits the search for a key. `row` is 0 where there is none.
   *
   * @param matches whether the row at this address has the key; emitted inside the probing loop
   * @param changes whether the row is going to be changed
   * @returns locals: the row, and the slot where the search ended (of the row, or empty)
   */
  find(
    context: CompileContext,
    hash: I32,
    matches: (row: Variable<'i32'>) => I32,
    changes = true,
  ): { readonly row: Variable<'i32'>; readonly slot: Variable<'i32'> } {
    const f = context.f;
    const segment = this.#findSegment(f, hash, changes);
    const slots = f.let('slots', i32.add(segment, i32.const(SEGMENT_HEADER)));
    const spread = i32.mul(hash, i32.const(SPREAD));
    const index = f.let('index', i32.shr_u(spread, i32.const(SPREAD_SHIFT)));
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
      step: () => f.set(index, i32.and(i32.add(index, i32.const(1)), i32.const(SEGMENT_SLOTS - 1))),
    });
    return { row, slot };
  }

  /**
   * Emits the search for the row whose fields are these keys.
   *
   * @param fields of the layout, by key
   */
  findKeys(
    context: CompileContext,
    hash: I32,
    keys: readonly Operand[],
    layout: RowLayout,
    fields: readonly number[],
    changes = true,
  ): FoundRow {
    const search = this.find(
      context,
      hash,
      (candidate) => {
        const theirs = fields.map((field) => context.bind(layout.load(candidate, field), 'k'));
        return sameKeys(keys, theirs, context);
      },
      changes,
    );
    return { ...search, hash };
  }

  /**
   * Emits the insertion of a new row into the empty slot that `find` ended at; sets `row`. Its contents are undefined.
   */
  insert(f: FunctionBuilder, hash: I32, slot: I32, row: Variable<'i32'>): void {
    const block = i32.address(this.#block);
    this.rows.take(f, row);
    f.do(i32.store(slot, hash));
    f.do(i32.store(slot, row, 4));
    f.do(i32.store(block, i32.add(i32.load(block, COUNT), i32.const(1)), COUNT));
    const segment = f.let('segment', i32.load(this.#entryOf(hash)));
    const used = f.let('used', i32.add(i32.load(segment, USED), i32.const(1)));
    f.do(i32.store(segment, used, USED));
    f.if(i32.ge_u(used, i32.const(this.segmentLimit)), () => {
      f.do(call(extern(`${this.#name}_grow`, ['i32'], undefined), hash));
    });
  }

  /** Emits the reading of the row in slot number `slot`; 0 or 1 where there is none. */
  rowAt(f: FunctionBuilder, slot: I32): Variable<'i32'> {
    const index = f.let('segmentIndex', i32.shr_u(slot, i32.const(SEGMENT_SHIFT)));
    const entries = i32.load(i32.address(this.#block), DIRECTORY);
    const segment = f.let('segment', i32.load(i32.add(entries, i32.shl(index, i32.const(3)))));
    const row = f.let('row', i32.const(EMPTY));
    f.if(i32.eqz(i32.shr_u(index, i32.load(segment, DEPTH))), () => {
      const at = i32.shl(i32.and(slot, i32.const(SEGMENT_SLOTS - 1)), i32.const(3));
      f.set(row, i32.load(i32.add(i32.add(segment, i32.const(SEGMENT_HEADER)), at), 4));
    });
    return row;
  }

  /** Emits the removal of the row in a slot that `find` gave; its memory is used again. */
  remove(f: FunctionBuilder, slot: I32, row: I32): void {
    const block = i32.address(this.#block);
    f.do(i32.store(slot, i32.const(DELETED), 4));
    this.rows.free(f, row);
    f.do(i32.store(block, i32.sub(i32.load(block, COUNT), i32.const(1)), COUNT));
  }

  /** The segments, each once. */
  segments(): Segment[] {
    const found: Segment[] = [];
    for (let prefix = 0; prefix < this.directorySize; prefix++) {
      const segment = this.segmentAt(prefix);
      if (segment !== null) found.push(segment);
    }
    return found;
  }

  /** Places in the directory. */
  get directorySize(): number {
    return 1 << this.#depth;
  }

  /** The segment whose prefix is this place in the directory; null: the place belongs to one with another prefix. */
  segmentAt(prefix: number): Segment | null {
    const { u32 } = this.#memory;
    const base = this.#u32(DIRECTORY) >>> 2;
    const entry = u32[base + prefix * 2]!;
    if (prefix > 0 && u32[base + (prefix - (1 << (31 - Math.clz32(prefix)))) * 2] === entry) return null;
    let depth = prefix === 0 ? 0 : 32 - Math.clz32(prefix);
    while (depth < this.#depth && u32[base + (prefix + (1 << depth)) * 2] !== entry) depth++;
    let stamp = 0;
    this.#eachEntry(prefix, depth, (word) => {
      stamp |= u32[word + 1]!;
    });
    return segmentOf(prefix, depth, entry, stamp);
  }

  /** Changes from now on carry this epoch, from 1. */
  setEpoch(epoch: number): void {
    this.#set(STAMP, (epoch << EPOCH_SHIFT) | TOUCHED);
  }

  /** Forgets that the segment was used. */
  untouch({ prefix, depth, epoch }: Segment): void {
    this.#eachEntry(prefix, depth, (word) => {
      this.#memory.u32[word + 1] = epoch << EPOCH_SHIFT;
    });
  }

  /** Takes a segment whose rows are gone out of memory, and notes the handle in its place. */
  evict({ prefix, depth, address, epoch }: Segment, handle: number): void {
    this.#set(COUNT, this.count - this.segmentRows(address));
    this.#freeSegments.push(address);
    this.#eachEntry(prefix, depth, (word) => {
      this.#memory.u32[word] = ((handle << 1) | 1) >>> 0;
      this.#memory.u32[word + 1] = epoch << EPOCH_SHIFT;
    });
  }

  /** What stands for the segment of this hash, which is not in memory. */
  missing(hash: number): Segment {
    const { u32 } = this.#memory;
    const base = this.#u32(DIRECTORY) >>> 2;
    const entry = u32[base + (hash & this.#u32(MASK)) * 2]!;
    assert((entry & 1) !== 0, 'a segment that is in memory is missed');
    let depth = this.#depth;
    // Entries of one segment agree in their low bits alone.
    while (depth > 0 && u32[base + ((hash & this.#u32(MASK)) ^ (1 << (depth - 1))) * 2] === entry) depth--;
    const prefix = hash & ((1 << depth) - 1);
    return segmentOf(prefix, depth, entry, u32[base + prefix * 2 + 1]!);
  }

  /** Puts an empty segment in the place of one that is not in memory. */
  adopt({ prefix, depth, epoch }: Segment): void {
    const segment = this.#takeSegment(depth);
    this.#eachEntry(prefix, depth, (word) => {
      this.#memory.u32[word] = segment;
      this.#memory.u32[word + 1] = (epoch << EPOCH_SHIFT) | TOUCHED;
    });
  }

  /** The next segment in memory behind a place in the directory, or the first again; null: there is none. */
  inMemoryAfter(place: number): Segment | null {
    const { u32 } = this.#memory;
    const base = this.#u32(DIRECTORY) >>> 2;
    const mask = this.#u32(MASK);
    for (let step = 1; step <= mask + 1; step++) {
      const prefix = (place + step) & mask;
      const entry = u32[base + prefix * 2]!;
      const depth = (entry & 1) === 0 ? u32[(entry + DEPTH) >>> 2]! : 0;
      if ((entry & 1) !== 0 || prefix >>> depth !== 0) continue;
      return segmentOf(prefix, depth, entry, u32[base + prefix * 2 + 1]!);
    }
    return null;
  }

  /** The segment as it is now; it has not been split. */
  current(segment: Segment): Segment {
    const { prefix, depth, epoch } = segment;
    return segmentOf(prefix, depth, this.#segmentOf(prefix), epoch << EPOCH_SHIFT);
  }

  segmentRows(address: number): number {
    return Number(this.#kernels['segment_rows']!(address));
  }

  /** Gives the memory of the slots back when no segment is left in memory. */
  releaseSlots(): void {
    assert(this.count === 0, 'the slots of rows in memory are given back');
    this.rows.clear();
    this.#freeSlabs();
  }

  #eachEntry(prefix: number, depth: number, visit: (word: number) => void): void {
    const base = this.#u32(DIRECTORY) >>> 2;
    for (let at = prefix; at < 1 << this.#depth; at += 1 << depth) visit(base + at * 2);
  }

  #entryOf(hash: I32): I32 {
    const block = i32.address(this.#block);
    const index = i32.and(hash, i32.load(block, MASK));
    return i32.add(i32.load(block, DIRECTORY), i32.shl(index, i32.const(3)));
  }

  #findSegment(f: FunctionBuilder, hash: I32, changes: boolean): Variable<'i32'> {
    const entry = f.let('entry', this.#entryOf(hash));
    const segment = f.let('segment', i32.load(entry));
    if (this.#keeper === null) return segment;
    f.if(i32.and(segment, i32.const(1)), () => {
      f.do(call(extern(`${this.#name}_load`, ['i32'], undefined), hash));
      f.set(entry, this.#entryOf(hash));
      f.set(segment, i32.load(entry));
    });
    if (changes) {
      const isNoted = i32.eq(i32.load(entry, ENTRY_STAMP), i32.load(i32.address(this.#block), STAMP));
      f.if(i32.eqz(isNoted), () => f.do(call(extern(`${this.#name}_change`, ['i32'], undefined), hash)));
    } else f.do(i32.store8(entry, i32.const(TOUCHED), ENTRY_STAMP));
    return segment;
  }

  /** Notes in all entries of the segment of this hash that it changes in this epoch. */
  #change(hash: number): undefined {
    const address = this.#segmentOf(hash);
    const depth = this.#memory.u32[(address + DEPTH) >>> 2]!;
    const prefix = hash & ((1 << depth) - 1);
    const stamp = this.#u32(STAMP);
    const before = this.#memory.u32[(this.#u32(DIRECTORY) + prefix * ENTRY_BYTES + ENTRY_STAMP) >>> 2]!;
    if (before >>> EPOCH_SHIFT !== stamp >>> EPOCH_SHIFT) {
      this.#keeper!.beforeChange(segmentOf(prefix, depth, address, before));
    }
    this.#eachEntry(prefix, depth, (word) => {
      this.#memory.u32[word + 1] = stamp;
    });
    return undefined;
  }

  #slotAddress(slot: number): number {
    const { u32 } = this.#memory;
    const index = Math.floor(slot / SEGMENT_SLOTS);
    const segment = u32[(this.#u32(DIRECTORY) + index * ENTRY_BYTES) >>> 2]!;
    if ((segment & 1) !== 0 || index >>> u32[(segment + DEPTH) >>> 2]! !== 0) return 0;
    return segment + SEGMENT_HEADER + (slot % SEGMENT_SLOTS) * SLOT_BYTES;
  }

  #segmentOf(hash: number): number {
    return this.#memory.u32[(this.#u32(DIRECTORY) + (hash & this.#u32(MASK)) * ENTRY_BYTES) >>> 2]!;
  }

  get #directoryBytes(): number {
    return ENTRY_BYTES << this.#depth;
  }

  /** Splits the segment of this hash, or cleans it of deleted slots where these are most. */
  #grow(hash: number): undefined {
    const old = this.#segmentOf(hash);
    const depth = this.#memory.u32[(old + DEPTH) >>> 2]!;
    const prefix = hash & ((1 << depth) - 1);
    const splits = this.segmentRows(old) * 2 > this.segmentLimit;
    if (splits && depth === this.#depth) this.#doubleDirectory();
    const low = this.#takeSegment(splits ? depth + 1 : depth);
    const high = splits ? this.#takeSegment(depth + 1) : low;
    this.#kernels['segment_split']!(old, low, high, depth);
    const stamp = this.#u32(STAMP);
    const { u32 } = this.#memory;
    const base = this.#u32(DIRECTORY) >>> 2;
    this.#eachEntry(prefix, depth, (word) => {
      const isHigh = (((word - base) >>> 1) >>> depth) & 1;
      u32[word] = isHigh !== 0 ? high : low;
      u32[word + 1] = stamp;
    });
    this.#freeSegments.push(old);
    return undefined;
  }

  #doubleDirectory(): void {
    assert(this.#depth < DEEPEST, 'hashes that are all the same');
    const bytes = this.#directoryBytes;
    this.#consumer.reserve(bytes);
    const from = this.#u32(DIRECTORY);
    const to = this.#memory.allocate(bytes * 2);
    this.#memory.copy(to, from, bytes);
    this.#memory.copy(to + bytes, from, bytes);
    this.#memory.free(from);
    this.#depth++;
    this.#setDirectory(to);
  }

  /** A directory of empty segments. */
  #start(expectedRows: number): void {
    let depth = 0;
    while (this.segmentLimit << depth < expectedRows) depth++;
    this.#depth = depth;
    this.#consumer.reserve(this.#directoryBytes);
    this.#setDirectory(this.#memory.allocate(this.#directoryBytes));
    this.setEpoch(1);
    for (let i = 0; i < 1 << depth; i++) {
      const segment = this.#takeSegment(depth);
      const word = (this.#u32(DIRECTORY) + i * ENTRY_BYTES) >>> 2;
      this.#memory.u32[word] = segment;
      this.#memory.u32[word + 1] = 0;
    }
  }

  #setDirectory(address: number): void {
    this.#set(DIRECTORY, address);
    this.#set(MASK, (1 << this.#depth) - 1);
  }

  #takeSegment(depth: number): number {
    if (this.#freeSegments.length === 0) this.#addSlab();
    const segment = this.#freeSegments.pop()!;
    this.#memory.fill(segment, 0, SEGMENT_BYTES);
    this.#memory.u32[(segment + DEPTH) >>> 2] = depth;
    return segment;
  }

  #addSlab(): void {
    const bytes = this.#segmentsPerSlab * SEGMENT_BYTES;
    const share = Math.max(1, Math.floor(this.#consumer.budget.share(BUDGET_SHARE) / SEGMENT_BYTES));
    this.#consumer.reserve(bytes);
    const address = this.#memory.allocate(bytes);
    this.#slabs.push({ address, bytes });
    for (let i = this.#segmentsPerSlab - 1; i >= 0; i--) this.#freeSegments.push(address + i * SEGMENT_BYTES);
    this.#segmentsPerSlab = Math.min(this.#segmentsPerSlab * 2, MOST_PER_SLAB, share);
  }

  #freeSlots(): void {
    this.#freeSlabs();
    this.#memory.free(this.#u32(DIRECTORY));
    this.#consumer.release(this.#directoryBytes);
  }

  #freeSlabs(): void {
    for (const slab of this.#slabs) {
      this.#memory.free(slab.address);
      this.#consumer.release(slab.bytes);
    }
    this.#slabs.length = 0;
    this.#freeSegments.length = 0;
    this.#segmentsPerSlab = 1;
  }

  #u32(offset: number): number {
    return this.#memory.u32[(this.#block + offset) >>> 2]!;
  }

  #set(offset: number, value: number): void {
    this.#memory.u32[(this.#block + offset) >>> 2] = value;
  }
}
