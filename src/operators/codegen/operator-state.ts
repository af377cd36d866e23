/**
 * All keyed state of one operator: the memory it may take, what is moved to disk when that is short, and snapshots.
 *
 * State takes memory as it grows and goes into debt rather than fail. Then it asks for relief: at the next row the
 * kernel stops, and a quarter of the segments goes to disk, those first that were not used since the last time. Their
 * rows make room for others; when too much of that room is of the wrong size, all of it is given back and taken anew.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { OperatorContext } from '../../dataflow/operator.ts';
import { type I32, i32 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { CompiledKernel, Extern } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { SpillSpace } from '../../memory/spill-space.ts';
import type { PageWriter, StateReader, StateWriter } from '../../state/snapshot.ts';
import type { KernelHost } from './kernel-host.ts';
import type { KeyedState, KeyedStateOptions } from './keyed-state.ts';
import type { Segment } from './row-table.ts';
import { type Attachments, SegmentStore, type SegmentStoreOwner, Staging } from './segment-store.ts';
import { StatePages } from './state-pages.ts';
import { StringHeap } from './string-heap.ts';

/** With less than this an operator has nothing that is worth the disk. */
const LEAST_BYTES = 16 << 10;
/** The part of the memory that is made free at a time. */
const RELIEF_SHARE = 4;
/** With more debt than this part of the budget, memory is given back whole. */
const DEBT_SHARE = 8;

export class OperatorState implements SegmentStoreOwner {
  readonly host: KernelHost;
  readonly consumer: MemoryConsumer;
  readonly heap: StringHeap;
  readonly maxParallelism: number;
  readonly now: number;
  readonly staging: Staging;
  readonly rowList: Staging;
  readonly loading: Staging;
  readonly #context: OperatorContext;
  readonly #name: string;
  readonly #stores: SegmentStore[] = [];
  /** Address of the word that says that memory is short. */
  readonly #short: number;
  /** The epoch that each checkpoint ended. */
  readonly #checkpoints = new Map<number, number>();
  #epoch = 1;
  /** The snapshot that was taken last, which may not be written yet. */
  #pages: StatePages | null = null;
  #closed = false;
  #space: SpillSpace | null = null;

