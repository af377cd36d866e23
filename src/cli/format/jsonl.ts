/**
 * One JSON object per line. A final result: the row. A changelog: `{"op": "+U", "row": {…}}`. Rows of sinks carry the
 * name of the table as well. Values as in types/json.ts: numbers that JSON cannot hold exactly are text.
 */

import type { Row } from '../../session/changelog-view.ts';
import type { DataType } from '../../types/data-type.ts';
import { valueToJson } from '../../types/json.ts';
import { ROW_KIND_SHORT } from '../../types/row-kind.ts';
import type { Schema } from '../../types/schema.ts';
import type { Value } from '../../types/value.ts';
import type { Format } from './format.ts';
import { shortName } from './row-text.ts';

export const jsonlFormat: Format = {
  name: 'jsonl',

  async write(result, { out }) {
    const print = rowPrinter(result.schema);
    for await (const changes of result.batches()) {
      for (const { kind, row } of changes) {
        out(result.isChangelog ? `{"op":"${ROW_KIND_SHORT[kind]}","row":${print(row)}}\n` : `${print(row)}\n`);
      }
    }
  },

  writeSink({ table, schema, changes }, { out }) {
    const print = rowPrinter(schema);
    const name = JSON.stringify(shortName(table));
    for (const { kind, row } of changes) {
      out(`{"table":${name},"op":"${ROW_KIND_SHORT[kind]}","row":${print(row)}}\n`);
    }
  },
};

/** Rows as JSON objects, with the names of the fields printed once. */
function rowPrinter({ fields }: Schema): (row: Row) => string {
  const keys = fields.map(({ name }, i) => `${i === 0 ? '' : ','}${JSON.stringify(name)}:`);
  return (row) => {
    let text = '{';
    for (let i = 0; i < fields.length; i++) text += keys[i] + valueText(row[i] ?? null, fields[i]!.type);
    return `${text}}`;
  };
}

function valueText(value: Value, type: DataType): string {
  if (value === null) return 'null';
  return typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(valueToJson(value, type));
}
