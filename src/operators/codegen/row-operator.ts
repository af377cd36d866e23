/**
 * An operator without state: a kernel makes any number of rows of each input row.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { type Expr, inputsOf } from '../../expr/expr.ts';
import { type I32, i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput } from './batch-input.ts';
import { FAIL, KernelHost, RESERVE } from './kernel-host.ts';
import { OutputBuffer } from './output-buffer.ts';

/** The row that the kernel is at. */
export interface RowStep {
  readonly context: CompileContext;
  /** The expressions given to the operator. */
  readonly exprs: readonly Expr[];
  readonly kind: I32;
  /** Emits the output of one row with the kind of the input row. */
  append(operands: readonly Operand[]): void;
}

export class RowOperator implements Operator {
  readonly #inputTypes: readonly DataType[];
  readonly #outputTypes: readonly DataType[];
  readonly #exprs: readonly Expr[];
  readonly #body: (step: RowStep) => void;
  #context!: OperatorContext;
  #host!: KernelHost;
  #header = 0;
  #output!: OutputBuffer;
  #kernel!: CompiledKernel;

  /**
   * @param exprs what `body` compiles, and so the columns that are read
   * @param body emits what happens to one row
   */
  constructor(
    inputTypes: readonly DataType[],
    outputTypes: readonly DataType[],
    exprs: readonly Expr[],
    body: (step: RowStep) => void,
  ) {
    this.#inputTypes = inputTypes;
    this.#outputTypes = outputTypes;
    this.#exprs = exprs;
    this.#body = body;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    const exprs = this.#exprs;
    const types = this.#inputTypes;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(types.length);
    this.#output = new OutputBuffer(context.memory, context.output, this.#outputTypes, {
      capacity: 8192,
      withKinds: true,
      constants: this.#host.constants,
    });
    this.#host.strings = () => this.#output.strings();

    const f = fn('rows', { params: { header: i32 } });
    const input = new BatchInput(f, f.param.header, types, new Set(exprs.flatMap((expr) => [...inputsOf(expr)])), true);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const row = new CompileContext(f, (column) => input.column(column, i), this.#host, FAIL, RESERVE);
      const kind = f.let('kind', input.kind(i));
      this.#body({ context: row, exprs, kind, append: (operands) => this.#output.append(f, operands, kind) });
    });
    this.#kernel = this.#host.compile([f.finish()], this.#output.externs, this.#output.functions)['rows']!;
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    this.#output.begin([batch], batch.kinds === 0);
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
