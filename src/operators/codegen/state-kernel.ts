/**
 * What a keyed STREAMING operator with one input has around its kernel: header, state, output, and a context per input
 * row.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { type I32, i32 } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel, Extern } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import { ALL_ROWS, BatchInput, isRetraction } from './batch-input.ts';
import { FAIL, KernelHost, RESERVE } from './kernel-host.ts';
import { OperatorState } from './operator-state.ts';
import { OutputBuffer, STRING_FUNCTIONS } from './output-buffer.ts';

/** One input row while a kernel works on it. */
export interface InputRow {
  readonly f: FunctionBuilder;
  readonly context: CompileContext;
  /** RowKind. */
  readonly kind: I32;
  /** 1 for -U and -D. */
  readonly retraction: I32;
  /** Number of the row in the batch. */
  readonly index: I32;
  readonly column: (index: number) => Operand;
}

export class StateKernel {
  readonly host: KernelHost;
  readonly keyed: OperatorState;
  readonly output: OutputBuffer;
  readonly #types: readonly DataType[];
  readonly #header: number;

  constructor(
    context: OperatorContext,
    name: string,
    inputTypes: readonly DataType[],
    outputTypes: readonly DataType[],
  ) {
    this.#types = inputTypes;
    this.host = new KernelHost(context);
    this.#header = this.host.header(inputTypes.length);
    this.keyed = new OperatorState(context, this.host, name);
    this.output = new OutputBuffer(context.memory, context.output, outputTypes, {
      capacity: 2048,
      withKinds: true,
      copyStrings: true,
    });
    this.host.strings = () => this.output.strings();
  }

  /** A kernel `name(header, from)` that runs `body` for every row of a batch from one on; gives where it stopped. */
  rowKernel(name: string, body: (row: InputRow) => void): KernelFunction {
    const f = fn(name, { params: { header: i32, from: i32 }, result: i32 });
    const all = this.#types.map((_, i) => i);
    const input = new BatchInput(f, f.param.header, this.#types, all, true);
    f.for('i', f.param.from, input.rowCount, (i) => {
      this.keyed.stopIfShort(f, i);
      const context = this.context(f, (column) => input.column(column, i));
      const kind = f.let('kind', input.kind(i));
      const retraction = f.let('retraction', isRetraction(kind));
      body({ f, context, kind, retraction, index: i, column: (column) => context.column(column) });
    });
    f.return(i32.const(ALL_ROWS));
    return f.finish();
  }

  context(f: FunctionBuilder, column: (index: number) => Operand): CompileContext {
    return new CompileContext(f, column, this.host, FAIL, RESERVE);
  }

  compile(
    entries: readonly KernelFunction[],
    externs: Readonly<Record<string, Extern>> = {},
  ): Readonly<Record<string, CompiledKernel>> {
    const all = { ...this.output.externs, ...this.keyed.externs, ...externs };
    return this.host.compile(entries, all, [...STRING_FUNCTIONS, ...this.output.functions]);
  }

  /** Runs a row kernel over a batch and emits what it appended. */
  run(kernel: CompiledKernel, batch: Batch): void {
    this.host.writeHeader(this.#header, batch);
    this.output.begin();
    this.keyed.run(kernel, this.#header, batch);
    this.output.flush();
  }

  /** Runs a row kernel over some rows of a batch; nothing is emitted yet. */
  runFrom(kernel: CompiledKernel, batch: Batch, from: number, end: number): void {
    this.host.writeHeader(this.#header, batch);
    if (from === 0) this.keyed.beginBatch(batch);
    this.keyed.runFrom(kernel, this.#header, from, end);
  }

  close(): void {
    this.output.close();
    this.keyed.close();
    this.host.close();
  }
}
