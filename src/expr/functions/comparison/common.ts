/** How two values are compared: the type they are cast to, SQL equality and SQL order. */
import { leastRestrictive } from '../../../types/coerce.ts';
import { type DataType, isCharacter, isDatetime, isInterval, isNumeric, STRING } from '../../../types/data-type.ts';
import { compareValues, type Entries, type Value, valueKey } from '../../../types/value.ts';

export type Comparison = 'equality' | 'order';

/** The type that both operands are cast to; a string says why there is none. */
export function comparisonType(a: DataType, b: DataType, comparison: Comparison): DataType | string {
  if (a.kind === 'NULL') return b;
  if (b.kind === 'NULL') return a;
  const common = leastRestrictive([a, b]);
  if (common !== null) {
    return isNested(common) && comparison === 'order' ? 'the operands have no order' : common;
  }
  if (isCharacter(a)) return typeBesideString(b, comparison);
  if (isCharacter(b)) return typeBesideString(a, comparison);
  return 'the operands have no common type';
}

/** Collections and rows can be equal, but have no order. */
export function isNested(type: DataType): boolean {
  return 'element' in type || 'fields' in type || type.kind === 'MAP';
}

function typeBesideString(other: DataType, comparison: Comparison): DataType | string {
  if (isDatetime(other)) return other;
  if (comparison === 'equality') {
    if (other.kind === 'BOOLEAN' || isInterval(other)) return STRING;
    if (isNumeric(other)) return 'a number and a string need a CAST';
  } else if (other.kind === 'BOOLEAN' || isNumeric(other)) return other;
  return 'the operands have no common type';
}

/** SQL equality: as IEEE 754 for floating point; NaN differs from itself, -0.0 equals 0.0. */
export function sqlEquals(a: Value, b: Value, type: DataType): boolean {
  switch (type.kind) {
    case 'FLOAT':
    case 'DOUBLE':
      return a === b;
    case 'MAP':
    case 'MULTISET':
      return (a as Entries).length === (b as Entries).length && valueKey(a, type) === valueKey(b, type);
    default:
      return compareValues(a, b, type) === 0;
  }
}

/** SQL order, as IEEE 754 for floating point: a comparison with NaN is false. */
export function sqlLess(a: Value, b: Value, type: DataType, orEqual: boolean): boolean {
  if (type.kind === 'FLOAT' || type.kind === 'DOUBLE') {
    return orEqual ? (a as number) <= (b as number) : (a as number) < (b as number);
  }
  const order = compareValues(a, b, type);
  return orEqual ? order <= 0 : order < 0;
}
