/** Tables of apache-arrow at the border of the library: results as tables, tables as rows of the program. */
import { fromArrowTable } from '../columnar/arrow/from-arrow.ts';
import { type ArrowTable, toArrowTable } from '../columnar/arrow/to-arrow.ts';
import { BatchBuilder } from '../columnar/builder.ts';
import { RowReader } from '../columnar/row-reader.ts';
import { LinearMemory } from '../memory/arena.ts';
import { formatDecimal } from '../types/decimal.ts';
import { type Schema, schemaOf } from '../types/schema.ts';
import type { Value } from '../types/value.ts';
import type { Change } from './changelog-view.ts';

const ROWS_PER_BATCH = 1 << 16;

/** @param withKinds the kinds of the changes become the column `$kind` */
export async function changesToArrow(
  schema: Schema,
  changes: readonly Change[],
  withKinds: boolean,
): Promise<ArrowTable> {
  const memory = new LinearMemory();
  const types = schema.fields.map(({ type }) => type);
  const batches = [];
  for (let start = 0; start === 0 || start < changes.length; start += ROWS_PER_BATCH) {
    const piece = changes.slice(start, start + ROWS_PER_BATCH);
    const builder = new BatchBuilder(memory, types, Math.max(piece.length, 1), withKinds);
    for (const { row, kind } of piece) builder.append(row, kind);
    batches.push(builder.finish());
  }
  return toArrowTable(memory, schema.fields, batches);
}

/** Rows as `createTemporaryView` takes them. @throws EngineError DATA-ARROW */
export async function rowsOfArrow(
  table: ArrowTable,
): Promise<{ readonly schema: Schema; readonly rows: readonly (readonly Value[])[] }> {
  const memory = new LinearMemory();
  const { fields, batches } = await fromArrowTable(memory, table);
  const reader = new RowReader(
    memory,
    fields.map(({ type }) => type),
  );
  const taken = (value: Value, column: number): Value => {
    const type = fields[column]?.type;
    return type?.kind === 'DECIMAL' && value !== null ? formatDecimal(value as bigint, type.scale) : value;
  };
  const rows = batches.flatMap((batch) =>
    Array.from({ length: batch.rowCount }, (_, row) => reader.row(batch, row).map(taken)),
  );
  return { schema: schemaOf(fields), rows };
}
