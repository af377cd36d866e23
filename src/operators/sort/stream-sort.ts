/**
 * Flink's hidden sort of STREAMING, over input that takes rows back: a count per row, written in order at the end of
 * the input. Taking back a row that is not there fails the job, as it does in Flink. Flink: StreamSort.
 */
import { EngineError } from '../../base/errors.ts';
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { asI32, type Operand, operand } from '../../expr/compile/operand.ts';
import { call, extern, i32, or } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { StateWriter } from '../../state/snapshot.ts';
import { type DataType, INT } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { hashKeys, sameKeys } from '../codegen/keys.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { readRows, writeRows } from '../codegen/row-snapshot.ts';
import { RowTable } from '../codegen/row-table.ts';
import { forEachAddress } from '../codegen/spill-rows.ts';
import { StringHeap } from '../codegen/string-heap.ts';
import type { SortParams } from '../specs.ts';
import { ExternalSort } from './external-sort.ts';

const COUNT: DataType = { ...INT, nullable: false };
const MISSING = extern('row_missing', [], undefined);

export class StreamSort implements Operator {
  readonly #params: SortParams;
  readonly #types: readonly DataType[];
  /** The fields, then how often the row is there. */
  readonly #layout: RowLayout;
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #table!: RowTable;
  #strings!: StringHeap;
  #sort!: ExternalSort;
  #output!: OutputBuffer;
  #process!: CompiledKernel;
  #collect!: CompiledKernel;
  #emit!: CompiledKernel;
  #skipped = 0;

  constructor(params: SortParams, types: readonly DataType[]) {
    this.#params = params;
    this.#types = types;
    this.#layout = new RowLayout([...types, COUNT]);
  }

  open(context: OperatorContext): void {
    const { memory } = context;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#types.length);
    this.#consumer = context.budget.consumer('Sort');
    this.#table = new RowTable(context, this.#consumer, { rowSize: this.#layout.size, name: 'rows' });
    this.#strings = new StringHeap(memory, this.#consumer);
    this.#sort = new ExternalSort(context, {
      name: 'sort',
      consumer: 'Sort',
      layout: new RowLayout(this.#types),
      ordering: this.#params.ordering,
      limit: null,
    });
    this.#output = new OutputBuffer(memory, context.output, this.#types, { capacity: 8192, withKinds: true });
    const kernels = this.#host.compile(
      [this.#processKernel(), this.#adoptKernel(), this.#collectKernel(), this.#emitKernel()],
      {
        ...this.#table.externs,
        ...this.#strings.externs,
        ...this.#sort.externs,
        ...this.#output.externs,
        row_missing: () => {
          throw new EngineError('RUN-ROW-MISSING', 'RowData not exist! A row that was never inserted is taken back', {
            hint: 'check the changelog of the source',
          });
        },
      },
      [...this.#sort.functions, ...this.#output.functions],
    );
    this.#process = kernels['process']!;
    this.#collect = kernels['collect']!;
    this.#emit = kernels['emit']!;
    const state = context.restored?.read('rows') ?? null;
    if (state !== null) readRows(state, memory, this.#layout, (row) => kernels['adopt']!(row));
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    this.#process(this.#header);
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {
    this.#table.forEachRow((row) => {
      this.#collect(row);
      this.#sort.relieve();
    });
    this.#sort.finish();
  }

  advance(): boolean {
    if (this.#sort.step()) return true;
    const chunk = this.#sort.next();
    if (chunk === null) return false;
    const from = Math.min(this.#params.offset - this.#skipped, chunk.count);
    this.#skipped += from;
    this.#output.begin([chunk.strings]);
    this.#emit(chunk.addresses, from, chunk.count);
    this.#output.flush();
    return true;
  }

  snapshotState(writer: StateWriter): void {
    const rows: number[] = [];
    this.#table.forEachRow((row) => rows.push(row));
    writer.write('rows', writeRows(this.#context.memory, this.#layout, rows));
  }

  close(): void {
    this.#output?.close();
    this.#sort?.close();
    this.#table?.close();
    this.#strings?.close();
    this.#consumer?.close();
    this.#host?.close();
  }

  #newContext(f: FunctionBuilder, column: (index: number) => Operand): CompileContext {
    return new CompileContext(f, column, this.#host, FAIL, RESERVE);
  }

  #find(context: CompileContext) {
    const fields = this.#types.map((_, i) => context.column(i));
    const hash = hashKeys(fields, context);
    const found = this.#table.find(context, hash, (candidate) =>
      sameKeys(
        fields,
        fields.map((_, i) => context.bind(this.#layout.load(candidate, i), 'k')),
        context,
      ),
    );
    return { ...found, fields, hash };
  }

  /** `process(header)`: counts rows. */
  #processKernel() {
    const f = fn('process', { params: { header: i32 } });
    const all = this.#types.map((_, i) => i);
    const count = this.#types.length;
    const input = new BatchInput(f, f.param.header, this.#types, all, true);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const context = this.#newContext(f, (column) => input.column(column, i));
      const kind = f.let('kind', input.kind(i));
      const { row, slot, fields, hash } = this.#find(context);
      const step = f.let('step', i32.const(1));
      const retraction = or(i32.eq(kind, i32.const(RowKind.UPDATE_BEFORE)), i32.eq(kind, i32.const(RowKind.DELETE)));
      f.if(retraction, () => f.set(step, i32.const(-1)));
      f.if(i32.eqz(row), () => {
        f.if(i32.lt_s(step, i32.const(0)), () => f.do(call(MISSING)));
        this.#table.insert(f, hash, slot, row);
        fields.forEach((field, at) => {
          this.#layout.store(f, row, at, this.#strings.own(field));
        });
        this.#layout.store(f, row, count, operand(COUNT, i32.const(0), null));
      });
      const now = f.let('now', i32.add(asI32(this.#layout.load(row, count)), step));
      this.#layout.store(f, row, count, operand(COUNT, now, null));
      f.if(i32.eqz(now), () => {
        this.#strings.releaseRow(f, this.#layout, row);
        this.#table.remove(f, slot, row);
      });
    });
    return f.finish();
  }

  /** `adopt(row)`: takes a row with its count in again. */
  #adoptKernel() {
    const f = fn('adopt', { params: { from: i32 } });
    const context = this.#newContext(f, (field) => this.#layout.load(f.param.from, field));
    const { row, slot, fields, hash } = this.#find(context);
    this.#table.insert(f, hash, slot, row);
    fields.forEach((field, at) => {
      this.#layout.store(f, row, at, this.#strings.own(field));
    });
    this.#layout.store(f, row, this.#types.length, this.#layout.load(f.param.from, this.#types.length));
    return f.finish();
  }

  /** `collect(row)`: gives the row to the sort as often as it is there. */
  #collectKernel() {
    const f = fn('collect', { params: { row: i32 } });
    const { row } = f.param;
    f.for('i', i32.const(0), asI32(this.#layout.load(row, this.#types.length)), () => {
      this.#sort.store(
        f,
        this.#types.map((_, i) => this.#layout.load(row, i)),
      );
    });
    return f.finish();
  }

  /** `emit(addresses, from, to)` */
  #emitKernel() {
    const f = fn('emit', { params: { addresses: i32, from: i32, to: i32 } });
    forEachAddress(f, f.param.addresses, f.param.from, f.param.to, (row) => {
      this.#output.append(
        f,
        this.#types.map((_, field) => this.#sort.layout.load(row, field)),
        null,
      );
    });
    return f.finish();
  }
}
