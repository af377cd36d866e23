/**
 * Merges sorted runs on disk: a heap of the runs' next rows, compared by the query's order, earlier runs first among
 * equals.
 */
import { and, call, extern, type I32, i32 } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel, Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import { heapEntry, heapSlot, siftHoleDown } from '../codegen/heap.ts';
import type { PageReader, RowSpiller, SpilledRows } from '../codegen/spill-rows.ts';

/** Words of a run's cursor: address of the entry of the next row, rows left in the page. */
const ENTRY = 0;
const LEFT = 4;
const CURSOR_BYTES = 8;

const NEXT_PAGE = extern('merge_next_page', ['i32'], 'i32');

export class RunMerger {
  readonly #memory: LinearMemory;
  readonly #less: KernelFunction;
  readonly #goesFirst: KernelFunction;
  readonly #siftDown: KernelFunction;
  /** Words: address of the heap, runs in it. */
  readonly #state: number;
  #cursors = 0;
  #heap = 0;
  #readers: PageReader[] = [];

  /** @param less `less(a, b)` of two row addresses */
  constructor(memory: LinearMemory, less: KernelFunction) {
    this.#memory = memory;
    this.#less = less;
    this.#state = memory.allocateZeroed(8);
    this.#goesFirst = this.#goesFirstFunction();
    this.#siftDown = this.#siftDownFunction();
  }

  get externs(): Readonly<Record<string, Extern>> {
    return { merge_next_page: (cursor: number) => this.#nextPage(cursor >>> 0) };
  }

  /** To be linked beside `less`. */
  get functions(): readonly KernelFunction[] {
    return [this.#goesFirst, this.#siftDown];
  }

  /** `merge_begin()`: orders the heap. */
  beginKernel(): KernelFunction {
    const f = fn('merge_begin');
    const state = i32.address(this.#state);
    const at = f.let('at', i32.shr_u(i32.load(state, 4), i32.const(1)));
    f.while(at, () => {
      f.set(at, i32.sub(at, i32.const(1)));
      f.do(call(this.#siftDown, at));
    });
    return f.finish();
  }

  /** Emits a loop over up to `limit` rows in order; `sink` must copy what it keeps. @returns rows taken */
  emit(f: FunctionBuilder, limit: I32, sink: (row: I32) => void): I32 {
    const state = i32.address(this.#state);
    const taken = f.let('taken', i32.const(0));
    f.while(and(i32.lt_s(taken, limit), i32.load(state, 4)), () => {
      const heap = f.let('heap', i32.load(state));
      const cursor = f.let('cursor', i32.load(heap));
      const entry = f.let('entry', i32.load(cursor, ENTRY));
      sink(f.let('row', i32.load(entry)));
      f.set(taken, i32.add(taken, i32.const(1)));
      const left = f.let('left', i32.sub(i32.load(cursor, LEFT), i32.const(1)));
      f.do(i32.store(cursor, left, LEFT));
      f.do(i32.store(cursor, i32.add(entry, i32.const(4)), ENTRY));
      const ended = f.let('ended', i32.eqz(left));
      f.if(ended, () => f.set(ended, i32.eqz(call(NEXT_PAGE, cursor) as I32)));
      f.if(ended, () => {
        const count = f.let('count', i32.sub(i32.load(state, 4), i32.const(1)));
        f.do(i32.store(state, count, 4));
        f.do(i32.store(heap, heapEntry(heap, count)));
      });
      f.do(call(this.#siftDown, i32.const(0)));
    });
    return taken;
  }

  /** Opens the runs and orders them. @param fix kernel that makes a page of the runs readable */
  begin(runs: readonly SpilledRows[], spiller: RowSpiller, fix: CompiledKernel, begin: CompiledKernel): void {
    this.end();
    this.#cursors = this.#memory.allocateZeroed(Math.max(runs.length * (CURSOR_BYTES + 4), 8));
    this.#heap = this.#cursors + runs.length * CURSOR_BYTES;
    this.#readers = runs.map((run) => spiller.reader(run, fix));
    let count = 0;
    runs.forEach((_, i) => {
      const cursor = this.#cursors + i * CURSOR_BYTES;
      if (this.#nextPage(cursor) !== 0) this.#memory.u32[(this.#heap >>> 2) + count++] = cursor;
    });
    this.#memory.u32[this.#state >>> 2] = this.#heap;
    this.#memory.u32[(this.#state >>> 2) + 1] = count;
    begin();
  }

  /** Closes the runs. */
  end(): void {
    for (const reader of this.#readers) reader.close();
    this.#readers = [];
    this.#memory.free(this.#cursors);
    this.#cursors = 0;
  }

  close(): void {
    this.end();
    this.#memory.free(this.#state);
  }

  #nextPage(cursor: number): number {
    const page = this.#readers[(cursor - this.#cursors) / CURSOR_BYTES]!.next();
    if (page === null) return 0;
    this.#memory.u32[(cursor + ENTRY) >>> 2] = page.addresses;
    this.#memory.u32[(cursor + LEFT) >>> 2] = page.count;
    return 1;
  }

  /** Whether the run of cursor `a` gives the next row rather than that of `b`. */
  #goesFirstFunction(): KernelFunction {
    const f = fn('goes_first', { params: { a: i32, b: i32 }, result: i32 });
    const [a, b] = [f.let('x', i32.load(i32.load(f.param.a))), f.let('y', i32.load(i32.load(f.param.b)))];
    f.if(call(this.#less, a, b) as I32, () => f.return(i32.const(1)));
    const tie = i32.lt_u(f.param.a, f.param.b);
    f.return(and(tie, i32.eqz(call(this.#less, b, a) as I32)));
    return f.finish();
  }

  #siftDownFunction(): KernelFunction {
    const f = fn('sift_down', { params: { at: i32 } });
    const state = i32.address(this.#state);
    const heap = f.let('heap', i32.load(state));
    const count = f.let('count', i32.load(state, 4));
    const at = f.let('hole', f.param.at);
    const moved = f.let('moved', heapEntry(heap, at));
    siftHoleDown(f, heap, count, at, moved, (a, b) => call(this.#goesFirst, a, b) as I32);
    f.if(i32.lt_s(at, count), () => f.do(i32.store(heapSlot(heap, at), moved)));
    return f.finish();
  }
}
