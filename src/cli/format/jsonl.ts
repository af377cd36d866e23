/**
 * One JSON object per line. A final result: the row. A changelog: `{"op": "+U", "row": {…}}`. Rows of sinks carry the
 * name of the table as well. Values as in types/json.ts: numbers that JSON cannot hold exactly are text.
 */

import type { Row } from '../../session/changelog-view.ts';
import { type Json, valueToJson } from '../../types/json.ts';
import { ROW_KIND_SHORT } from '../../types/row-kind.ts';
import type { Schema } from '../../types/schema.ts';
import type { Format } from './format.ts';
import { shortName } from './row-text.ts';

export const jsonlFormat: Format = {
  name: 'jsonl',

  async write(result, { out }) {
    for await (const { kind, row } of result.changes()) {
      const object = toObject(row, result.schema);
      out(`${JSON.stringify(result.isChangelog ? { op: ROW_KIND_SHORT[kind], row: object } : object)}\n`);
    }
  },

  writeSink({ table, schema, changes }, { out }) {
    for (const { kind, row } of changes) {
      out(`${JSON.stringify({ table: shortName(table), op: ROW_KIND_SHORT[kind], row: toObject(row, schema) })}\n`);
    }
  },
};

function toObject(row: Row, { fields }: Schema): Record<string, Json> {
  return Object.fromEntries(fields.map(({ name, type }, i) => [name, valueToJson(row[i] ?? null, type)]));
}
