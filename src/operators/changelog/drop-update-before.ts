/** Drops -U rows: what a consumer with a key does not need. Flink: DropUpdateBefore. */

import { i32 } from '../../kernel/build.ts';
import { RowKind } from '../../types/row-kind.ts';
import { defineOperator } from '../define.ts';
import { RowFilter } from './row-filter.ts';

export const dropUpdateBefore = defineOperator(
  'drop-update-before',
  (_, spec) =>
    new RowFilter(
      spec.inputs[0]!.fields.map((field) => field.type),
      (_context, kind) => i32.ne(kind, i32.const(RowKind.UPDATE_BEFORE)),
    ),
);
