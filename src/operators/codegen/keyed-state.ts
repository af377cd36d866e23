/**
 * State of an operator by key: a row per key, found by the key's fields, behind which a chain of further rows may hang
 * (the rows of a partition, or of a side of a join). A state with a time to live does not give what has expired.
 */
import { assert } from '../../base/assert.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { asI64, type Operand, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, i64 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { Extern } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { BIGINT, type DataType } from '../../types/data-type.ts';
import { FAIL, type KernelHost, RESERVE } from './kernel-host.ts';
import { stateHash } from './keys.ts';
import { RowLayout } from './row-layout.ts';
import { RowPages } from './row-pages.ts';
import { type FoundRow, RowTable, type SegmentKeeper } from './row-table.ts';
import type { StringHeap } from './string-heap.ts';

/** Rows behind the row of a key, each linked to the next by its first word; 0 is the end. */
export interface ChainOptions {
  readonly layout: RowLayout;
  /** Field of the key's row with the address of the first one. */
  readonly first: number;
  /** Field with the address of the last one; null: it is not kept. */
  readonly last: number | null;
}

export interface KeyedStateOptions {
  /** Distinguishes the states of one operator, in kernels and in snapshots. */
  readonly name: string;
  readonly types: readonly DataType[];
  /** Fields that are the key. */
  readonly keyFields: readonly number[];
  /** Milliseconds; 0 or left out: for ever. */
  readonly ttl?: number;
  /** How many keys are moved at a time, about; left out: as many as a segment of the table may have. */
  readonly segmentLimit?: number;
  readonly chain?: ChainOptions;
  /** The hash of a key whose key group is not that of its fields. */
  readonly hash?: (keys: readonly Operand[], context: CompileContext) => I32;
  /**
   * Emits the removal of what has expired in the chain of a row, and tells whether that is all: where rows of the chain
   * have a time to live of their own.
   */
  readonly expireChain?: (f: FunctionBuilder, row: I32) => I32;
  /** Emits the giving back of what a row holds elsewhere. */
  readonly onDrop?: (f: FunctionBuilder, row: I32) => void;
  /** What `onDrop` calls. */
  readonly externs?: Readonly<Record<string, Extern>>;
}

/** The operator that the state belongs to. */
export interface StateOwner {
  readonly host: KernelHost;
  readonly consumer: MemoryConsumer;
  readonly heap: StringHeap;
  readonly maxParallelism: number;
  /** Address of the time, in milliseconds. */
  readonly now: number;
}

export interface Chain extends ChainOptions {
  readonly pages: RowPages;
}

const TIME: DataType = { ...BIGINT, nullable: false };

export class KeyedState {
  readonly name: string;
  readonly layout: RowLayout;
  readonly table: RowTable;
  readonly chain: Chain | null;
  readonly #owner: StateOwner;
  readonly #options: KeyedStateOptions;
  /** Field with the time of the last write; -1: no time to live. */
  readonly #timeField: number;

  constructor(owner: StateOwner, options: KeyedStateOptions, keeper: SegmentKeeper) {
    const { name, types, chain, ttl = 0 } = options;
    this.name = name;
    this.#owner = owner;
    this.#options = options;
    this.#timeField = ttl > 0 ? types.length : -1;
    this.layout = new RowLayout(ttl > 0 ? [...types, TIME] : types);
    this.table = new RowTable(owner.host, owner.consumer, {
      rowSize: this.layout.size,
      name,
      keeper,
      ...(options.segmentLimit === undefined ? {} : { segmentLimit: options.segmentLimit }),
    });
    this.chain =
      chain === undefined
        ? null
        : { ...chain, pages: new RowPages(owner.host.memory, owner.consumer, chain.layout.size, `${name}_chain`) };
  }

