/** Drops -U rows: what a consumer with a key does not need. Flink: DropUpdateBefore. */
import { inputRef } from '../../expr/expr.ts';
import { i32 } from '../../kernel/build.ts';
import { RowKind } from '../../types/row-kind.ts';
import { RowOperator } from '../codegen/row-operator.ts';
import { defineOperator } from '../define.ts';

export const dropUpdateBefore = defineOperator('drop-update-before', (_, spec) => {
  const types = spec.inputs[0]!.fields.map((field) => field.type);
  const columns = types.map((type, i) => inputRef(i, type));
  return new RowOperator(types, types, columns, ({ context, kind, append }) => {
    context.f.if(i32.eq(kind, i32.const(RowKind.UPDATE_BEFORE)), () => context.f.continue());
    append(columns.map(({ index }) => context.column(index)));
  });
});