  constructor(context: OperatorContext, host: KernelHost, name: string) {
    const { memory } = context;
    this.#context = context;
    this.host = host;
    this.#name = name;
    this.maxParallelism = context.maxParallelism;
    this.now = host.allocate(8);
    this.#short = host.allocate(4);
    this.consumer = context.budget.spillingConsumer(name, () => this.#setShort(1));
    this.heap = new StringHeap(memory, this.consumer);
    this.staging = new Staging(memory);
    this.rowList = new Staging(memory);
    this.loading = new Staging(memory);
    this.#readClock();
  }

  /** A state of the operator; all are made before its kernels are compiled. */
  keyed(options: KeyedStateOptions, attachments: Attachments | null = null): KeyedState {
    const store = new SegmentStore(this, options, attachments);
    this.#stores.push(store);
    return store.state;
  }

  get externs(): Readonly<Record<string, Extern>> {
    const externs: Record<string, Extern> = { ...this.heap.externs };
    for (const { state } of this.#stores) Object.assign(externs, state.externs);
    return externs;
  }

  readonly space = (): SpillSpace => {
    this.#space ??= new SpillSpace(this.#context.spill.create(this.#name));
    return this.#space;
  };

  /** Emits the end of a kernel before row `index` while memory is short: state moves between two rows only. */
  stopIfShort(f: FunctionBuilder, index: I32): void {
    f.if(i32.load(i32.address(this.#short)), () => f.return(index));
  }

  /** Runs `kernel(header, from)` over the rows of a batch, making room where it stops. */
  run(kernel: CompiledKernel, header: number, batch: Batch): void {
    this.beginBatch(batch);
    this.runFrom(kernel, header, 0, batch.rowCount);
  }

  /** Takes notice of the time; what has expired is removed. Nobody holds the address of a row. */
  beginBatch(batch: Batch): void {
    this.#readClock();
    for (const store of this.#stores) store.sweep(batch.rowCount);
  }

  /**
   * `run` for some of the rows.
   *
   * @param settle forgets all addresses of rows; called before any row is moved
   */
  runFrom(kernel: CompiledKernel, header: number, first: number, end: number, settle: () => void = () => {}): void {
    let from = first;
    while (from < end) {
      from = Number(kernel(header, from));
      this.relieve(settle);
    }
  }

  get #isShort(): boolean {
    return this.#context.memory.u32[this.#short >>> 2] !== 0;
  }

  /**
   * Makes room if memory is short. No kernel is running.
   *
   * @param settle forgets all addresses of rows; called before any row is moved
   */
  relieve(settle: () => void = () => {}): void {
    if (!this.#isShort) return;
    settle();
    this.#setShort(0);
    const { used, debt, budget } = this.consumer;
    if (used < LEAST_BYTES) return;
    const all = debt * DEBT_SHARE > budget.limit;
    const wanted = all ? Number.POSITIVE_INFINITY : used / RELIEF_SHARE;
    const freed = this.#evictSome(wanted, false);
    if (freed < wanted) this.#evictSome(wanted - freed, true);
    this.#forgetUse();
    if (all) this.#giveBack();
  }

  /** Writes everything. */
  snapshot(writer: StateWriter): void {
    for (const store of this.#stores) {
      for (const segment of store.state.table.segments()) {
        store.forEachKeyGroup(segment, (keyGroup, bytes) => writer.writeKeyed(store.state.name, keyGroup, bytes));
      }
    }
  }

  /** The segments that have changed since `writer.base` become pages, which are written later. */
  snapshotPages(writer: PageWriter): void {
    // What an earlier snapshot waits for has the stamps of its epoch only until there is another one.
    this.#pages?.writeSome(Number.POSITIVE_INFINITY);
    const last = writer.base === null ? -1 : (this.#checkpoints.get(writer.base) ?? -1);
    this.#pages = new StatePages(writer, this.#stores, last + 1, this.#epoch);
    writer.writeLater(this.#pages);
    for (const checkpoint of this.#checkpoints.keys()) {
      if (writer.base !== null && checkpoint < writer.base) this.#checkpoints.delete(checkpoint);
    }
    this.#checkpoints.set(writer.checkpoint, this.#epoch++);
    for (const { state } of this.#stores) state.table.setEpoch(this.#epoch);
  }

  awaits(store: SegmentStore, segment: Segment): boolean {
    return this.#pages?.awaits(store, segment) === true;
  }

  beforeChange(store: SegmentStore, segment: Segment): void {
    this.#pages?.beforeChange(store, segment);
  }

  /** Takes in what `snapshot` or `snapshotPages` wrote; the kernels of the operator need not be compiled yet. */
  restore(reader: StateReader): void {
    for (const store of this.#stores) {
      for (const { bytes } of reader.readKeyed(store.state.name)) {
        store.restore(bytes, this.#short, () => this.relieve());
      }
    }
  }

  /** Calls `visit` with every row of a state, also of those on disk, and its hash. */
  forEachRow(state: KeyedState, visit: (row: number, hash: number) => void): void {
    const store = this.#stores.find((candidate) => candidate.state === state)!;
    for (const segment of state.table.segments()) {
      store.forEachRow(segment, visit);
      this.relieve();
    }
  }

  /** Also before the operator closes, when nothing is read any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pages?.writeSome(Number.POSITIVE_INFINITY);
    for (const store of this.#stores) store.close();
    this.heap.close();
    this.staging.close();
    this.rowList.close();
    this.loading.close();
    this.consumer.close();
  }

  #setShort(short: number): void {
    this.#context.memory.u32[this.#short >>> 2] = short;
  }

  #readClock(): void {
    this.#context.memory.i64[this.now >>> 3] = BigInt(Math.floor(this.#context.clock.now()));
  }

  /** @returns bytes of the segments that went to disk */
  #evictSome(wanted: number, touched: boolean): number {
    let freed = 0;
    for (const store of this.#stores) {
      for (const segment of store.state.table.segments()) {
        if (freed >= wanted) return freed;
        if (segment.address !== 0 && (touched || !segment.touched)) freed += store.evict(segment);
      }
    }
    return freed;
  }

  /** What is not used until the next time goes first. */
  #forgetUse(): void {
    for (const { state } of this.#stores) {
      for (const segment of state.table.segments()) if (segment.address !== 0) state.table.untouch(segment);
    }
  }

  #giveBack(): void {
    for (const store of this.#stores) store.releaseMemory();
    this.heap.clear();
  }
}
