/** Each row once per projection, in their order: GROUPING SETS, several DISTINCT arguments. Flink: Expand. */
import { compileExpr } from '../../expr/compile/compile.ts';
import { RowOperator } from '../codegen/row-operator.ts';
import { defineOperator } from '../define.ts';

export const expand = defineOperator('expand', ({ projections }, spec) => {
  const inputTypes = spec.inputs[0]!.fields.map((field) => field.type);
  const outputTypes = spec.output.fields.map((field) => field.type);
  const width = outputTypes.length;
  return new RowOperator(inputTypes, outputTypes, projections.flat(), ({ context, exprs, append }) => {
    projections.forEach((_, i) => {
      const list = exprs.slice(i * width, (i + 1) * width);
      append(list.map((expr) => compileExpr(expr, context)));
    });
  });
});
