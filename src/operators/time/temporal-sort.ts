/**
 * STREAMING ORDER BY a time attribute, ascending. By event time rows wait in a binary heap of row addresses and go out
 * when the watermark passes them; a row that is not after the last one that went out is late and dropped, and counted.
 * By processing time the rows of one batch are sorted by the rest of the ordering. Flink: TemporalSort.
 */
import { assert } from '../../base/assert.ts';
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { asI64, type Operand } from '../../expr/compile/operand.ts';
import { call, extern, type I32, i32, i64, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { StateWriter } from '../../state/snapshot.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { heapEntry, heapSlot, siftHoleDown } from '../codegen/heap.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { compareRows } from '../codegen/ordering.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowPages } from '../codegen/row-pages.ts';
import { readRows, writeRows } from '../codegen/row-snapshot.ts';
import { StringHeap } from '../codegen/string-heap.ts';
import { defineOperator } from '../define.ts';
import type { TemporalSortParams } from '../specs.ts';

export const temporalSort = defineOperator('temporal-sort', (params, spec) => {
  const types = spec.inputs[0]!.fields.map((field) => field.type);
  return new TemporalSort(params, types);
});

/** Reserved bytes of a row: its number in order of arrival, so that ties stay in that order. */
const NUMBER = 0;
const RESERVED = 8;

/** Words of the state: heap address, rows in it, rows it has room for, late rows; next number and last time sent. */
const HEAP = 0;
const COUNT = 4;
const CAPACITY = 8;
const LATE = 12;
const NUMBERS = 16;
const LAST_TIME = 24;
const STATE_BYTES = 32;

const FIRST_CAPACITY = 256;
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;
const GROW = extern('grow_heap', [], undefined);

class TemporalSort implements Operator {
  readonly #params: TemporalSortParams;
  readonly #types: readonly DataType[];
  readonly #layout: RowLayout;
  #before!: KernelFunction;
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #state = 0;
  #rows!: RowPages;
  #strings!: StringHeap;
  #output!: OutputBuffer;
  #insert!: CompiledKernel;
  #emit!: CompiledKernel;

  constructor(params: TemporalSortParams, types: readonly DataType[]) {
    this.#params = params;
    this.#types = types;
    this.#layout = new RowLayout(types, RESERVED);
  }

  open(context: OperatorContext): void {
    const { memory } = context;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#types.length);
    this.#state = this.#host.allocate(STATE_BYTES);
    memory.i64[(this.#state + LAST_TIME) >>> 3] = LOWEST;
    // Rows wait here for the next watermark only: they go beyond the budget rather than fail.
    this.#consumer = context.budget.spillingConsumer('TemporalSort', () => {});
    this.#rows = new RowPages(memory, this.#consumer, this.#layout.size, 'rows');
    this.#strings = new StringHeap(memory, this.#consumer);
    this.#output = new OutputBuffer(memory, context.output, this.#types, {
      capacity: 2048,
      withKinds: false,
      copyStrings: true,
    });
    this.#before = this.#beforeFunction();
    const kernels = this.#host.compile(
      [this.#insertKernel(), this.#emitKernel(), this.#adoptKernel()],
      {
        ...this.#rows.externs,
        ...this.#strings.externs,
        ...this.#output.externs,
        grow_heap: () => this.#growHeap(),
      },
      [this.#before, ...this.#output.functions],
    );
    this.#insert = kernels['insert']!;
    this.#emit = kernels['emit']!;
    this.#restore(kernels['adopt']!);
  }

  processBatch(batch: Batch): void {
    const { proctime, ordering } = this.#params;
    if (proctime && ordering.length === 1) {
      this.#context.output.emitBatch(batch);
      return;
    }
    this.#host.writeHeader(this.#header, batch);
    this.#insert(this.#header);
    if (proctime) this.#emitUpTo(HIGHEST);
    const late = this.#word(LATE);
    if (late === 0) return;
    this.#context.metrics.add('numLateRecordsDropped', late);
    this.#setWord(LATE, 0);
  }

  processWatermark(timestamp: number): void {
    if (!this.#params.proctime) this.#emitUpTo(BigInt(timestamp) * 1000n + 999n);
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(writer: StateWriter): void {
    const { memory } = this.#context;
    const numbers = new Uint8Array(16);
    const view = new DataView(numbers.buffer);
    view.setBigInt64(0, memory.i64[(this.#state + NUMBERS) >>> 3]!);
    view.setBigInt64(8, memory.i64[(this.#state + LAST_TIME) >>> 3]!);
    writer.write('position', numbers);
    const first = this.#word(HEAP) >>> 2;
    const addresses = memory.u32.subarray(first, first + this.#word(COUNT));
    writer.write('rows', writeRows(memory, this.#layout, addresses));
  }

  close(): void {
    this.#output?.close();
    if (this.#state !== 0) this.#context.memory.free(this.#word(HEAP));
    this.#rows?.close();
    this.#strings?.close();
    this.#consumer?.close();
    this.#host?.close();
  }

  #restore(adopt: CompiledKernel): void {
    const { restored, memory } = this.#context;
    const position = restored?.read('position') ?? null;
    if (position === null) return;
    const view = new DataView(position.buffer, position.byteOffset);
    memory.i64[(this.#state + NUMBERS) >>> 3] = view.getBigInt64(0);
    memory.i64[(this.#state + LAST_TIME) >>> 3] = view.getBigInt64(8);
    readRows(restored!.read('rows')!, memory, this.#layout, (row) => adopt(row));
  }

  #emitUpTo(time: bigint): void {
    this.#output.begin();
    this.#emit(time);
    this.#output.flush();
  }

  #word(offset: number): number {
    return this.#context.memory.u32[(this.#state + offset) >>> 2]!;
  }

  #setWord(offset: number, value: number): void {
    this.#context.memory.u32[(this.#state + offset) >>> 2] = value;
  }

  #growHeap(): undefined {
    const old = this.#word(CAPACITY);
    const capacity = Math.max(old * 2, FIRST_CAPACITY);
    this.#consumer.reserve((capacity - old) * 4);
    this.#setWord(HEAP, this.#context.memory.reallocate(this.#word(HEAP), capacity * 4));
    this.#setWord(CAPACITY, capacity);
    return undefined;
  }

  #newContext(f: FunctionBuilder, column: (index: number) => Operand): CompileContext {
    return new CompileContext(f, column, this.#host, FAIL, RESERVE);
  }

  /** `before(a, b)`: whether row `a` goes out first; ties in order of arrival. */
  #beforeFunction(): KernelFunction {
    const f = fn('before', { params: { a: i32, b: i32 }, result: i32 });
    const { a, b } = f.param;
    const context = this.#newContext(f, (field) => this.#layout.load(a, field));
    const order = compareRows(
      this.#params.ordering,
      (field) => this.#layout.load(a, field),
      (field) => this.#layout.load(b, field),
      context,
    );
    f.if(order, () => f.return(i32.lt_s(order, i32.const(0))));
    f.return(i64.lt_s(i64.load(a, NUMBER), i64.load(b, NUMBER)));
    return f.finish();
  }

  /** `insert(header)`: takes the rows in that are not late. */
  #insertKernel() {
    const { rowtime, proctime } = this.#params;
    const f = fn('insert', { params: { header: i32 } });
    const all = this.#types.map((_, i) => i);
    const input = new BatchInput(f, f.param.header, this.#types, all, false);
    const state = i32.address(this.#state);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const context = this.#newContext(f, (column) => input.column(column, i));
      if (!proctime) {
        const time = context.column(rowtime);
        assert(time.physical === 'i64', 'a time attribute has at most microseconds');
        f.if(i64.le_s(asI64(time), i64.load(state, LAST_TIME)), () => {
          f.do(i32.store(state, i32.add(i32.load(state, LATE), i32.const(1)), LATE));
          f.continue();
        });
      }
      const row = f.declare('row', 'i32');
      this.#rows.take(f, row);
      const number = f.let('number', i64.load(state, NUMBERS));
      f.do(i64.store(row, number, NUMBER));
      f.do(i64.store(state, i64.add(number, i64.const(1)), NUMBERS));
      for (const column of all) this.#layout.store(f, row, column, this.#strings.own(context.column(column)));
      this.#push(f, row);
    });
    return f.finish();
  }

  /** `adopt(row)`: takes a row in again that waited when the state was taken. */
  #adoptKernel() {
    const f = fn('adopt', { params: { from: i32 } });
    const row = f.declare('row', 'i32');
    this.#rows.take(f, row);
    f.do(i64.store(row, i64.load(f.param.from, NUMBER), NUMBER));
    this.#types.forEach((_, i) => {
      this.#layout.store(f, row, i, this.#strings.own(this.#layout.load(f.param.from, i)));
    });
    this.#push(f, row);
    return f.finish();
  }

  /** `emit(time)`: rows up to this time, in order. */
  #emitKernel() {
    const f = fn('emit', { params: { time: i64 } });
    const state = i32.address(this.#state);
    const label = f.freshLabel('due');
    f.loop({
      label,
      condition: i32.load(state, COUNT),
      body: () => {
        const row = f.let('row', i32.load(i32.load(state, HEAP)));
        if (!this.#params.proctime) {
          const time = f.let('at', asI64(this.#layout.load(row, this.#params.rowtime)));
          f.if(i64.gt_s(time, f.param.time), () => f.break(label));
          f.do(i64.store(state, time, LAST_TIME));
        }
        const fields = this.#types.map((_, i) => this.#layout.load(row, i));
        this.#output.append(f, fields, null);
        this.#strings.releaseRow(f, this.#layout, row);
        this.#rows.free(f, row);
        this.#removeRoot(f);
      },
    });
    return f.finish();
  }

  #goesBefore(a: I32, b: I32): I32 {
    return call(this.#before, a, b) as I32;
  }

  #push(f: FunctionBuilder, row: Variable<'i32'>): void {
    const state = i32.address(this.#state);
    const at = f.let('at', i32.load(state, COUNT));
    f.if(i32.ge_u(at, i32.load(state, CAPACITY)), () => f.do(call(GROW)));
    f.do(i32.store(state, i32.add(at, i32.const(1)), COUNT));
    const heap = f.let('heap', i32.load(state, HEAP));
    const parent = f.declare('parent', 'i32');
    const label = f.freshLabel('up');
    f.loop({
      label,
      condition: i32.gt_s(at, i32.const(0)),
      body: () => {
        f.set(parent, i32.shr_u(i32.sub(at, i32.const(1)), i32.const(1)));
        f.if(i32.eqz(this.#goesBefore(row, heapEntry(heap, parent))), () => f.break(label));
        f.do(i32.store(heapSlot(heap, at), heapEntry(heap, parent)));
        f.set(at, parent);
      },
    });
    f.do(i32.store(heapSlot(heap, at), row));
  }

  #removeRoot(f: FunctionBuilder): void {
    const state = i32.address(this.#state);
    const count = f.let('count', i32.sub(i32.load(state, COUNT), i32.const(1)));
    f.do(i32.store(state, count, COUNT));
    const heap = f.let('heap', i32.load(state, HEAP));
    const moved = f.let('moved', heapEntry(heap, count));
    const at = f.let('hole', i32.const(0));
    siftHoleDown(f, heap, count, at, moved, (a, b) => this.#goesBefore(a, b));
    f.do(i32.store(heapSlot(heap, at), moved));
  }
}
