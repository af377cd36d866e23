/** Rows as Flink's `print` connector writes them: `+U[1, a, null]`. */

import type { Row } from '../../session/changelog-view.ts';
import { displayValue } from '../../session/display-text.ts';
import { ROW_KIND_SHORT, type RowKind } from '../../types/row-kind.ts';
import type { Schema } from '../../types/schema.ts';
import type { TimeZone } from '../../types/time-zone.ts';

export function rowText(kind: RowKind, row: Row, schema: Schema, zone: TimeZone): string {
  const values = schema.fields.map(({ type }, i) => {
    const value = row[i] ?? null;
    return value === null ? 'null' : displayValue(value, type, zone);
  });
  return `${ROW_KIND_SHORT[kind]}[${values.join(', ')}]`;
}

/** The last part of `catalog.database.table`. */
export function shortName(table: string): string {
  return table.slice(table.lastIndexOf('.') + 1);
}
