/**
 * BATCH sort and top-N. With a limit only the best offset + fetch rows survive, so the store stays small; beyond the
 * budget rows are sorted on disk, of which `processBatch` writes a run at a time. Flink: Sort, SortLimit.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { forEachAddress } from '../codegen/spill-rows.ts';
import { defineOperator } from '../define.ts';
import type { SortParams } from '../specs.ts';
import { ExternalSort } from './external-sort.ts';
import { StreamSort } from './stream-sort.ts';

export const sort = defineOperator('sort', (params, spec) => {
  const types = spec.inputs[0]!.fields.map((field) => field.type);
  return params.inputRetracts ? new StreamSort(params, types) : new Sort(params, types);
});

/** A top-N prunes its store when it holds this many rows beside those it keeps. */
const PRUNE_ROWS = 1 << 15;

class Sort implements Operator {
  readonly #params: SortParams;
  readonly #types: readonly DataType[];
  /** Rows that are needed: offset + fetch. */
  readonly #limit: number | null;
  #context!: OperatorContext;
  #host!: KernelHost;
  #header = 0;
  #sort!: ExternalSort;
  #output!: OutputBuffer;
  #append!: CompiledKernel;
  #emit!: CompiledKernel;
  /** Rows of the result that have been read. */
  #read = 0;

  constructor(params: SortParams, types: readonly DataType[]) {
    this.#params = params;
    this.#types = types;
    this.#limit = params.fetch === null ? null : params.offset + params.fetch;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#types.length);
    this.#sort = new ExternalSort(context, {
      name: 'sort',
      consumer: 'Sort',
      layout: new RowLayout(this.#types),
      ordering: this.#params.ordering,
      limit: this.#limit,
    });
    this.#output = new OutputBuffer(context.memory, context.output, this.#types, { capacity: 8192, withKinds: false });
    const kernels = this.#host.compile(
      [this.#appendKernel(), this.#emitKernel()],
      { ...this.#sort.externs, ...this.#output.externs },
      [...this.#sort.functions, ...this.#output.functions],
    );
    this.#append = kernels['append']!;
    this.#emit = kernels['emit']!;
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    let from = 0;
    while (from < batch.rowCount) {
      from = Number(this.#append(this.#header, from));
      if (this.#limit !== null && this.#sort.rowCount > this.#limit + PRUNE_ROWS) this.#sort.prune(this.#limit);
      this.#sort.relieve();
    }
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {
    this.#sort.finish();
  }

  advance(): boolean {
    if (this.#sort.step()) return true;
    const chunk = this.#limit !== null && this.#read >= this.#limit ? null : this.#sort.next();
    if (chunk === null) {
      this.#sort.clear();
      return false;
    }
    const from = Math.max(this.#params.offset - this.#read, 0);
    const to = Math.min(chunk.count, (this.#limit ?? Number.POSITIVE_INFINITY) - this.#read);
    this.#read += chunk.count;
    if (from < to) {
      this.#output.begin([chunk.strings]);
      this.#emit(chunk.addresses, from, to);
      this.#output.flush();
    }
    return true;
  }

  snapshotState(): void {
    throw new Error('a BATCH operator has no state to snapshot');
  }

  close(): void {
    this.#output?.close();
    this.#sort?.close();
    this.#host?.close();
  }

  /**
   * `append(header, from)`: stores rows; gives the number of the row at which memory ran short, or that of all rows.
   */
  #appendKernel() {
    const f = fn('append', { params: { header: i32, from: i32 }, result: i32 });
    const all = this.#types.map((_, i) => i);
    const input = new BatchInput(f, f.param.header, this.#types, all, false);
    f.for('i', f.param.from, input.rowCount, (i) => {
      const context = new CompileContext(f, (column) => input.column(column, i), this.#host, FAIL, RESERVE);
      this.#sort.store(
        f,
        all.map((column) => context.column(column)),
      );
      f.if(this.#sort.short(), () => f.return(i32.add(i, i32.const(1))));
    });
    f.return(input.rowCount);
    return f.finish();
  }

  /** `emit(addresses, from, to)`: rows in the order of their addresses. */
  #emitKernel() {
    const f = fn('emit', { params: { addresses: i32, from: i32, to: i32 } });
    const { layout } = this.#sort;
    forEachAddress(f, f.param.addresses, f.param.from, f.param.to, (row) => {
      this.#output.append(
        f,
        this.#types.map((_, field) => layout.load(row, field)),
        null,
      );
    });
    return f.finish();
  }
}
