/**
 * Flink's hidden sort of STREAMING, over input that takes rows back: a count per row, written in order at the end of
 * the input. Taking back a row that is not there fails the job, as it does in Flink. Flink: StreamSort.
 */
import { EngineError } from '../../base/errors.ts';
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { asI32, operand } from '../../expr/compile/operand.ts';
import { call, extern, i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { PagedState, PageWriter, StateWriter } from '../../state/snapshot.ts';
import { type DataType, INT } from '../../types/data-type.ts';
import { ALL_ROWS, BatchInput, isRetraction } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import type { KeyedState } from '../codegen/keyed-state.ts';
import { OperatorState } from '../codegen/operator-state.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { forEachAddress } from '../codegen/spill-rows.ts';
import type { SortParams } from '../specs.ts';
import { ExternalSort } from './external-sort.ts';

const COUNT: DataType = { ...INT, nullable: false };
const MISSING = extern('row_missing', [], undefined);

export class StreamSort implements Operator, PagedState {
  readonly #params: SortParams;
  readonly #types: readonly DataType[];
  #context!: OperatorContext;
  #host!: KernelHost;
  #header = 0;
  #state!: OperatorState;
  /** The fields, then how often the row is there. */
  #rows!: KeyedState;
  #sort!: ExternalSort;
  #output!: OutputBuffer;
  #process!: CompiledKernel;
  #collect!: CompiledKernel;
  #emit!: CompiledKernel;
  #skipped = 0;

  constructor(params: SortParams, types: readonly DataType[]) {
    this.#params = params;
    this.#types = types;
  }

  open(context: OperatorContext): void {
    const { memory } = context;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#types.length);
    this.#state = new OperatorState(context, this.#host, 'Sort');
    this.#rows = this.#state.keyed({
      name: 'rows',
      types: [...this.#types, COUNT],
      keyFields: this.#types.map((_, i) => i),
    });
    this.#sort = new ExternalSort(context, {
      name: 'sort',
      consumer: 'Sort',
      layout: new RowLayout(this.#types),
      ordering: this.#params.ordering,
      limit: null,
    });
    this.#output = new OutputBuffer(memory, context.output, this.#types, { capacity: 8192, withKinds: true });
    const kernels = this.#host.compile(
      [this.#processKernel(), this.#collectKernel(), this.#emitKernel()],
      {
        ...this.#state.externs,
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
    if (context.restored !== null) this.#state.restore(context.restored);
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    this.#state.run(this.#process, this.#header, batch);
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {
    this.#state.forEachRow(this.#rows, (row) => {
      this.#collect(row);
      this.#sort.relieve();
    });
    this.#state.close();
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
    this.#state.snapshot(writer);
  }

  snapshotPages(writer: PageWriter): void {
    this.#state.snapshotPages(writer);
  }

  close(): void {
    this.#output?.close();
    this.#sort?.close();
    this.#state?.close();
    this.#host?.close();
  }

  /** `process(header, from)`: counts rows. */
  #processKernel() {
    const f = fn('process', { params: { header: i32, from: i32 }, result: i32 });
    const all = this.#types.map((_, i) => i);
    const count = this.#types.length;
    const input = new BatchInput(f, f.param.header, this.#types, all, true);
    f.for('i', f.param.from, input.rowCount, (i) => {
      this.#state.stopIfShort(f, i);
      const context = new CompileContext(f, (column) => input.column(column, i), this.#host, FAIL, RESERVE);
      const kind = f.let('kind', input.kind(i));
      const fields = all.map((column) => context.column(column));
      const found = this.#rows.find(context, fields);
      const { row } = found;
      const step = f.let('step', i32.const(1));
      const retraction = isRetraction(kind);
      f.if(retraction, () => f.set(step, i32.const(-1)));
      f.if(i32.eqz(row), () => {
        f.if(i32.lt_s(step, i32.const(0)), () => f.do(call(MISSING)));
        this.#rows.insert(f, found);
        fields.forEach((field, at) => {
          this.#rows.store(f, row, at, field);
        });
        this.#rows.store(f, row, count, operand(COUNT, i32.const(0), null));
      });
      const now = f.let('now', i32.add(asI32(this.#rows.load(row, count)), step));
      this.#rows.store(f, row, count, operand(COUNT, now, null));
      f.if(i32.eqz(now), () => this.#rows.remove(f, found));
    });
    f.return(i32.const(ALL_ROWS));
    return f.finish();
  }

  /** `collect(row)`: gives the row to the sort as often as it is there. */
  #collectKernel() {
    const f = fn('collect', { params: { row: i32 } });
    const { row } = f.param;
    f.for('i', i32.const(0), asI32(this.#rows.load(row, this.#types.length)), () => {
      this.#sort.store(
        f,
        this.#types.map((_, i) => this.#rows.load(row, i)),
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
