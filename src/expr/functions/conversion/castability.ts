/** Which pairs of types CAST accepts; whether a given value survives it is decided at run time. */
import {
  type DataType,
  isBinary,
  isCharacter,
  isDatetime,
  isInterval,
  isNumeric,
  isTimestamp,
} from '../../../types/data-type.ts';

export function isCastable(from: DataType, to: DataType): boolean {
  if (from.kind === 'NULL') return true;
  if (isCharacter(to)) return true;
  if (isCharacter(from)) return isNumeric(to) || isDatetime(to) || isBinary(to) || to.kind === 'BOOLEAN';
  if (isNumeric(from)) return isNumeric(to) || to.kind === 'BOOLEAN';
  if (from.kind === 'BOOLEAN') return isNumeric(to) || to.kind === 'BOOLEAN';
  if (isBinary(from)) return isBinary(to);
  if (from.kind === 'DATE') return to.kind === 'DATE' || isTimestamp(to);
  if (from.kind === 'TIME') return to.kind === 'TIME' || isTimestamp(to);
  if (isTimestamp(from)) return isDatetime(to);
  if (isInterval(from)) return from.kind === to.kind;
  return isNestedCastable(from, to);
}

function isNestedCastable(from: DataType, to: DataType): boolean {
  switch (from.kind) {
    case 'ARRAY':
      return to.kind === 'ARRAY' && isCastable(from.element, to.element);
    case 'MULTISET':
      return to.kind === 'MULTISET' && isCastable(from.element, to.element);
    case 'MAP':
      return to.kind === 'MAP' && isCastable(from.key, to.key) && isCastable(from.value, to.value);
    case 'ROW':
      return (
        to.kind === 'ROW' &&
        from.fields.length === to.fields.length &&
        from.fields.every((field, i) => isCastable(field.type, to.fields[i]!.type))
      );
    default:
      return false;
  }
}
