/**
 * Each row as often as its BIGINT column says, without that column: INTERSECT ALL, EXCEPT ALL. Flink: ReplicateRows.
 */
import { compileExpr } from '../../expr/compile/compile.ts';
import { asI64 } from '../../expr/compile/operand.ts';
import { inputRef } from '../../expr/expr.ts';
import { i64 } from '../../kernel/build.ts';
import { RowOperator } from '../codegen/row-operator.ts';
import { defineOperator } from '../define.ts';

export const replicateRows = defineOperator('replicate-rows', (params, spec) => {
  const inputTypes = spec.inputs[0]!.fields.map((field) => field.type);
  const outputTypes = spec.output.fields.map((field) => field.type);
  const columns = inputTypes.map((type, i) => inputRef(i, type));
  return new RowOperator(inputTypes, outputTypes, columns, ({ context, exprs, append }) => {
    const operands = exprs.map((expr) => compileExpr(expr, context));
    const count = operands[params.count]!;
    const { f } = context;
    const left = f.let('left', i64.const(0));
    const repeat = (): void => {
      f.set(left, asI64(count));
      f.while(i64.gt_s(left, i64.const(0)), () => {
        append(operands.filter((_, i) => i !== params.count));
        f.set(left, i64.sub(left, i64.const(1)));
      });
    };
    if (count.valid === null) repeat();
    else f.if(count.valid, repeat);
  });
});
