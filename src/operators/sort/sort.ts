/**
 * BATCH sort and top-N: rows are kept in a store and sorted by address with the query's own comparison once the input has
 * ended. With a limit only the best offset + fetch rows survive, so the store stays small. Flink: Sort, SortLimit.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import { MERGE_SORT_STATE_BYTES, sortLibrary } from '../../kernel/library/sort.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { compareRows } from '../codegen/ordering.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowStore } from '../codegen/row-store.ts';
import { defineOperator } from '../define.ts';
import { HeldBatches } from '../join/held-batches.ts';
import type { SortParams } from '../specs.ts';

export const sort = defineOperator('sort', (params, spec) => {
  const types = spec.inputs[0]!.fields.map((field) => field.type);
  return new Sort(params, types);
});

/** Row addresses that one step of the merge sort works through, and rows that one step emits. */
const SORT_STEP = 1 << 16;
const EMIT_STEP = 1 << 14;
/** A top-N prunes its store when it holds this many rows beside those it keeps. */
const PRUNE_ROWS = 1 << 15;

class Sort implements Operator {
  readonly #params: SortParams;
  readonly #types: readonly DataType[];
  readonly #layout: RowLayout;
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #rows!: RowStore;
  #held!: HeldBatches;
  #output!: OutputBuffer;
  #append!: CompiledKernel;
  #begin!: CompiledKernel;
  #step!: CompiledKernel;
  #emit!: CompiledKernel;
  #sortState = 0;
  /** Two arrays of row addresses, once sorting has begun. */
  #addresses = 0;
  #addressBytes = 0;
  #rowCount = 0;
  #sorted = 0;
  #emitted = 0;

  constructor(params: SortParams, types: readonly DataType[]) {
    this.#params = params;
    this.#types = types;
    this.#layout = new RowLayout(types);
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#types.length);
    this.#sortState = this.#host.allocate(MERGE_SORT_STATE_BYTES);
    this.#consumer = context.budget.consumer('Sort');
    this.#rows = new RowStore(context.memory, this.#consumer, this.#layout.size, 'rows');
    this.#held = new HeldBatches(this.#layout.viewFields.length > 0);
    this.#output = new OutputBuffer(context.memory, context.output, this.#types, { capacity: 8192, withKinds: false });
    const kernels = this.#host.compile(
      [
        this.#appendKernel(),
        sortLibrary.find('merge_sort_begin')!,
        sortLibrary.find('merge_sort_step')!,
        this.#emitKernel(),
      ],
      { ...this.#rows.externs, ...this.#output.externs },
      [this.#lessFunction(), ...this.#output.functions],
    );
    this.#append = kernels['append']!;
    this.#begin = kernels['merge_sort_begin']!;
    this.#step = kernels['merge_sort_step']!;
    this.#emit = kernels['emit']!;
  }

  processBatch(batch: Batch): void {
    this.#held.hold(batch);
    this.#host.writeHeader(this.#header, batch);
    this.#append(this.#header);
    const { fetch, offset } = this.#params;
    if (fetch !== null && this.#rows.rowCount > offset + fetch + PRUNE_ROWS) this.#prune(offset + fetch);
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {
    this.#beginSort();
  }

  advance(): boolean {
    if (this.#sorted === 0) {
      if (this.#rowCount === 0) return false;
      this.#sorted = Number(this.#step(this.#sortState, SORT_STEP)) >>> 0;
      return true;
    }
    const { offset, fetch } = this.#params;
    const end = Math.min(this.#rowCount, fetch === null ? this.#rowCount : offset + fetch);
    const from = Math.max(this.#emitted, offset);
    const to = Math.min(from + EMIT_STEP, end);
    if (from >= end) return false;
    this.#output.begin([this.#held]);
    this.#emit(this.#sorted + from * 4, to - from);
    this.#output.flush();
    this.#emitted = to;
    return to < end;
  }

  snapshotState(): void {
    throw new Error('a BATCH operator has no state to snapshot');
  }

  close(): void {
    this.#output?.close();
    this.#freeAddresses();
    this.#rows?.close();
    this.#held?.release();
    this.#consumer?.close();
    this.#host?.close();
  }

  /** Keeps the best `count` rows. */
  #prune(count: number): void {
    this.#beginSort();
    let sorted = 0;
    while (sorted === 0) sorted = Number(this.#step(this.#sortState, SORT_STEP)) >>> 0;
    const { memory } = this.#context;
    const kept = memory.allocate(Math.max(count * this.#layout.size, 8));
    const rows = Math.min(count, this.#rowCount);
    for (let i = 0; i < rows; i++) {
      const row = memory.u32[(sorted >>> 2) + i]!;
      memory.u8.copyWithin(kept + i * this.#layout.size, row, row + this.#layout.size);
    }
    this.#rows.clear();
    for (let i = 0; i < rows; i++) {
      const row = this.#rows.addRow();
      memory.u8.copyWithin(row, kept + i * this.#layout.size, kept + (i + 1) * this.#layout.size);
    }
    memory.free(kept);
    this.#freeAddresses();
  }

  #beginSort(): void {
    const { memory } = this.#context;
    this.#rowCount = this.#rows.rowCount;
    this.#sorted = 0;
    this.#emitted = 0;
    if (this.#rowCount === 0) return;
    this.#addressBytes = this.#rowCount * 8;
    this.#consumer.reserve(this.#addressBytes);
    this.#addresses = memory.allocate(this.#addressBytes);
    let at = this.#addresses >>> 2;
    this.#rows.forEachRow((row) => {
      memory.u32[at++] = row;
    });
    this.#begin(this.#sortState, this.#addresses, this.#addresses + this.#rowCount * 4, this.#rowCount);
  }

  #freeAddresses(): void {
    if (this.#addresses === 0) return;
    this.#context.memory.free(this.#addresses);
    this.#consumer.release(this.#addressBytes);
    this.#addresses = 0;
  }

  #contextOver(f: ReturnType<typeof fn>, column: (index: number) => Operand): CompileContext {
    return new CompileContext(f, column, this.#host, FAIL, RESERVE);
  }

  /** `append(header)`: stores the rows. */
  #appendKernel() {
    const f = fn('append', { params: { header: i32 } });
    const all = this.#types.map((_, i) => i);
    const input = new BatchInput(f, f.param.header, this.#types, all, false);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const context = this.#contextOver(f, (column) => input.column(column, i));
      const row = this.#rows.append(f);
      for (const column of all) this.#layout.store(f, row, column, context.column(column));
    });
    return f.finish();
  }

  /** `less(a, b)`: whether row `a` comes before row `b`. */
  #lessFunction() {
    const f = fn('less', { params: { a: i32, b: i32 }, result: i32 });
    const context = this.#contextOver(f, (field) => this.#layout.load(f.param.a, field));
    const order = compareRows(
      this.#params.ordering,
      (field) => this.#layout.load(f.param.a, field),
      (field) => this.#layout.load(f.param.b, field),
      context,
    );
    f.return(i32.lt_s(order, i32.const(0)));
    return f.finish();
  }

  /** `emit(addresses, count)`: rows in the order of their addresses. */
  #emitKernel() {
    const f = fn('emit', { params: { addresses: i32, count: i32 } });
    f.for('i', i32.const(0), f.param.count, (i) => {
      const row = f.let('sorted', i32.load(i32.add(f.param.addresses, i32.shl(i, i32.const(2)))));
      const context = this.#contextOver(f, (field) => this.#layout.load(row, field));
      this.#output.append(
        f,
        this.#types.map((_, field) => context.column(field)),
        null,
      );
    });
    return f.finish();
  }
}
