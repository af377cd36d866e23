/** Keeps NULLs out of the NOT NULL columns of a sink: fails, or drops the row. Flink: ConstraintEnforcer. */
import { EngineError } from '../../base/errors.ts';
import { Batch, columnOf } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { validity } from '../../expr/compile/operand.ts';
import { inputRef } from '../../expr/expr.ts';
import { type I32, i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Schema } from '../../types/schema.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { KernelHost } from '../codegen/kernel-host.ts';
import { RowOperator } from '../codegen/row-operator.ts';
import { defineOperator } from '../define.ts';
import type { ConstraintEnforcerParams } from '../specs.ts';

export const constraintEnforcer = defineOperator('constraint-enforcer', (params, spec) => {
  const types = spec.inputs[0]!.fields.map((field) => field.type);
  return new ConstraintEnforcer(params, types, spec.output);
});

class ConstraintEnforcer implements Operator {
  readonly #params: ConstraintEnforcerParams;
  readonly #types: readonly DataType[];
  readonly #outputSchema: Schema;
  readonly #whole: RowOperator;
  #context!: OperatorContext;
  #host!: KernelHost;
  #header = 0;
  #check!: CompiledKernel;

  constructor(params: ConstraintEnforcerParams, types: readonly DataType[], outputSchema: Schema) {
    this.#params = params;
    this.#types = types;
    this.#outputSchema = outputSchema;
    const outputTypes = outputSchema.fields.map((field) => field.type);
    this.#whole = dropNulls(types, outputTypes, params.notNull);
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#types.length);
    this.#check = this.#host.compile([this.#checkKernel()])['check']!;
    if (this.#params.action === 'DROP') this.#whole.open(context);
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    const column = Number(this.#check(this.#header));
    if (column < 0) {
      this.#passOn(batch);
      return;
    }
    if (this.#params.action === 'ERROR') throw this.#refusal(column);
    this.#whole.processBatch(batch);
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(): void {}

  close(): void {
    this.#whole.close();
    this.#host?.close();
  }

  #passOn(batch: Batch): void {
    const columns = this.#outputSchema.fields.map(({ type }, i) => {
      const { values, validity: valid } = batch.columns[i]!;
      return columnOf(type, values, type.nullable ? valid : 0);
    });
    const result = new Batch(batch.rowCount, columns, batch.kinds, () => {}, [batch]);
    try {
      this.#context.output.emitBatch(result);
    } finally {
      result.release();
    }
  }

  #refusal(column: number): EngineError {
    const { name } = this.#outputSchema.fields[column]!;
    return new EngineError(
      'RUN-NOT-NULL',
      `column '${name}' of table ${this.#params.table} is NOT NULL, however, a null value is being written into it`,
      { hint: "filter such rows out, or SET 'table.exec.sink.not-null-enforcer' = 'DROP' to drop them" },
    );
  }

  /** `check(header)`: the first column that is NULL and must not be, or -1. */
  #checkKernel() {
    const f = fn('check', { params: { header: i32 }, result: i32 });
    const input = new BatchInput(f, f.param.header, this.#types, this.#params.notNull, false);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      for (const column of this.#params.notNull) {
        f.if(i32.eqz(validity(input.column(column, i))), () => f.return(i32.const(column)));
      }
    });
    f.return(i32.const(-1));
    return f.finish();
  }
}

/** Lets the rows through that have a value in each of these columns. */
function dropNulls(types: readonly DataType[], outputTypes: readonly DataType[], notNull: readonly number[]) {
  const columns = types.map((type, i) => inputRef(i, type));
  return new RowOperator(types, outputTypes, columns, ({ context, append }) => {
    const whole = notNull
      .map((column) => validity(context.column(column)))
      .reduce<I32>((a, b) => i32.and(a, b), i32.const(1));
    context.f.if(whole, () => append(types.map((_, column) => context.column(column))));
  });
}
