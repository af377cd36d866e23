/**
 * Values written as JSON, as the golden changelogs and the JSON output of results have them, and read back. BIGINT
 * beyond 2^53 and DECIMAL are strings, so are NaN, the infinities and -0.0; temporal types have exactly the digits of
 * their precision.
 */
import { unreachable } from '../base/assert.ts';
import { EngineError } from '../base/errors.ts';
import type { DataType } from './data-type.ts';
import { formatDecimal, parseDecimal, toDecimal } from './decimal.ts';
import { formatDayTime, formatYearMonth, parseDayTime, parseYearMonth } from './interval.ts';
import { printType } from './print.ts';
import { formatDate, formatTime, formatTimestamp, parseDate, parseTime, parseTimestamp } from './temporal.ts';
import { type Entries, hex, type Value } from './value.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Up to here, in magnitude, every integer is a double. */
const EXACT_LIMIT = 2n ** 53n;

export function valueToJson(value: Value, type: DataType): Json {
  if (value === null) return null;
  switch (type.kind) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'CHAR':
    case 'VARCHAR':
      return value as boolean | number | string;
    case 'BIGINT': {
      const number = value as bigint;
      return number >= -EXACT_LIMIT && number <= EXACT_LIMIT ? Number(number) : String(number);
    }
    case 'FLOAT':
    case 'DOUBLE':
      return Object.is(value, -0) ? '-0.0' : Number.isFinite(value) ? (value as number) : String(value);
    case 'DECIMAL':
      return formatDecimal(value as bigint, type.scale);
    case 'BINARY':
    case 'VARBINARY':
      return hex(value as Uint8Array);
    case 'DATE':
      return formatDate(value as number);
    case 'TIME':
      return formatTime(value as number, type.precision);
    case 'TIMESTAMP':
      return formatTimestamp(value as bigint, type.precision);
    case 'TIMESTAMP_LTZ':
      return `${formatTimestamp(value as bigint, type.precision)}Z`;
    case 'INTERVAL_YEAR_MONTH':
      return formatYearMonth(value as number);
    case 'INTERVAL_DAY_TIME':
      return formatDayTime(value as bigint);
    case 'ARRAY':
      return (value as readonly Value[]).map((element) => valueToJson(element, type.element));
    case 'ROW':
      return Object.fromEntries(
        type.fields.map((field, i) => [field.name, valueToJson((value as readonly Value[])[i]!, field.type)]),
      );
    case 'MAP':
    case 'MULTISET': {
      const [keyType, valueType] = entryTypes(type);
      return (value as Entries)
        .map(([k, v]): Json => [valueToJson(k, keyType), valueToJson(v, valueType)])
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    }
    case 'NULL':
      return null;
    default:
      return unreachable(type);
  }
}

/**
 * The inverse of `valueToJson`; also accepts a number for DECIMAL and a string for any number.
 *
 * @throws EngineError RUN-FORMAT if the JSON does not fit the type
 */
export function valueFromJson(json: Json, type: DataType): Value {
  if (json === null || json === undefined) return null;
  const value = readJson(json, type);
  if (value !== null) return value;
  throw new EngineError('RUN-FORMAT', `cannot read ${JSON.stringify(json)} as ${printType(type)}`);
}

function readJson(json: Json, type: DataType): Value {
  switch (type.kind) {
    case 'BOOLEAN':
      return typeof json === 'boolean' ? json : null;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return Number.isInteger(Number(json)) ? Number(json) : null;
    case 'BIGINT':
      return typeof json === 'number' || typeof json === 'string' ? readBigint(json) : null;
    case 'FLOAT':
    case 'DOUBLE': {
      const value = Number(json);
      if (Number.isNaN(value) && json !== 'NaN') return null;
      return type.kind === 'FLOAT' ? Math.fround(value) : value;
    }
    case 'DECIMAL': {
      const parsed = parseDecimal(String(json));
      return parsed === null ? null : toDecimal(parsed, type);
    }
    case 'CHAR':
    case 'VARCHAR':
      return typeof json === 'string' ? json : null;
    case 'ARRAY':
      return Array.isArray(json) ? json.map((element: Json) => valueFromJson(element, type.element)) : null;
    case 'ROW':
      return readRow(json, type.fields);
    case 'MAP':
    case 'MULTISET':
      return readEntries(json, entryTypes(type));
    case 'NULL':
      return null;
    default:
      return typeof json === 'string' ? readText(json, type) : null;
  }
}

function readText(text: string, type: DataType): Value {
  switch (type.kind) {
    case 'BINARY':
    case 'VARBINARY':
      return /^([0-9a-fA-F]{2})*$/.test(text)
        ? Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
        : null;
    case 'DATE':
      return parseDate(text);
    case 'TIME':
      return parseTime(text);
    case 'TIMESTAMP':
      return parseTimestamp(text.replace('T', ' '));
    case 'TIMESTAMP_LTZ':
      return parseTimestamp(text.replace('T', ' ').replace(/Z$/, ''));
    case 'INTERVAL_YEAR_MONTH':
      return parseYearMonth(text);
    case 'INTERVAL_DAY_TIME':
      return parseDayTime(text);
    default:
      return null;
  }
}

function readBigint(json: number | string): bigint | null {
  return /^[+-]?\d+$/.test(String(json)) ? BigInt(json) : null;
}

function readRow(json: Json, fields: readonly { readonly name: string; readonly type: DataType }[]): Value {
  if (Array.isArray(json))
    return fields.map((field, i) => valueFromJson((json as readonly Json[])[i] ?? null, field.type));
  if (typeof json !== 'object') return null;
  const object = json as { readonly [name: string]: Json };
  return fields.map((field) => valueFromJson(object[field.name] ?? null, field.type));
}

function readEntries(json: Json, [keyType, valueType]: readonly [DataType, DataType]): Value {
  const pairs = Array.isArray(json) ? (json as readonly (readonly [Json, Json])[]) : Object.entries(json as object);
  return pairs.map(([k, v]) => [valueFromJson(k, keyType), valueFromJson(v as Json, valueType)]);
}

function entryTypes(type: DataType): readonly [DataType, DataType] {
  if (type.kind === 'MAP') return [type.key, type.value];
  if (type.kind === 'MULTISET') return [type.element, { kind: 'INT', nullable: false }];
  throw new TypeError(type.kind);
}
