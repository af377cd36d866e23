/** Passes the rows on, unchanged, for which a condition over kind and columns holds. */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { type I32, i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';

export class RowFilter implements Operator {
  readonly #types: readonly DataType[];
  readonly #passes: (context: CompileContext, kind: I32) => I32;
  #context!: OperatorContext;
  #host!: KernelHost;
  #header = 0;
  #output!: OutputBuffer;
  #kernel!: CompiledKernel;

  /** @param passes emits the condition: 1 where the row goes on */
  constructor(types: readonly DataType[], passes: (context: CompileContext, kind: I32) => I32) {
    this.#types = types;
    this.#passes = passes;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#types.length);
    this.#output = new OutputBuffer(context.memory, context.output, this.#types, { capacity: 8192, withKinds: true });
    const f = fn('filter', { params: { header: i32 } });
    const all = this.#types.map((_, i) => i);
    const input = new BatchInput(f, f.param.header, this.#types, all, true);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const row = new CompileContext(f, (column) => input.column(column, i), this.#host, FAIL, RESERVE);
      const kind = f.let('kind', input.kind(i));
      f.if(i32.eqz(this.#passes(row, kind)), () => f.continue());
      this.#output.append(
        f,
        all.map((column) => row.column(column)),
        kind,
      );
    });
    this.#kernel = this.#host.compile([f.finish()], this.#output.externs, this.#output.functions)['filter']!;
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    this.#output.begin([batch]);
    this.#kernel(this.#header);
    this.#output.flush();
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(): void {}

  close(): void {
    this.#output?.close();
    this.#host?.close();
  }
}
