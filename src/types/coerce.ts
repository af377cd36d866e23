/**
 * The common type of several values. Two rules are at work in Flink and both are kept: Calcite's `leastRestrictive` for
 * operators, CASE, IN and set operations; and Flink's own `findCommonType` for functions with its newer type inference
 * (COALESCE, GREATEST, ARRAY, …), which also joins DATE or TIME with TIMESTAMP.
 */
import {
  BIGINT,
  type DataType,
  DOUBLE,
  type Field,
  FLOAT,
  INT,
  isApproximate,
  isBinary,
  isCharacter,
  isExactNumeric,
  isInteger,
  isInterval,
  isNumeric,
  isTimestamp,
  nullable,
  SMALLINT,
  sameType,
  TINYINT,
  varbinary,
  varchar,
} from './data-type.ts';
import { asDecimal, widerDecimal } from './decimal.ts';

const INTEGERS: readonly DataType[] = [TINYINT, SMALLINT, INT, BIGINT];

/** Calcite's rule. @returns null if the types have nothing in common */
export function leastRestrictive(types: readonly DataType[]): DataType | null {
  return fold(types, mergeScalars, leastRestrictive);
}

/** Flink's rule. @returns null if the types have nothing in common */
export function findCommonType(types: readonly DataType[]): DataType | null {
  return fold(types, mergeAsFlink, findCommonType);
}

type Merge = (a: DataType, b: DataType) => DataType | null;
type Common = (types: readonly DataType[]) => DataType | null;

function fold(types: readonly DataType[], merge: Merge, common: Common): DataType | null {
  let result: DataType | null = null;
  const isNullable = types.some((type) => type.nullable);
  for (const type of types) {
    if (type.kind === 'NULL') continue;
    if (result === null) result = type;
    else {
      const merged: DataType | null = mergeNested(result, type, common) ?? merge(result, type);
      if (merged === null) return null;
      result = merged;
    }
  }
  return result === null ? (types[0] ?? null) : withoutTime(nullable(result, isNullable));
}

function withoutTime(type: DataType): DataType {
  if (!isTimestamp(type) || type.time === undefined) return type;
  return { kind: type.kind, precision: type.precision, nullable: type.nullable };
}

function mergeScalars(a: DataType, b: DataType): DataType | null {
  if (sameType(a, b)) return a;
  if (isNumeric(a) && isNumeric(b)) return mergeNumbers(a, b);
  if (isCharacter(a) && isCharacter(b)) return varchar(Math.max(a.length, b.length));
  if (isBinary(a) && isBinary(b)) return varbinary(Math.max(a.length, b.length));
  if (a.kind === 'TIME' && b.kind === 'TIME') return a.precision >= b.precision ? a : b;
  if (isTimestamp(a) && isTimestamp(b)) {
    const kind = a.kind === b.kind ? a.kind : 'TIMESTAMP_LTZ';
    return { kind, precision: Math.max(a.precision, b.precision), nullable: false };
  }
  return isInterval(a) && a.kind === b.kind ? a : null;
}

function mergeAsFlink(a: DataType, b: DataType): DataType | null {
  if (isApproximate(a) && isApproximate(b) && a.kind !== b.kind) return DOUBLE;
  if (a.kind === 'DECIMAL' && b.kind === 'FLOAT') return b;
  return mergeDatetimes(a, b) ?? mergeScalars(a, b);
}

/** Beside a TIMESTAMP a DATE or TIME wins, though it holds less: so Flink has it. */
function mergeDatetimes(a: DataType, b: DataType): DataType | null {
  if (b.kind === 'TIMESTAMP' && (a.kind === 'DATE' || a.kind === 'TIME')) return a;
  if (a.kind === 'TIMESTAMP' && (b.kind === 'DATE' || b.kind === 'TIME')) return b;
  return null;
}

/**
 * Integers widen, exact ones become DECIMAL, FLOAT with an integer stays FLOAT, with a DECIMAL becomes DOUBLE. Of
 * FLOAT and DOUBLE Calcite takes the first, as it gives both the same precision.
 */
function mergeNumbers(a: DataType, b: DataType): DataType {
  if (isInteger(a) && isInteger(b)) {
    const rank = (type: DataType): number => INTEGERS.findIndex((integer) => integer.kind === type.kind);
    return INTEGERS[Math.max(rank(a), rank(b))]!;
  }
  if (isExactNumeric(a) && isExactNumeric(b)) return widerDecimal(asDecimal(a)!, asDecimal(b)!);
  if (a.kind === 'FLOAT' && b.kind === 'DOUBLE') return FLOAT;
  if (a.kind === 'DECIMAL' || b.kind === 'DECIMAL' || a.kind === 'DOUBLE' || b.kind === 'DOUBLE') return DOUBLE;
  return isApproximate(a) || isApproximate(b) ? FLOAT : DOUBLE;
}

function mergeNested(a: DataType, b: DataType, common: Common): DataType | null {
  if (a.kind === 'ARRAY' && b.kind === 'ARRAY') {
    const element = common([a.element, b.element]);
    return element === null ? null : { ...a, element };
  }
  if (a.kind === 'MULTISET' && b.kind === 'MULTISET') {
    const element = common([a.element, b.element]);
    return element === null ? null : { ...a, element };
  }
  if (a.kind === 'MAP' && b.kind === 'MAP') {
    const key = common([a.key, b.key]);
    const value = common([a.value, b.value]);
    return key === null || value === null ? null : { ...a, key, value };
  }
  if (a.kind === 'ROW' && b.kind === 'ROW' && a.fields.length === b.fields.length) {
    const fields: Field[] = [];
    for (const [i, field] of a.fields.entries()) {
      const type = common([field.type, b.fields[i]!.type]);
      if (type === null) return null;
      fields.push({ name: field.name, type });
    }
    return { ...a, fields };
  }
  return null;
}

/** CHAR(n) becomes VARCHAR(n), BINARY(n) VARBINARY(n): what a function that cuts or joins returns. */
export function varying(type: DataType): DataType {
  if (type.kind === 'CHAR') return { ...varchar(type.length), nullable: type.nullable };
  if (type.kind === 'BINARY') return { ...varbinary(type.length), nullable: type.nullable };
  return type;
}
