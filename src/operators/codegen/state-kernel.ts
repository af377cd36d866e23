/**
 * What a keyed STREAMING operator with one input has around its kernel: header, heap, output, and a context per input
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
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { DataType } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import { BatchInput } from './batch-input.ts';
import { FAIL, KernelHost, RESERVE } from './kernel-host.ts';
import { OutputBuffer } from './output-buffer.ts';
import { StringHeap } from './string-heap.ts';

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
  readonly consumer: MemoryConsumer;
  readonly host: KernelHost;
  readonly heap: StringHeap;
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
    this.consumer = context.budget.consumer(name);
    this.heap = new StringHeap(context.memory, this.consumer);
    this.output = new OutputBuffer(context.memory, context.output, outputTypes, {
      capacity: 2048,
      withKinds: true,
      copyStrings: true,
    });
    this.host.strings = () => this.output.strings();
  }

  /** A kernel `name(header)` that runs `body` for every row of a batch. */
  rowKernel(name: string, body: (row: InputRow) => void): KernelFunction {
    const f = fn(name, { params: { header: i32 } });
    const all = this.#types.map((_, i) => i);
    const input = new BatchInput(f, f.param.header, this.#types, all, true);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const context = this.context(f, (column) => input.column(column, i));
      const kind = f.let('kind', input.kind(i));
      const isBefore = i32.eq(kind, i32.const(RowKind.UPDATE_BEFORE));
      const retraction = f.let('retraction', i32.or(isBefore, i32.eq(kind, i32.const(RowKind.DELETE))));
      body({ f, context, kind, retraction, index: i, column: (column) => context.column(column) });
    });
    return f.finish();
  }

  context(f: FunctionBuilder, column: (index: number) => Operand): CompileContext {
    return new CompileContext(f, column, this.host, FAIL, RESERVE);
  }

  compile(
    entries: readonly KernelFunction[],
    externs: Readonly<Record<string, Extern>>,
    functions: readonly KernelFunction[] = [],
  ): Readonly<Record<string, CompiledKernel>> {
    return this.host.compile(entries, { ...this.output.externs, ...this.heap.externs, ...externs }, [
      ...this.output.functions,
      ...functions,
    ]);
  }

  /** Runs a row kernel over a batch and emits what it appended. */
  run(kernel: CompiledKernel, batch: Batch): void {
    this.host.writeHeader(this.#header, batch);
    this.output.begin();
    kernel(this.#header);
    this.output.flush();
  }

  close(): void {
    this.output.close();
    this.heap.close();
    this.consumer.close();
    this.host.close();
  }
}
