/**
 * Sorts rows that kernels store: in memory by a merge sort of their addresses; beyond the budget as sorted runs on disk
 * that are merged when the rows are read. The rows come out in chunks of addresses. Stable.
 */
import { assert } from '../../base/assert.ts';
import type { Retained } from '../../columnar/batch.ts';
import type { OperatorContext } from '../../dataflow/operator.ts';
import type { Ordering } from '../../dataflow/traits.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { type I32, i32 } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import { MERGE_SORT_STATE_BYTES, sortLibrary } from '../../kernel/library/sort.ts';
import type { CompiledKernel, Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { compareRows } from '../codegen/ordering.ts';
import type { RowLayout } from '../codegen/row-layout.ts';
import { RowStore } from '../codegen/row-store.ts';
import { forEachAddress, RowSpiller, type SpilledRows } from '../codegen/spill-rows.ts';
import { StringPool } from '../codegen/string-pool.ts';
import { RunMerger } from './run-merger.ts';

/** Row addresses that one step of the merge sort works through. */
const SORT_STEP = 1 << 16;
const MOST_CHUNK_ROWS = 1 << 14;
/** Below so many bytes nothing is spilled: runs would be too short, whoever has taken the budget. */
const LEAST_RUN_BYTES = 1 << 16;
/** Rows that one step of a merge to a longer run takes. */
const MERGE_STEP = 1 << 14;

export interface SortedChunk {
  /** Of the addresses of the rows. */
  readonly addresses: number;
  readonly count: number;
  /** What the rows' strings are in. */
  readonly strings: Retained;
  /** No rows follow. */
  readonly last: boolean;
}

export interface ExternalSortOptions {
  /** Distinguishes the stores of one program. */
  readonly name: string;
  readonly consumer: string;
  readonly layout: RowLayout;
  readonly ordering: Ordering;
  /** Rows beyond these many are not needed. */
  readonly limit: number | null;
}

export class ExternalSort {
  readonly layout: RowLayout;
  readonly #name: string;
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #host: KernelHost;
  readonly #limit: number | null;
  readonly #rows: RowStore;
  readonly #strings: StringPool;
  readonly #spiller: RowSpiller;
  readonly #merger: RunMerger;
  /** Address of the word that says whether the budget is exceeded. */
  readonly #short: number;
  readonly #sortState: number;
  readonly #chunkRows: number;
  readonly #less: KernelFunction;
  #sorting: Readonly<Record<string, CompiledKernel>> | null = null;
  #moving: Readonly<Record<string, CompiledKernel>> | null = null;
  #runs: SpilledRows[] = [];
  /** Runs of the next pass, where there are too many to merge at once; in order of arrival, as those of this pass. */
  #nextRuns: SpilledRows[] = [];
  /** Two lists of row addresses while sorting, one list of a chunk while merging. */
  #addresses = 0;
  #addressBytes = 0;
  /** Of the sorted list; 0: not sorted yet. */
  #sorted = 0;
  #count = 0;
  #taken = 0;
  /** Rows of the window of `slide`. */
  #window = 0;
  #phase: 'filling' | 'sorting' | 'merging' | 'reading' | 'reading-runs' = 'filling';
  /** A longer run that is being written from those that are merged. */
  #target: ReturnType<RowSpiller['writer']> | null = null;

  constructor(context: OperatorContext, options: ExternalSortOptions) {
    const { memory, budget } = context;
    const { layout, name } = options;
    this.layout = layout;
    this.#name = name;
    this.#memory = memory;
    this.#limit = options.limit;
    this.#host = new KernelHost(context);
    this.#short = this.#host.allocate(4);
    this.#sortState = this.#host.allocate(MERGE_SORT_STATE_BYTES);
    this.#consumer = budget.spillingConsumer(options.consumer, () => {
      memory.u32[this.#short >>> 2] = 1;
    });
    this.#rows = new RowStore(memory, this.#consumer, layout.size, `${name}_rows`);
    this.#strings = new StringPool(memory, this.#consumer, `${name}_strings`);
    this.#spiller = new RowSpiller(memory, this.#consumer, context.spill, layout, name);
    const chunk = Math.floor(budget.limit / 16 / (layout.size + 64));
    this.#chunkRows = Math.min(MOST_CHUNK_ROWS, Math.max(64, chunk));
    this.#less = this.#lessFunction(options.ordering);
    this.#merger = new RunMerger(memory, this.#less);
  }

  /** Of kernels that `store` rows. */
  get externs(): Readonly<Record<string, Extern>> {
    return { ...this.#rows.externs, ...this.#strings.externs };
  }

  get functions(): readonly KernelFunction[] {
    return this.#strings.functions;
  }

  /** Emits the storing of a row; gives its address, for reserved bytes. */
  store(f: FunctionBuilder, operands: readonly Operand[]): I32 {
    const row = this.#rows.append(f);
    operands.forEach((value, i) => {
      this.layout.store(f, row, i, this.#strings.own(value));
    });
    return row;
  }

  /** 1 where `relieve` should be called before another row is stored. */
  short(): I32 {
    return i32.load(i32.address(this.#short));
  }

  /** Rows in memory. */
  get rowCount(): number {
    return this.#rows.rowCount;
  }

  /** Gives memory back if the budget is exceeded: what was stored becomes a run on disk. */
  relieve(): void {
    if (this.#memory.u32[this.#short >>> 2] === 0) return;
    this.#memory.u32[this.#short >>> 2] = 0;
    if (this.#consumer.used >= LEAST_RUN_BYTES) this.#spillRun();
  }

  /** Keeps the best `count` rows of those in memory. */
  prune(count: number): void {
    this.#beginSort();
    while (!this.#sortStep());
    const [freeRows, freeStrings] = [this.#rows.detach(), this.#strings.detach()];
    this.#moveKernels['copy']!(this.#sorted, Math.min(count, this.#count), this.#sorted);
    freeRows();
    freeStrings();
    this.#freeAddresses();
  }

  /** All rows are stored. */
  finish(): void {
    assert(this.#phase === 'filling', 'a sort is finished twice');
    if (this.#runs.length > 0 && this.#rows.rowCount > 0) this.#spillRun();
    if (this.#runs.length === 0) {
      this.#beginSort();
      this.#phase = 'sorting';
    } else {
      this.#phase = 'merging';
      this.#beginMerge();
    }
  }

  /** One slice of the sorting. @returns whether there is more to do before the first chunk can be read */
  step(): boolean {
    if (this.#phase === 'sorting') {
      if (this.#sortStep()) this.#phase = 'reading';
      return this.#phase === 'sorting';
    }
    if (this.#phase !== 'merging') return false;
    if (Number(this.#moveKernels['merge_to_run']!(this.#target!.address, MERGE_STEP)) < MERGE_STEP) {
      this.#merger.end();
      this.#nextRuns.push(this.#target!.finish());
      this.#target = null;
      this.#beginMerge();
    }
    return (this.#phase as string) === 'merging';
  }

  /** The next rows in order, valid until the next call; null: no more. */
  next(): SortedChunk | null {
    if (this.#phase === 'reading') {
      const count = Math.min(this.#count - this.#taken, MOST_CHUNK_ROWS);
      if (count === 0) return null;
      const addresses = this.#sorted + this.#taken * 4;
      this.#taken += count;
      return { addresses, count, strings: this.#strings.retained, last: this.#taken === this.#count };
    }
    assert(this.#phase === 'reading-runs', 'rows are read before they are sorted');
    this.#rows.clear();
    this.#strings.clear();
    const count = Number(this.#moveKernels['merge']!(this.#addresses, this.#chunkRows));
    const last = count < this.#chunkRows;
    return count === 0 ? null : { addresses: this.#addresses, count, strings: this.#strings.retained, last };
  }

  /**
   * All rows in order through a window: its first `consumed` rows are dropped, the others stay, more follow. Not to be
   * mixed with `next`. Addresses and strings of the window before are void.
   */
  slide(consumed: number): SortedChunk {
    if (this.#phase === 'reading') {
      this.#taken += consumed;
      const addresses = this.#sorted + this.#taken * 4;
      return { addresses, count: this.#count - this.#taken, strings: this.#strings.retained, last: true };
    }
    assert(this.#phase === 'reading-runs', 'rows are read before they are sorted');
    const kept = this.#window - consumed;
    const bytes = (kept + this.#chunkRows) * 4;
    this.#consumer.reserve(bytes);
    const addresses = this.#memory.allocate(bytes);
    const [freeRows, freeStrings] = [this.#rows.detach(), this.#strings.detach()];
    this.#moveKernels['copy']!(this.#addresses + consumed * 4, kept, addresses);
    freeRows();
    freeStrings();
    this.#freeAddresses();
    this.#addresses = addresses;
    this.#addressBytes = bytes;
    const added = Number(this.#moveKernels['merge']!(addresses + kept * 4, this.#chunkRows));
    this.#window = kept + added;
    return { addresses, count: this.#window, strings: this.#strings.retained, last: added < this.#chunkRows };
  }

  /** Gives all memory back: no more rows will be read. */
  clear(): void {
    this.#merger.end();
    this.#freeAddresses();
    this.#rows.clear();
    this.#strings.clear();
    this.#count = 0;
    this.#taken = 0;
  }

  close(): void {
    this.#merger.close();
    this.#spiller.close();
    this.#freeAddresses();
    this.#rows.close();
    this.#strings.close();
    this.#consumer.close();
    this.#host.close();
  }

  #beginSort(): void {
    this.#count = this.#rows.rowCount;
    this.#sorted = 0;
    this.#taken = 0;
    this.#takeAddresses(this.#count * 8);
    let at = this.#addresses >>> 2;
    const { u32 } = this.#memory;
    this.#rows.forEachRow((row) => {
      u32[at++] = row;
    });
    const other = this.#addresses + this.#count * 4;
    this.#sortKernels['merge_sort_begin']!(this.#sortState, this.#addresses, other, this.#count);
  }

  /** @returns whether all is sorted */
  #sortStep(): boolean {
    if (this.#count === 0) return true;
    this.#sorted = Number(this.#sortKernels['merge_sort_step']!(this.#sortState, SORT_STEP)) >>> 0;
    return this.#sorted !== 0;
  }

  #spillRun(): void {
    this.#beginSort();
    while (!this.#sortStep());
    const writer = this.#spiller.writer(this.#runs[0]?.file ?? this.#spiller.createFile());
    const count = Math.min(this.#count, this.#limit ?? this.#count);
    this.#moveKernels['write']!(writer.address, this.#sorted, count);
    this.#runs.push(writer.finish());
    this.#freeAddresses();
    this.#rows.clear();
    this.#strings.clear();
    this.#memory.u32[this.#short >>> 2] = 0;
  }

  /** Opens as many runs as memory allows: all of them, or some, to make a longer one of them. */
  #beginMerge(): void {
    const { limit } = this.#consumer.budget;
    const pages = [...this.#runs, ...this.#nextRuns].reduce((most, run) => Math.max(most, run.pageBytes), 1) * 1.25;
    const room = Math.max(this.#consumer.budget.available, limit / 2);
    const fanIn = Math.max(2, Math.floor(Math.min(room, limit) / pages) - 2);
    if (this.#runs.length === 0) this.#runs = this.#nextRuns.splice(0);
    const last = this.#nextRuns.length === 0 && this.#runs.length <= fanIn;
    const merged = this.#runs.splice(0, fanIn);
    this.#merger.begin(
      merged,
      this.#spiller,
      this.#moveKernels[`${this.#name}_fix`]!,
      this.#moveKernels['merge_begin']!,
    );
    if (last) {
      this.#takeAddresses(this.#chunkRows * 4);
      this.#phase = 'reading-runs';
    } else {
      this.#target = this.#spiller.writer(this.#spiller.createFile());
    }
  }

  #takeAddresses(bytes: number): void {
    this.#freeAddresses();
    this.#consumer.reserve(bytes);
    this.#addresses = this.#memory.allocate(Math.max(bytes, 8));
    this.#addressBytes = bytes;
  }

  #freeAddresses(): void {
    if (this.#addresses === 0) return;
    this.#memory.free(this.#addresses);
    this.#consumer.release(this.#addressBytes);
    this.#addresses = 0;
    this.#addressBytes = 0;
  }

  /** Sort the addresses of rows in memory. */
  get #sortKernels(): Readonly<Record<string, CompiledKernel>> {
    this.#sorting ??= this.#host.compile(
      [sortLibrary.find('merge_sort_begin')!, sortLibrary.find('merge_sort_step')!],
      {},
      [this.#less],
    );
    return this.#sorting;
  }

  /** Move rows to disk and back, and to other places in memory: most sorts need none. */
  get #moveKernels(): Readonly<Record<string, CompiledKernel>> {
    this.#moving ??= this.#host.compile(
      [
        this.#writeKernel(),
        this.#copyKernel(),
        this.#spiller.fixKernel(),
        this.#merger.beginKernel(),
        this.#mergeKernel(),
        this.#mergeToRunKernel(),
      ],
      { ...this.externs, ...this.#spiller.externs, ...this.#merger.externs },
      [this.#less, ...this.#merger.functions, ...this.#spiller.functions, ...this.functions],
    );
    return this.#moving;
  }

  /** `less(a, b)`: whether row `a` comes before row `b`. */
  #lessFunction(ordering: Ordering): KernelFunction {
    const f = fn('less', { params: { a: i32, b: i32 }, result: i32 });
    const load = (row: I32) => (field: number) => this.layout.load(row, field);
    const context = new CompileContext(f, load(f.param.a), this.#host, FAIL, RESERVE);
    const order = compareRows(ordering, load(f.param.a), load(f.param.b), context);
    f.return(i32.lt_s(order, i32.const(0)));
    return f.finish();
  }

  #copyRow(f: FunctionBuilder, from: I32): I32 {
    const row = this.#rows.append(f);
    f.copy(row, from, i32.const(this.layout.size));
    this.layout.fields.forEach((field, i) => {
      if (field.physical === 'view') this.layout.store(f, row, i, this.#strings.own(this.layout.load(from, i)));
    });
    return row;
  }

  /** `copy(addresses, count, to)`: stores copies of these rows and lists their addresses at `to`. */
  #copyKernel(): KernelFunction {
    const f = fn('copy', { params: { addresses: i32, count: i32, to: i32 } });
    forEachAddress(f, f.param.addresses, i32.const(0), f.param.count, (row, i) => {
      f.do(i32.store(i32.add(f.param.to, i32.shl(i, i32.const(2))), this.#copyRow(f, row)));
    });
    return f.finish();
  }

  /** `write(writer, addresses, count)`: writes these rows out. */
  #writeKernel(): KernelFunction {
    const f = fn('write', { params: { writer: i32, addresses: i32, count: i32 } });
    forEachAddress(f, f.param.addresses, i32.const(0), f.param.count, (row) => {
      this.#spiller.write(f, f.param.writer, row);
    });
    return f.finish();
  }

  /** `merge(addresses, limit)`: stores the next rows of the runs and lists their addresses. */
  #mergeKernel(): KernelFunction {
    const f = fn('merge', { params: { addresses: i32, limit: i32 }, result: i32 });
    const to = f.let('to', f.param.addresses);
    const taken = this.#merger.emit(f, f.param.limit, (row) => {
      f.do(i32.store(to, this.#copyRow(f, row)));
      f.set(to, i32.add(to, i32.const(4)));
    });
    f.return(taken);
    return f.finish();
  }

  /** `merge_to_run(writer, limit)`: writes the next rows of the runs out. */
  #mergeToRunKernel(): KernelFunction {
    const f = fn('merge_to_run', { params: { writer: i32, limit: i32 }, result: i32 });
    f.return(this.#merger.emit(f, f.param.limit, (row) => this.#spiller.write(f, f.param.writer, row)));
    return f.finish();
  }
}
