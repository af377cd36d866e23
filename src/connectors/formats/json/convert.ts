/** JSON values to SQL values and back, by the rules of Flink's json format. */
import type { DataType } from '../../../types/data-type.ts';
import { decimalToNumber } from '../../../types/decimal.ts';
import { printType } from '../../../types/print.ts';
import type { Entries, Value } from '../../../types/value.ts';
import { formatScalar, parseScalar, type TimestampStandard } from '../text-values.ts';
import { ExactNumber, type JsonValue } from './json-text.ts';

export interface JsonOptions {
  readonly standard: TimestampStandard;
  readonly failOnMissingField: boolean;
  readonly ignoreParseErrors: boolean;
  readonly plainDecimals: boolean;
  readonly ignoreNullFields: boolean;
  readonly nullKey: 'FAIL' | 'DROP' | 'LITERAL';
  readonly nullKeyLiteral: string;
}

/** What is wrong with a value. */
export class JsonProblem extends Error {}

/** @throws JsonProblem where the value does not fit, unless parse errors are ignored: then it is NULL. */
export function fromJson(json: JsonValue | undefined, type: DataType, options: JsonOptions): Value {
  if (json === null || json === undefined) return null;
  const value = convert(json, type, options);
  if (value !== undefined) return value;
  if (options.ignoreParseErrors) return null;
  throw new JsonProblem(`cannot read ${JSON.stringify(json).slice(0, 100)} as ${printType(type)}`);
}

function convert(json: JsonValue, type: DataType, options: JsonOptions): Value | undefined {
  switch (type.kind) {
    case 'ARRAY':
      return Array.isArray(json)
        ? (json as readonly JsonValue[]).map((element) => fromJson(element, type.element, options))
        : undefined;
    case 'ROW': {
      if (!isObject(json)) return undefined;
      return type.fields.map((field) => fromJson(member(json, field.name, options), field.type, options));
    }
    case 'MAP':
    case 'MULTISET': {
      if (!isObject(json)) return undefined;
      const [keyType, valueType] =
        type.kind === 'MAP' ? [type.key, type.value] : [type.element, { kind: 'INT', nullable: false } as DataType];
      return Object.entries(json).map(([key, value]) => {
        return [fromJson(key, keyType, options), fromJson(value, valueType, options)] as const;
      });
    }
    case 'CHAR':
    case 'VARCHAR':
      return typeof json === 'string' ? json : textOf(json);
    case 'BOOLEAN':
      return typeof json === 'boolean' ? json : typeof json === 'string' ? json.trim() === 'true' : undefined;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      if (typeof json === 'number') return parseScalar(String(Math.trunc(json)), type, options.standard);
      return scalar(json, type, options);
    default:
      return scalar(json, type, options);
  }
}

/** @throws JsonProblem where a field must be there and is not. */
export function member(json: { readonly [name: string]: JsonValue }, name: string, options: JsonOptions) {
  if (Object.hasOwn(json, name)) return json[name];
  if (options.failOnMissingField) throw new JsonProblem(`the field ${name} is missing`);
  return undefined;
}

export function isObject(json: JsonValue): json is { readonly [name: string]: JsonValue } {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof ExactNumber);
}

function scalar(json: JsonValue, type: DataType, options: JsonOptions): Value | undefined {
  if (typeof json === 'string') return parseScalar(json, type, options.standard);
  if (typeof json === 'number') return parseScalar(String(json), type, options.standard);
  if (json instanceof ExactNumber) return parseScalar(json.text, type, options.standard);
  return undefined;
}

function textOf(json: JsonValue): string {
  return json instanceof ExactNumber ? json.text : JSON.stringify(json);
}

/** The JSON text of a value. @throws JsonProblem for a NULL key of a map. */
function toJson(value: Value, type: DataType, options: JsonOptions): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return String(value);
    case 'FLOAT':
    case 'DOUBLE': {
      const text = formatScalar(value, type, options.standard, false);
      return Number.isFinite(value) ? text : JSON.stringify(text);
    }
    case 'DECIMAL':
      return formatScalar(value, type, options.standard, options.plainDecimals);
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((element) => toJson(element, type.element, options)).join(',')}]`;
    case 'ROW': {
      const fields = type.fields.map((field, i) => [field.name, (value as readonly Value[])[i]!, field.type] as const);
      return objectText(fields, options);
    }
    case 'MAP':
    case 'MULTISET': {
      const [keyType, valueType] =
        type.kind === 'MAP' ? [type.key, type.value] : [type.element, { kind: 'INT', nullable: false } as DataType];
      const entries = (value as Entries).flatMap(([key, item]) => {
        if (key === null && options.nullKey === 'DROP') return [];
        return [[keyText(key, keyType, options), item, valueType] as const];
      });
      return objectText(entries, { ...options, ignoreNullFields: false });
    }
    default:
      return JSON.stringify(formatScalar(value, type, options.standard, false));
  }
}

/** `{"name":value,…}`. */
export function objectText(fields: readonly (readonly [string, Value, DataType])[], options: JsonOptions): string {
  const parts = fields
    .filter(([, value]) => value !== null || !options.ignoreNullFields)
    .map(([name, value, type]) => `${JSON.stringify(name)}:${toJson(value, type, options)}`);
  return `{${parts.join(',')}}`;
}

function keyText(key: Value, type: DataType, options: JsonOptions): string {
  if (key === null) {
    if (options.nullKey === 'LITERAL') return options.nullKeyLiteral;
    throw new JsonProblem("a map has a NULL key: set 'json.map-null-key.mode' to DROP or LITERAL");
  }
  if (type.kind === 'DECIMAL') return String(decimalToNumber(key as bigint, type.scale));
  return formatScalar(key, type, options.standard, true);
}
