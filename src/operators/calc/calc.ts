/**
 * Filter and projection in one pass. Columns that are only passed on are shared, not copied, as long as no row is
 * dropped. Flink: StreamExecCalc, BatchExecCalc.
 */
import { Batch, columnOf } from '../../columnar/batch.ts';
import { allocateColumns } from '../../columnar/builder.ts';
import { physicalType } from '../../columnar/physical.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { Operator, OperatorContext, OperatorSpec } from '../../dataflow/operator.ts';
import { compileExpr } from '../../expr/compile/compile.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { storeValue } from '../../expr/compile/memory.ts';
import { validity } from '../../expr/compile/operand.ts';
import { type Expr, inputsOf } from '../../expr/expr.ts';
import { type I32, i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput, type ColumnFacts, rowOffset } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RangedKernel, RowInput } from '../codegen/row-input.ts';
import { defineOperator } from '../define.ts';
import type { CalcParams } from '../specs.ts';

export const calc = defineOperator('calc', (params, spec) => new Calc(params, spec));

/** What happens to a batch. */
interface Stage {
  process(batch: Batch): void;
  close(): void;
}

class Calc implements Operator {
  readonly #params: CalcParams;
  readonly #spec: OperatorSpec;
  #context!: OperatorContext;
  #stage: Stage | null = null;

  constructor(params: CalcParams, spec: OperatorSpec) {
    this.#params = params;
    this.#spec = spec;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    const [input] = this.#spec.inputs;
    const types = input!.fields.map((field) => field.type);
    this.#stage =
      this.#params.condition === null
        ? new ProjectStage(context, types, this.#params.projection)
        : new FilterStage(context, filtered(this.#spec, this.#params));
  }

  processBatch(batch: Batch): void {
    this.#stage!.process(batch);
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(): void {}

  close(): void {
    this.#stage?.close();
    this.#stage = null;
  }
}

/** The rows that a Calc lets through, as its input. */
function filtered(spec: OperatorSpec, params: CalcParams): RowInput {
  return new RowInput({ ...spec, inputs: [spec.output], fused: [{ params, from: spec.inputs[0]! }] }, 0);
}

/** Appends the rows that pass, in order. */
class FilterStage implements Stage {
  readonly #host: KernelHost;
  readonly #output: OutputBuffer;
  readonly #header: number;
  readonly #input: RowInput;
  readonly #kernels: RangedKernel;

  constructor(context: OperatorContext, input: RowInput) {
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(input.batchTypes.length);
    this.#output = new OutputBuffer(context.memory, context.output, input.types, {
      capacity: 16384,
      withKinds: true,
      constants: this.#host.constants,
    });
    this.#host.strings = () => this.#output.strings();
    this.#input = input;
    this.#kernels = new RangedKernel(input, (facts) => this.#compile(facts), this.#host);
  }

  /** `filter(header, from)` */
  #compile(facts: ColumnFacts): CompiledKernel {
    const f = fn('filter', { params: { header: i32, from: i32 } });
    const columns = this.#input.types.map((_, i) => i);
    const append = (row: CompileContext, _: I32, kind: I32): void => {
      this.#output.append(
        f,
        columns.map((column) => row.column(column)),
        kind,
      );
    };
    this.#input.forEachRow(f, f.param.header, this.#host, columns, facts, append, f.param.from);
    return this.#host.compile([f.finish()], this.#output.externs, this.#output.functions)['filter']!;
  }

  process(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch, true);
    this.#output.begin([batch], batch.kinds === 0);
    this.#kernels.for(batch)(this.#header, 0);
    this.#output.flush();
  }

  close(): void {
    this.#output.close();
    this.#host.close();
  }
}

/** Every row goes on: computed columns are new, the others are the input's. */
class ProjectStage implements Stage {
  readonly #context: OperatorContext;
  readonly #host: KernelHost;
  readonly #projection: readonly Expr[];
  readonly #computed: readonly DataType[];
  readonly #header: number;
  readonly #outputHeader: number;
  readonly #kernel: CompiledKernel | null;

  constructor(context: OperatorContext, inputTypes: readonly DataType[], projection: readonly Expr[]) {
    this.#context = context;
    this.#projection = projection;
    const computed = projection.filter((expr) => expr.kind !== 'input-ref');
    this.#computed = computed.map((expr) => expr.type);
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(inputTypes.length);
    this.#outputHeader = this.#host.header(computed.length);
    this.#kernel = computed.length === 0 ? null : this.#compile(inputTypes, computed);
  }

  #compile(types: readonly DataType[], computed: readonly Expr[]): CompiledKernel {
    const f = fn('project', { params: { header: i32, output: i32 } });
    const used = new Set(computed.flatMap((expr) => [...inputsOf(expr)]));
    const input = new BatchInput(f, f.param.header, types, used, false);
    const targets = new BatchInput(
      f,
      f.param.output,
      this.#computed,
      this.#computed.map((_, i) => i),
      false,
    );
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const row = new CompileContext(f, (column) => input.column(column, i), this.#host, FAIL, RESERVE);
      computed.forEach((expr, at) => {
        const value = compileExpr(expr, row);
        const physical = physicalType(expr.type);
        const address = f.let('to', i32.add(targets.valuesOf(at), rowOffset(physical, i)));
        storeValue(f, physical, address, value);
        const valid = targets.validityOf(at);
        if (valid !== null) f.do(i32.store8(i32.add(valid, i), validity(value)));
      });
    });
    return this.#host.compile([f.finish()])['project']!;
  }

  process(batch: Batch): void {
    const { memory } = this.#context;
    const layout = this.#kernel === null ? null : allocateColumns(memory, this.#computed, batch.rowCount, false);
    let strings: StringArena | null = null;
    this.#host.strings = () => {
      strings ??= new StringArena(memory);
      return strings;
    };
    const free = (): void => {
      if (layout !== null) memory.free(layout.block);
      strings?.release();
    };
    try {
      if (layout !== null && this.#kernel !== null) {
        this.#host.writeHeader(this.#header, batch);
        const u32 = memory.u32;
        this.#computed.forEach((_, i) => {
          const word = (this.#outputHeader + 8 + i * 8) >>> 2;
          u32[word] = layout.values[i]!;
          u32[word + 1] = layout.validity[i]!;
        });
        this.#kernel(this.#header, this.#outputHeader);
      }
    } catch (error) {
      free();
      throw error;
    }
    let next = 0;
    const columns = this.#projection.map((expr) => {
      const { type } = expr;
      if (expr.kind !== 'input-ref') {
        const at = next++;
        return columnOf(type, layout!.values[at]!, layout!.validity[at]!);
      }
      const from = batch.columns[expr.index]!;
      return columnOf(type, from.values, type.nullable ? from.validity : 0, from.bounds);
    });
    const result = new Batch(batch.rowCount, columns, batch.kinds, free, [batch, this.#host.constants]);
    try {
      this.#context.output.emitBatch(result);
    } finally {
      result.release();
    }
  }

  close(): void {
    this.#host.close();
  }
}
