/** Numbers of every SQL type at their own width: wrapping integers, 32-bit floats, conversion between them. */
import { unreachable } from '../../base/assert.ts';
import type { DataType } from '../../types/data-type.ts';
import { castDecimal, type DecimalType, decimalToNumber, parseDecimal, pow10, toDecimal } from '../../types/decimal.ts';
import { formatDouble, formatFloat } from '../../types/float.ts';
import type { Value } from '../../types/value.ts';

/** The low bits of an integer as a value of the type: Flink's (Java's) overflow. */
export function wrapInteger(value: bigint, type: DataType): number | bigint {
  switch (type.kind) {
    case 'TINYINT':
      return Number(BigInt.asIntN(8, value));
    case 'SMALLINT':
      return Number(BigInt.asIntN(16, value));
    case 'INT':
      return Number(BigInt.asIntN(32, value));
    default:
      return BigInt.asIntN(64, value);
  }
}

/** Any exact number truncated to an integer; a double saturates at the ends of `INT` or `BIGINT`, NaN is 0. */
export function toBigint(value: Value, type: DataType, saturateAt: 32 | 64): bigint {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return BigInt(value as number | bigint);
    case 'DECIMAL':
      return (value as bigint) / pow10(type.scale);
    default:
      return saturate(value as number, saturateAt);
  }
}

function saturate(value: number, bits: 32 | 64): bigint {
  if (Number.isNaN(value)) return 0n;
  const limit = 1n << BigInt(bits - 1);
  if (value >= Number(limit)) return limit - 1n;
  if (value <= -Number(limit)) return -limit;
  return BigInt(Math.trunc(value));
}

/** Any number as a double. */
export function toNumber(value: Value, type: DataType): number {
  if (type.kind === 'DECIMAL') return decimalToNumber(value as bigint, type.scale);
  return Number(value);
}

/** Converts between numeric types as CAST does. @returns null if a DECIMAL does not fit */
export function castNumber(value: Value, from: DataType, to: DataType): Value {
  switch (to.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return wrapInteger(toBigint(value, from, 32), to);
    case 'BIGINT':
      return wrapInteger(toBigint(value, from, 64), to);
    case 'FLOAT':
      return typeof value === 'bigint' && from.kind === 'BIGINT'
        ? nearestFloat(value)
        : Math.fround(toNumber(value, from));
    case 'DOUBLE':
      return toNumber(value, from);
    case 'DECIMAL':
      return numberToDecimal(value, from, to);
    default:
      return unreachable(to as never);
  }
}

/** The nearest float, without a double in between: what is cut off of a large number is kept as one sticky bit. */
function nearestFloat(value: bigint): number {
  const shift = 11n;
  if (BigInt(Number(value)) === value) return Math.fround(Number(value));
  const kept = value >> shift;
  const sticky = kept << shift === value ? 0n : 1n;
  return Math.fround(Number(kept | sticky) * 2 ** Number(shift));
}

function numberToDecimal(value: Value, from: DataType, to: DecimalType): bigint | null {
  if (from.kind === 'DECIMAL') return castDecimal(value as bigint, from.scale, to);
  if (from.kind !== 'FLOAT' && from.kind !== 'DOUBLE') return castDecimal(BigInt(value as number | bigint), 0, to);
  const text = from.kind === 'FLOAT' ? formatFloat(value as number) : formatDouble(value as number);
  const parsed = parseDecimal(text);
  if (parsed === null) throw new RangeError(text);
  return toDecimal(parsed, to);
}

/** A number of an integer type as bigint. */
export function integer(value: Value): bigint {
  return BigInt(value as number | bigint);
}
