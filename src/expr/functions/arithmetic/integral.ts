/** Numbers brought down and up to integers, for FLOOR and CEIL. */
import { type DataType, decimal, isInteger } from '../../../types/data-type.ts';
import { ceilDecimal, floorDecimal } from '../../../types/decimal.ts';
import type { Value } from '../../../types/value.ts';

/** The type of FLOOR and CEIL: DECIMAL loses its fraction, everything else stays. */
export function integralType(type: DataType): DataType {
  return type.kind === 'DECIMAL' ? { ...decimal(type.precision, 0), nullable: type.nullable } : type;
}

export function floorNumber(x: Value, type: DataType): Value {
  if (type.kind === 'DECIMAL') return floorDecimal(x as bigint, type.scale);
  return isInteger(type) ? x : Math.floor(x as number);
}

export function ceilNumber(x: Value, type: DataType): Value {
  if (type.kind === 'DECIMAL') return ceilDecimal(x as bigint, type.scale);
  return isInteger(type) ? x : Math.ceil(x as number);
}
