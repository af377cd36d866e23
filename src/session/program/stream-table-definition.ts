/**
 * The definition of a table that a stream becomes. Beside columns of the records it may have one of their timestamps,
 * `rowtime TIMESTAMP_LTZ(3) METADATA`, and take over the watermarks of the stream, `WATERMARK FOR rowtime AS
 * SOURCE_WATERMARK()`. To the planner the one is a column like others, and the other the column itself.
 */
import { notSupported } from '../../base/errors.ts';
import type { CreateTable, TableElement } from '../../sql/ast.ts';

export interface StreamTableDefinition {
  readonly statement: CreateTable;
  /** Name of the column that has the timestamps; null: none. */
  readonly timestamps: string | null;
  readonly sourceWatermarks: boolean;
}

/** The key of the only metadata that records have. */
const ROWTIME = 'rowtime';

/** @throws EngineError NOT-SUPPORTED for other metadata */
export function streamTableDefinition(statement: CreateTable): StreamTableDefinition {
  let timestamps: string | null = null;
  let sourceWatermarks = false;
  const elements = statement.elements.map((element): TableElement => {
    if (element.kind === 'metadata-column') {
      const { name, type, span } = element;
      if ((element.from ?? name.name) !== ROWTIME) throw notSupported(`METADATA other than '${ROWTIME}'`, span);
      timestamps = name.name;
      return { kind: 'physical-column', span, name, type };
    }
    if (element.kind === 'watermark' && isSourceWatermark(element.expr)) {
      sourceWatermarks = true;
      return { ...element, expr: { kind: 'column-ref', span: element.expr.span, name: element.column } };
    }
    return element;
  });
  return { statement: { ...statement, elements }, timestamps, sourceWatermarks };
}

function isSourceWatermark(expr: Extract<TableElement, { readonly kind: 'watermark' }>['expr']): boolean {
  return expr.kind === 'call' && expr.name.parts.at(-1)?.name.toUpperCase() === 'SOURCE_WATERMARK';
}
