/**
 * What keys of records are equal, how they hash, and in which order BATCH works them off. Strings, numbers, bigints and
 * booleans are compared by value; arrays, plain objects and Dates by their contents. Hashes are Java's hashCode, so
 * that keys fall into the key groups that Flink puts them in, and never change: state on disk depends on them.
 */
import { EngineError } from '../../base/errors.ts';

/** Of 32 bits, signed; equal for equal keys. */
export function hashKey(key: unknown): number {
  switch (typeof key) {
    case 'string':
      return hashString(key);
    case 'number':
      return hashNumber(key);
    case 'bigint':
      return Number(BigInt.asIntN(32, key ^ (key >> 32n)));
    case 'boolean':
      return key ? 1231 : 1237;
    default:
      return hashString(printKey(key));
  }
}

function hashString(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** Whole numbers as Long.hashCode; others by their shortest text. */
function hashNumber(value: number): number {
  if ((value | 0) === value) return value >= 0 ? value : ~value;
  if (!Number.isSafeInteger(value)) return hashString(String(value));
  return value ^ Math.floor(value / 0x100000000);
}

/** Keys that have parts: they are the same if they print the same. */
export function isComposite(key: unknown): key is object {
  return typeof key === 'object' && key !== null;
}

/**
 * The contents of a key as text, different for different keys. The names of an object are sorted.
 *
 * @throws EngineError STATE-KEY for what cannot be a key: functions, symbols, undefined and null
 */
export function printKey(key: unknown): string {
  switch (typeof key) {
    case 'string':
      return JSON.stringify(key);
    case 'number':
      return String(key);
    case 'bigint':
      return `${key}n`;
    case 'boolean':
      return String(key);
    case 'object':
      break;
    default:
      throw notAKey(typeof key);
  }
  if (key === null) return 'null';
  if (Array.isArray(key)) return `[${key.map(printPart).join(',')}]`;
  if (key instanceof Date) return `Date(${key.getTime()})`;
  if (ArrayBuffer.isView(key)) {
    return `bytes(${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('hex')})`;
  }
  if (key instanceof Map || key instanceof Set) throw notAKey(key instanceof Map ? 'Map' : 'Set');
  const fields = Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${printPart(value)}`).join(',')}}`;
}

/** Parts of a key may be missing; a key may not. */
function printPart(part: unknown): string {
  return part === undefined ? 'undefined' : printKey(part);
}

function notAKey(what: string): EngineError {
  return new EngineError('STATE-KEY', `a key selector gave a ${what}, which cannot be a key`, {
    hint: 'keys are strings, numbers, bigints, booleans, Dates, and arrays and plain objects of those',
  });
}

/** @throws EngineError STATE-KEY if a key selector gave nothing */
export function checkKey(key: unknown): void {
  if (key === undefined || key === null) throw notAKey(String(key));
}

/**
 * The order of keys in BATCH: numbers by value, strings by code unit, arrays part by part, objects field by field; keys
 * of different types by type.
 */
export function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  const [rankA, rankB] = [keyRank(a), keyRank(b)];
  if (rankA !== rankB) return rankA - rankB;
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b);
  if (a instanceof Date && b instanceof Date) return compareNumbers(a.getTime(), b.getTime());
  if (isPlainObject(a) && isPlainObject(b)) return compareArrays(sortedEntries(a), sortedEntries(b));
  if (isComposite(a)) return compareKeys(printKey(a), printKey(b));
  const [x, y] = [a as bigint, b as bigint];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** NaN follows all others. */
function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareKeys(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function sortedEntries(object: object): readonly unknown[] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
}

function isPlainObject(key: unknown): key is object {
  return isComposite(key) && !Array.isArray(key) && !(key instanceof Date) && !ArrayBuffer.isView(key);
}

function keyRank(key: unknown): number {
  switch (typeof key) {
    case 'boolean':
      return 1;
    case 'number':
      return 2;
    case 'bigint':
      return 3;
    case 'string':
      return 4;
    case 'object':
      if (key === null) return 0;
      return Array.isArray(key) ? 6 : key instanceof Date ? 5 : ArrayBuffer.isView(key) ? 8 : 7;
    default:
      return 0;
  }
}
