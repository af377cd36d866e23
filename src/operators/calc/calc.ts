/**
 * Filter and projection in one pass. Columns that are only passed on are shared, not copied, as long as no row is dropped.
 * Flink: StreamExecCalc, BatchExecCalc.
 */
import { Batch, columnOf } from '../../columnar/batch.ts';
import { allocateColumns } from '../../columnar/builder.ts';
import { physicalType } from '../../columnar/physical.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { compileExpr, compilePredicate } from '../../expr/compile/compile.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { InterpretedColumns, splitInterpreted } from '../../expr/compile/interpreted.ts';
import { validity } from '../../expr/compile/operand.ts';
import { type Expr, inputRef, inputsOf } from '../../expr/expr.ts';
import { i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput, rowOffset } from '../codegen/batch-input.ts';
import { evaluationContext } from '../codegen/evaluation.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { OutputBuffer, storeValue } from '../codegen/output-buffer.ts';
import { defineOperator } from '../define.ts';
import type { CalcParams } from '../specs.ts';

export const calc = defineOperator('calc', (params, spec) => {
  const types = spec.inputs[0]!.fields.map((field) => field.type);
  return new Calc(params, types);
});

/** One step over a batch; gives the batch that goes on, which the caller releases, or emits by itself. */
interface Stage {
  process(batch: Batch): void;
  close(): void;
}

class Calc implements Operator {
  readonly #params: CalcParams;
  readonly #inputTypes: readonly DataType[];
  #context!: OperatorContext;
  #first!: Stage;
  #stages: Stage[] = [];

  constructor(params: CalcParams, inputTypes: readonly DataType[]) {
    this.#params = params;
    this.#inputTypes = inputTypes;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    const { condition, projection } = this.#params;
    const emit = (batch: Batch): void => context.output.emitBatch(batch);
    const needsRows = splitInterpreted(projection, this.#inputTypes.length).interpreted.length > 0;
    if (condition !== null && needsRows) {
      const all = this.#inputTypes.map((type, i) => inputRef(i, type));
      const project = this.#stage(null, projection, emit);
      this.#first = this.#stage(condition, all, (batch) => project.process(batch));
    } else {
      this.#first = this.#stage(condition, projection, emit);
    }
  }

  processBatch(batch: Batch): void {
    this.#first.process(batch);
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(): void {}

  close(): void {
    for (const stage of this.#stages) stage.close();
    this.#stages = [];
  }

  #stage(condition: Expr | null, projection: readonly Expr[], emit: (batch: Batch) => void): Stage {
    const stage =
      condition === null
        ? new ProjectStage(this.#context, this.#inputTypes, projection, emit)
        : new FilterStage(this.#context, this.#inputTypes, condition, projection, emit);
    this.#stages.push(stage);
    return stage;
  }
}

/** Appends the rows that pass, in order. */
class FilterStage implements Stage {
  readonly #host: KernelHost;
  readonly #output: OutputBuffer;
  readonly #header: number;
  readonly #kernel: CompiledKernel;
  readonly #interpreted: InterpretedColumns | null;

  constructor(
    context: OperatorContext,
    inputTypes: readonly DataType[],
    condition: Expr,
    projection: readonly Expr[],
    emit: (batch: Batch) => void,
  ) {
    const split = splitInterpreted([condition, ...projection], inputTypes.length);
    this.#interpreted =
      split.interpreted.length === 0
        ? null
        : new InterpretedColumns(context.memory, inputTypes, split.interpreted, evaluationContext(context));
    const types = [...inputTypes, ...split.interpreted.map((expr) => ({ ...expr.type, nullable: true }))];
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(types.length);
    this.#output = new OutputBuffer(
      context.memory,
      { emitBatch: emit, emitWatermark: () => {} },
      projection.map((expr) => expr.type),
      { capacity: 16384, withKinds: true },
    );
    this.#host.strings = () => this.#output.strings();

    const f = fn('filter', { params: { header: i32 } });
    const used = new Set(split.exprs.flatMap((expr) => [...inputsOf(expr)]));
    const input = new BatchInput(f, f.param.header, types, used, true);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const row = new CompileContext(f, (column) => input.column(column, i), this.#host, FAIL, RESERVE);
      const [predicate, ...results] = split.exprs;
      const passes = compilePredicate(predicate!, row);
      f.if(i32.eqz(passes), () => f.continue());
      const operands = results.map((expr) => compileExpr(expr, row));
      this.#output.append(f, operands, input.kind(i));
    });
    this.#kernel = this.#host.compile([f.finish()], this.#output.externs, this.#output.functions)['filter']!;
  }

  process(batch: Batch): void {
    const extra = this.#interpreted?.compute(batch) ?? null;
    try {
      this.#host.writeHeader(this.#header, batch, extra?.columns);
      this.#output.begin(extra === null ? [batch] : [batch, extra]);
      this.#kernel(this.#header);
      this.#output.flush();
    } finally {
      extra?.release();
    }
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
  readonly #emit: (batch: Batch) => void;
  readonly #projection: readonly Expr[];
  readonly #computed: readonly DataType[];
  readonly #header: number;
  readonly #outputHeader: number;
  readonly #kernel: CompiledKernel | null;
  readonly #interpreted: InterpretedColumns | null;
  readonly #inputCount: number;
  /** The projection after splitting. */
  readonly #exprs: readonly Expr[];

  constructor(
    context: OperatorContext,
    inputTypes: readonly DataType[],
    projection: readonly Expr[],
    emit: (batch: Batch) => void,
  ) {
    this.#context = context;
    this.#emit = emit;
    this.#projection = projection;
    this.#inputCount = inputTypes.length;
    const split = splitInterpreted(projection, inputTypes.length);
    this.#exprs = split.exprs;
    this.#interpreted =
      split.interpreted.length === 0
        ? null
        : new InterpretedColumns(context.memory, inputTypes, split.interpreted, evaluationContext(context));
    const types = [...inputTypes, ...split.interpreted.map((expr) => ({ ...expr.type, nullable: true }))];
    const computed = split.exprs.filter((expr) => expr.kind !== 'input-ref');
    this.#computed = computed.map((expr) => expr.type);
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(types.length);
    this.#outputHeader = this.#host.header(computed.length);
    this.#kernel = computed.length === 0 ? null : this.#compile(types, computed);
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
    const extra = this.#interpreted?.compute(batch) ?? null;
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
        this.#host.writeHeader(this.#header, batch, extra?.columns);
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
      extra?.release();
      throw error;
    }
    let next = 0;
    const columns = this.#exprs.map((expr, i) => {
      const type = this.#projection[i]!.type;
      if (expr.kind !== 'input-ref') {
        const at = next++;
        return columnOf(type, layout!.values[at]!, layout!.validity[at]!);
      }
      const from =
        expr.index < this.#inputCount ? batch.columns[expr.index]! : extra!.columns[expr.index - this.#inputCount]!;
      return columnOf(type, from.values, type.nullable ? from.validity : 0, from.bounds);
    });
    const result = new Batch(batch.rowCount, columns, batch.kinds, free, extra === null ? [batch] : [batch, extra]);
    extra?.release();
    try {
      this.#emit(result);
    } finally {
      result.release();
    }
  }

  close(): void {
    this.#host.close();
  }
}
