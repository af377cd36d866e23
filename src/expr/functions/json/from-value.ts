/** Values of SQL types as JSON. */
import { type DataType, isCharacter, isInterval } from '../../../types/data-type.ts';
import { formatBigDecimal, parseDecimal } from '../../../types/decimal.ts';
import { formatDouble } from '../../../types/float.ts';
import { formatTimestamp } from '../../../types/temporal.ts';
import type { Entries, Value } from '../../../types/value.ts';
import { JSON_NULL, type JsonNode } from './node.ts';

/** Can values of the type stand in JSON? */
export function isJsonType(type: DataType): boolean {
  switch (type.kind) {
    case 'ARRAY':
    case 'MULTISET':
      return isJsonType(type.element);
    case 'MAP':
      return isCharacter(type.key) && isJsonType(type.value);
    case 'ROW':
      return type.fields.every((field) => isJsonType(field.type));
    default:
      return !isInterval(type) && type.kind !== 'DATE' && type.kind !== 'TIME' && type.kind !== 'NULL';
  }
}

export function toJsonNode(value: Value, type: DataType): JsonNode {
  if (value === null) return JSON_NULL;
  switch (type.kind) {
    case 'BOOLEAN':
      return { kind: 'boolean', value: value as boolean };
    case 'FLOAT':
    case 'DOUBLE':
      return Number.isFinite(value) ? doubleNode(value as number) : { kind: 'string', text: String(value) };
    case 'DECIMAL':
      return { kind: 'number', text: formatBigDecimal(value as bigint, type.scale) };
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return { kind: 'string', text: isoText(value as bigint, type) };
    case 'BINARY':
    case 'VARBINARY':
      return { kind: 'string', text: Buffer.from(value as Uint8Array).toString('base64') };
    case 'ARRAY':
      return { kind: 'array', items: (value as readonly Value[]).map((each) => toJsonNode(each, type.element)) };
    case 'ROW': {
      const fields = value as readonly Value[];
      return objectNode(type.fields.map((field, i) => [field.name, toJsonNode(fields[i]!, field.type)]));
    }
    case 'MAP':
      return objectNode((value as Entries).map(([k, v]) => [k as string, toJsonNode(v, type.value)]));
    case 'MULTISET':
      return objectNode((value as Entries).map(([k, count]) => [k as string, { kind: 'number', text: String(count) }]));
    case 'CHAR':
    case 'VARCHAR':
      return { kind: 'string', text: value as string };
    default:
      return { kind: 'number', text: String(value) };
  }
}

function doubleNode(value: number): JsonNode {
  const { unscaled, scale } = parseDecimal(formatDouble(value))!;
  return { kind: 'number', text: formatBigDecimal(unscaled, scale) };
}

function isoText(nanos: bigint, type: DataType & { readonly precision: number }): string {
  const text = formatTimestamp(nanos, type.precision)
    .replace(' ', 'T')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
  return `${text}${type.kind === 'TIMESTAMP_LTZ' ? 'Z' : ''}`;
}

export function objectNode(members: readonly (readonly [string, JsonNode])[]): JsonNode {
  return { kind: 'object', members: new Map(members) };
}
