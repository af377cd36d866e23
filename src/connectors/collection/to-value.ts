/**
 * Values as a program hands them to the `collection` connector, checked and turned into the engine's: numbers, strings,
 * Dates, Maps and objects are taken where the type allows.
 */
import { unreachable } from '../../base/assert.ts';
import type { DataType, Field } from '../../types/data-type.ts';
import { parseDecimal, rescale, toDecimal } from '../../types/decimal.ts';
import { printKind } from '../../types/print.ts';
import { parseDate, parseTime, parseTimestamp } from '../../types/temporal.ts';
import type { Value } from '../../types/value.ts';

/** Why a value does not fit; turned into an EngineError with row and column by the reader. */
export class Misfit extends Error {}

/**
 * | type | taken |
 * |---|---|
 * | integers | number without a fraction, bigint; in range |
 * | FLOAT, DOUBLE | number, bigint |
 * | DECIMAL | string, number; bigint where the scale is 0 |
 * | DATE | string `2024-05-01`, Date (UTC), number of days |
 * | TIME | string, number of milliseconds |
 * | TIMESTAMP, TIMESTAMP_LTZ | string, Date (UTC), bigint of nanoseconds |
 * | intervals | number, bigint: months, milliseconds |
 * | MAP, MULTISET | Map, list of pairs, object |
 * | ROW | list, object |
 *
 * @throws Misfit
 */
function toValue(input: unknown, type: DataType): Value {
  if (input === null || input === undefined) {
    if (type.nullable) return null;
    throw new Misfit(`NULL does not fit ${printKind(type)} NOT NULL`);
  }
  const value = convert(input, type);
  if (value === undefined) throw new Misfit(`${describe(input)} does not fit ${printKind(type)}`);
  return value;
}

/** Fields of a row given as a list or as an object. */
export function toFields(input: unknown, fields: readonly Field[], at: (field: Field) => void): Value[] {
  if (input === null || typeof input !== 'object') throw new Misfit(`${describe(input)} is not a row`);
  if (Array.isArray(input)) {
    if (input.length !== fields.length) {
      throw new Misfit(`the row has ${input.length} values, but there are ${fields.length} columns`);
    }
    return fields.map((field, i) => {
      at(field);
      return toValue(input[i], field.type);
    });
  }
  const object = input as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(object).find((key) => !fields.some((field) => field.name === key));
  if (unknown !== undefined) throw new Misfit(`there is no column '${unknown}'`);
  return fields.map((field) => {
    at(field);
    return toValue(object[field.name], field.type);
  });
}

/** undefined: does not fit. */
function convert(input: unknown, type: DataType): Value | undefined {
  switch (type.kind) {
    case 'BOOLEAN':
      return typeof input === 'boolean' ? input : undefined;
    case 'TINYINT':
      return integer(input, 8);
    case 'SMALLINT':
      return integer(input, 16);
    case 'INT':
      return integer(input, 32);
    case 'BIGINT': {
      const value = wide(input);
      return value !== undefined && BigInt.asIntN(64, value) === value ? value : undefined;
    }
    case 'FLOAT':
      return typeof input === 'number' || typeof input === 'bigint' ? Math.fround(Number(input)) : undefined;
    case 'DOUBLE':
      return typeof input === 'number' || typeof input === 'bigint' ? Number(input) : undefined;
    case 'DECIMAL':
      return decimal(input, type);
    case 'CHAR':
    case 'VARCHAR':
      return typeof input === 'string' && [...input].length <= type.length ? input : undefined;
    case 'BINARY':
    case 'VARBINARY':
      return input instanceof Uint8Array && input.length <= type.length ? input : undefined;
    case 'INTERVAL_YEAR_MONTH':
      return integer(input, 32);
    case 'INTERVAL_DAY_TIME':
      return wide(input);
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return datetime(input, type.kind);
    case 'ARRAY':
      return Array.isArray(input) ? input.map((element) => toValue(element, type.element)) : undefined;
    case 'ROW':
      return toFields(input, type.fields, () => undefined);
    case 'MAP':
      return entries(input)?.map(([key, value]) => [toValue(key, type.key), toValue(value, type.value)]);
    case 'MULTISET':
      return entries(input)?.map(([element, count]) => [toValue(element, type.element), toValue(count, COUNT)]);
    case 'NULL':
      return undefined;
    default:
      return unreachable(type);
  }
}

const COUNT: DataType = { kind: 'INT', nullable: false };

function integer(input: unknown, bits: number): number | undefined {
  const value = wide(input);
  return value !== undefined && BigInt.asIntN(bits, value) === value ? Number(value) : undefined;
}

function wide(input: unknown): bigint | undefined {
  if (typeof input === 'bigint') return input;
  return typeof input === 'number' && Number.isInteger(input) ? BigInt(input) : undefined;
}

function decimal(input: unknown, type: DataType & { readonly kind: 'DECIMAL' }): bigint | undefined {
  if (typeof input === 'bigint') {
    const fits = type.scale === 0 && toDecimal({ unscaled: input, scale: 0 }, type) !== null;
    return fits ? rescale(input, 0, type.scale) : undefined;
  }
  const text = typeof input === 'number' || typeof input === 'string' ? String(input) : '';
  const parsed = parseDecimal(text);
  return (parsed === null ? null : toDecimal(parsed, type)) ?? undefined;
}

const MILLIS_PER_DAY = 86_400_000;

function datetime(input: unknown, kind: 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ'): Value | undefined {
  if (input instanceof Date) {
    const millis = input.getTime();
    if (Number.isNaN(millis)) return undefined;
    if (kind === 'DATE') return Math.floor(millis / MILLIS_PER_DAY);
    if (kind === 'TIME') return ((millis % MILLIS_PER_DAY) + MILLIS_PER_DAY) % MILLIS_PER_DAY;
    return BigInt(millis) * 1_000_000n;
  }
  if (kind === 'DATE' || kind === 'TIME') {
    if (typeof input === 'number') return integer(input, 32);
    if (typeof input !== 'string') return undefined;
    return (kind === 'DATE' ? parseDate(input) : parseTime(input)) ?? undefined;
  }
  if (typeof input === 'bigint') return input;
  if (typeof input !== 'string') return undefined;
  const text = kind === 'TIMESTAMP_LTZ' ? input.replace(/Z$/, '') : input;
  return parseTimestamp(text.replace('T', ' ')) ?? undefined;
}

function entries(input: unknown): readonly (readonly [unknown, unknown])[] | undefined {
  if (input instanceof Map) return [...input];
  if (Array.isArray(input)) {
    return input.every((entry) => Array.isArray(entry) && entry.length === 2) ? input : undefined;
  }
  return typeof input === 'object' && input !== null ? Object.entries(input) : undefined;
}

function describe(input: unknown): string {
  if (typeof input === 'string') return `'${input.length > 40 ? `${input.slice(0, 40)}…` : input}'`;
  if (typeof input === 'bigint') return `${input}n`;
  if (typeof input === 'object' && input !== null) return `a ${input.constructor?.name ?? 'object'}`;
  return String(input);
}
