/**
 * Values as they are at the edges: literals, folded constants, results, and the interpreter that the compiled kernels
 * are tested against. Inside the engine data lives in columns.
 *
 * | type | value |
 * |---|---|
 * | BOOLEAN | boolean |
 * | TINYINT, SMALLINT, INT, FLOAT (rounded to 32 bits), DOUBLE | number |
 * | BIGINT | bigint |
 * | DECIMAL(p, s) | bigint, unscaled: 12.50 of DECIMAL(4, 2) is 1250n |
 * | CHAR, VARCHAR | string |
 * | BINARY, VARBINARY | Uint8Array |
 * | DATE | number, days since 1970-01-01 |
 * | TIME | number, milliseconds of the day |
 * | TIMESTAMP, TIMESTAMP_LTZ | bigint, nanoseconds since 1970-01-01 00:00:00 (local, UTC) |
 * | INTERVAL_YEAR_MONTH | number, months |
 * | INTERVAL_DAY_TIME | bigint, milliseconds |
 * | ARRAY | array of elements |
 * | MAP, MULTISET | array of [key, value], [element, count as number] |
 * | ROW | array of fields |
 * | NULL | null |
 */
import { assert } from '../base/assert.ts';
import type { DataType } from './data-type.ts';

export type Value = null | boolean | number | bigint | string | Uint8Array | readonly Value[];

/** Entries of a MAP or MULTISET value. */
export type Entries = readonly (readonly [Value, Value])[];

/**
 * The order of ORDER BY and of `<`: strings and binaries byte by byte (UTF-8), NaN above infinity and equal to
 * itself, -0.0 below 0.0. Neither side is null; elements of collections may be, and come first.
 *
 * @returns negative, zero or positive
 */
export function compareValues(a: Value, b: Value, type: DataType): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return compareStrings(a as string, b as string);
    case 'BINARY':
    case 'VARBINARY':
      return compareBytes(a as Uint8Array, b as Uint8Array);
    case 'FLOAT':
    case 'DOUBLE':
      return compareDoubles(a as number, b as number);
    case 'ARRAY':
      return compareLists(a as readonly Value[], b as readonly Value[], () => type.element);
    case 'ROW':
      return compareLists(a as readonly Value[], b as readonly Value[], (i) => type.fields[i]!.type);
    case 'MAP':
    case 'MULTISET':
      return compareStrings(valueKey(a, type), valueKey(b, type));
    default:
      return a < b ? -1 : a > b ? 1 : 0;
  }
}

/** Equality as in GROUP BY and DISTINCT: NULL equals NULL, NaN equals NaN, 0.0 differs from -0.0. */
export function valuesEqual(a: Value, b: Value, type: DataType): boolean {
  return valueKey(a, type) === valueKey(b, type);
}

/** A string that two values of the type share exactly if `valuesEqual` holds: the key of a JS Map. */
export function valueKey(value: Value, type: DataType): string {
  if (value === null) return '_';
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR': {
      const text = value as string;
      return `${text.length}'${text}`;
    }
    case 'BINARY':
    case 'VARBINARY':
      return `x${hex(value as Uint8Array)}`;
    case 'FLOAT':
    case 'DOUBLE':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((element) => valueKey(element, type.element)).join(',')}]`;
    case 'ROW':
      return `(${(value as readonly Value[]).map((field, i) => valueKey(field, type.fields[i]!.type)).join(',')})`;
    case 'MAP':
    case 'MULTISET': {
      const key = type.kind === 'MAP' ? type.key : type.element;
      const val = type.kind === 'MAP' ? type.value : COUNT_TYPE;
      const entries = (value as Entries).map(([k, v]) => `${valueKey(k, key)}:${valueKey(v, val)}`);
      return `{${entries.sort().join(',')}}`;
    }
    default:
      assert(typeof value !== 'object', `a ${type.kind} is a scalar`);
      return String(value);
  }
}

/**
 * Compares by Unicode code point, which is the order of the UTF-8 bytes; `<` on JS strings orders surrogates too low.
 */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** UTF-16 units in an order such that surrogates (U+10000 and up) come after U+E000..U+FFFF. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (Object.is(a, b)) return 0;
  if (a === b) return Object.is(a, -0) ? -1 : 1;
  return Number.isNaN(a) ? 1 : -1;
}

function compareLists(a: readonly Value[], b: readonly Value[], typeOf: (index: number) => DataType): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i]!, b[i]!, typeOf(i));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const COUNT_TYPE: DataType = { kind: 'INT', nullable: false };
