/** Values as they stand in the corpus: one word each, readable and exact. */

import type { DataType } from '../../src/types/data-type.ts';
import { formatDecimal } from '../../src/types/decimal.ts';
import { formatDate, formatTime, formatTimestamp } from '../../src/types/temporal.ts';
import { hex, type Value } from '../../src/types/value.ts';

/** NULL, 12.50, true, 2024-01-01, [1, 2], {k: v}, (a, b); texts as they are, with quotes where that would mislead. */
export function valueToText(value: Value, type: DataType): string {
  if (value === null) return 'NULL';
  switch (type.kind) {
    case 'DECIMAL':
      return formatDecimal(value as bigint, type.scale);
    case 'CHAR':
    case 'VARCHAR':
      return textWord(value as string);
    case 'BINARY':
    case 'VARBINARY':
      return `x'${hex(value as Uint8Array)}'`;
    case 'DATE':
      return formatDate(value as number);
    case 'TIME':
      return formatTime(value as number, 3);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return formatTimestamp(value as bigint, type.precision);
    case 'FLOAT':
    case 'DOUBLE':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((each) => valueToText(each, type.element)).join(', ')}]`;
    case 'ROW': {
      const fields = value as readonly Value[];
      return `(${type.fields.map((field, i) => valueToText(fields[i] ?? null, field.type)).join(', ')})`;
    }
    case 'MAP':
    case 'MULTISET': {
      const key = type.kind === 'MAP' ? type.key : type.element;
      const inner: DataType = type.kind === 'MAP' ? type.value : { kind: 'INT', nullable: false };
      const entries = value as readonly (readonly [Value, Value])[];
      const texts = entries.map(([k, v]) => `${valueToText(k, key)}: ${valueToText(v, inner)}`);
      return `{${texts.sort().join(', ')}}`;
    }
    default:
      return String(value);
  }
}

function textWord(text: string): string {
  return text === 'NULL' || text !== text.trim() || text === '' || /[|\n\r\t"]/.test(text)
    ? JSON.stringify(text)
    : text;
}