  get externs(): Readonly<Record<string, Extern>> {
    return { ...this.table.externs, ...this.chain?.pages.externs, ...this.#options.externs };
  }

  /** The hash of a key. */
  hash(keys: readonly Operand[], context: CompileContext): I32 {
    return this.#options.hash?.(keys, context) ?? stateHash(keys, context, this.#owner.maxParallelism);
  }

  /** The key's operands in a row. */
  keysOf(row: I32): readonly Operand[] {
    return this.#options.keyFields.map((field) => this.layout.load(row, field));
  }

  /** Emits the search for the row with these key values, which is going to be changed. */
  find(context: CompileContext, keys: readonly Operand[]): FoundRow {
    return this.search(context, keys, true);
  }

  /** `find`. @param changes whether the row is going to be changed */
  search(context: CompileContext, keys: readonly Operand[], changes: boolean): FoundRow {
    const hash = this.hash(keys, context);
    // A row that has expired is removed.
    const mayChange = changes || this.expires;
    const search = () => this.table.findKeys(context, hash, keys, this.layout, this.#options.keyFields, mayChange);
    if (this.#timeField < 0) return search();
    const { f } = context;
    const row = f.declare('row', 'i32');
    const slot = f.declare('slot', 'i32');
    const label = f.freshLabel('live');
    f.loop({
      label,
      body: () => {
        const found = search();
        f.set(row, found.row);
        f.set(slot, found.slot);
        f.if(i32.eqz(row), () => f.break(label));
        f.if(i32.eqz(this.isExpired(row)), () => f.break(label));
        this.remove(f, { row, slot, hash });
      },
    });
    return { row, slot, hash };
  }

  /** Emits the finding of a row that is known to be there. */
  findRow(context: CompileContext, row: I32): FoundRow {
    const keys = this.keysOf(row).map((key) => context.bind(key, 'key'));
    const hash = this.hash(keys, context);
    return { ...this.table.find(context, hash, (candidate) => i32.eq(candidate, row)), hash };
  }

  /** Emits the making of a row where `find` found none; its fields are to be stored. */
  insert(f: FunctionBuilder, { hash, slot, row }: FoundRow): void {
    this.table.insert(f, hash, slot, row);
    this.wrote(f, row);
  }

  /** Emits the beginning of a new time to live. */
  wrote(f: FunctionBuilder, row: I32): void {
    if (this.#timeField < 0) return;
    const now = operand(TIME, i64.load(i32.address(this.#owner.now)), null);
    this.layout.store(f, row, this.#timeField, now);
  }

  /** Rows have a time to live. */
  get expires(): boolean {
    return this.#timeField >= 0;
  }

  /** Emits the removal of what has expired in a row; null: nothing ever does. @returns whether that is all */
  get expire(): ((f: FunctionBuilder, row: I32) => I32) | null {
    return this.expires ? (_, row) => this.isExpired(row) : (this.#options.expireChain ?? null);
  }

  /** Whether the time to live of a row is over. */
  isExpired(row: I32): I32 {
    if (this.#timeField < 0) return i32.const(0);
    const end = i64.add(asI64(this.layout.load(row, this.#timeField)), i64.const(this.#options.ttl!));
    return i64.le_s(end, i64.load(i32.address(this.#owner.now)));
  }

  /** Emits the storing of a field; strings are copied. */
  store(f: FunctionBuilder, row: I32, field: number, value: Operand): void {
    this.layout.store(f, row, field, this.#owner.heap.own(value));
  }

  load(row: I32, field: number): Operand {
    return this.layout.load(row, field);
  }

  /** Emits the giving back of the strings in a row, before its fields are overwritten. */
  releaseStrings(f: FunctionBuilder, row: I32): void {
    this.#owner.heap.releaseRow(f, this.layout, row);
  }

  /** Emits the removal of a key with its chain. */
  remove(f: FunctionBuilder, { slot, row }: FoundRow): void {
    this.release(f, row);
    this.table.remove(f, slot, row);
  }

  /** Emits the giving back of all that hangs on a row, but not of the row. */
  release(f: FunctionBuilder, row: I32): void {
    this.#options.onDrop?.(f, row);
    this.releaseStrings(f, row);
    const { chain } = this;
    if (chain === null) return;
    const record = f.let('chained', this.first(row));
    const next = f.declare('next', 'i32');
    f.while(record, () => {
      f.set(next, i32.load(record));
      this.#owner.heap.releaseRow(f, chain.layout, record);
      chain.pages.free(f, record);
      f.set(record, next);
    });
  }

  /** The first row of the chain. */
  first(row: I32): I32 {
    assert(this.chain !== null, 'a state without chains');
    return this.layout.load(row, this.chain.first).value as I32;
  }

  /** A context over a row of this state. */
  contextOf(f: FunctionBuilder, row: I32): CompileContext {
    return new CompileContext(f, (field) => this.layout.load(row, field), this.#owner.host, FAIL, RESERVE);
  }

  close(): void {
    this.table.close();
    this.chain?.pages.close();
  }
}
