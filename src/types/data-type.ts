/**
 * SQL types. `nullable` is part of the type, as in Flink's LogicalType. Plain JSON, compared structurally.
 *
 * Source: Flink, "Data Types"; the ranges of precision are those of Flink 2.3.
 */
export type DataType = { readonly nullable: boolean } & DataTypeKind;

export type DataTypeKind =
  | { readonly kind: 'BOOLEAN' | 'TINYINT' | 'SMALLINT' | 'INT' | 'BIGINT' | 'FLOAT' | 'DOUBLE' | 'DATE' | 'NULL' }
  /** `length` in characters (CHAR, VARCHAR) or bytes; 2147483647 is STRING and BYTES. */
  | { readonly kind: 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY'; readonly length: number }
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number }
  /** `precision`: digits of the fraction of a second, 0 to 9. */
  | { readonly kind: 'TIME'; readonly precision: number }
  /** `time`: the column is a time attribute (Flink's *ROWTIME* and *PROCTIME*). */
  | {
      readonly kind: 'TIMESTAMP' | 'TIMESTAMP_LTZ';
      readonly precision: number;
      readonly time?: 'rowtime' | 'proctime';
    }
  | { readonly kind: 'INTERVAL_YEAR_MONTH' | 'INTERVAL_DAY_TIME' }
  | { readonly kind: 'ARRAY' | 'MULTISET'; readonly element: DataType }
  | { readonly kind: 'MAP'; readonly key: DataType; readonly value: DataType }
  | { readonly kind: 'ROW'; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly type: DataType;
}

/** The length of STRING and BYTES. */
export const MAX_LENGTH = 2147483647;

/** DECIMAL holds at most so many digits. */
export const MAX_DECIMAL_PRECISION = 38;

/** Short constructors; the types are NOT NULL unless wrapped in `nullable`. */
export const BOOLEAN: DataType = { kind: 'BOOLEAN', nullable: false };
export const TINYINT: DataType = { kind: 'TINYINT', nullable: false };
export const SMALLINT: DataType = { kind: 'SMALLINT', nullable: false };
export const INT: DataType = { kind: 'INT', nullable: false };
export const BIGINT: DataType = { kind: 'BIGINT', nullable: false };
export const FLOAT: DataType = { kind: 'FLOAT', nullable: false };
export const DOUBLE: DataType = { kind: 'DOUBLE', nullable: false };
export const DATE: DataType = { kind: 'DATE', nullable: false };
export const STRING: DataType = { kind: 'VARCHAR', length: MAX_LENGTH, nullable: false };
export const BYTES: DataType = { kind: 'VARBINARY', length: MAX_LENGTH, nullable: false };
export const NULL_TYPE: DataType = { kind: 'NULL', nullable: true };
export const INTERVAL_YEAR_MONTH: DataType = { kind: 'INTERVAL_YEAR_MONTH', nullable: false };
export const INTERVAL_DAY_TIME: DataType = { kind: 'INTERVAL_DAY_TIME', nullable: false };

export function char(length: number): DataType {
  return { kind: 'CHAR', length, nullable: false };
}
export function varchar(length: number): DataType {
  return { kind: 'VARCHAR', length, nullable: false };
}
export function binary(length: number): DataType {
  return { kind: 'BINARY', length, nullable: false };
}
export function varbinary(length: number): DataType {
  return { kind: 'VARBINARY', length, nullable: false };
}
export function decimal(precision: number, scale: number): DataType & { readonly kind: 'DECIMAL' } {
  return { kind: 'DECIMAL', precision, scale, nullable: false };
}
export function time(precision: number): DataType {
  return { kind: 'TIME', precision, nullable: false };
}
export function timestamp(precision: number): DataType {
  return { kind: 'TIMESTAMP', precision, nullable: false };
}
export function timestampLtz(precision: number): DataType {
  return { kind: 'TIMESTAMP_LTZ', precision, nullable: false };
}
export function array(element: DataType): DataType & { readonly kind: 'ARRAY' } {
  return { kind: 'ARRAY', element, nullable: false } as DataType & { readonly kind: 'ARRAY' };
}
export function map(key: DataType, value: DataType): DataType {
  return { kind: 'MAP', key, value, nullable: false };
}
export function multiset(element: DataType): DataType {
  return { kind: 'MULTISET', element, nullable: false };
}
export function row(fields: readonly Field[]): DataType {
  return { kind: 'ROW', fields, nullable: false };
}

/** The same type, nullable (or not, if told so). */
export function nullable<T extends DataType>(type: T, isNullable = true): T {
  return type.nullable === isNullable ? type : { ...type, nullable: isNullable };
}

export function notNull<T extends DataType>(type: T): T {
  return nullable(type, false);
}

/** Structural equality, nullability included, time attributes not. */
function typesEqual(a: DataType, b: DataType): boolean {
  return a.nullable === b.nullable && sameType(a, b);
}

/** Structural equality that ignores the outermost nullability and time attributes. */
export function sameType(a: DataType, b: DataType): boolean {
  switch (a.kind) {
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return b.kind === a.kind && a.length === b.length;
    case 'DECIMAL':
      return b.kind === 'DECIMAL' && a.precision === b.precision && a.scale === b.scale;
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return b.kind === a.kind && a.precision === b.precision;
    case 'ARRAY':
    case 'MULTISET':
      return b.kind === a.kind && typesEqual(a.element, b.element);
    case 'MAP':
      return b.kind === 'MAP' && typesEqual(a.key, b.key) && typesEqual(a.value, b.value);
    case 'ROW':
      return (
        b.kind === 'ROW' &&
        a.fields.length === b.fields.length &&
        a.fields.every((field, i) => {
          const other = b.fields[i]!;
          return field.name === other.name && typesEqual(field.type, other.type);
        })
      );
    default:
      return a.kind === b.kind;
  }
}

export function isInteger(type: DataType): boolean {
  return type.kind === 'TINYINT' || type.kind === 'SMALLINT' || type.kind === 'INT' || type.kind === 'BIGINT';
}
export function isExactNumeric(type: DataType): boolean {
  return isInteger(type) || type.kind === 'DECIMAL';
}
export function isApproximate(type: DataType): boolean {
  return type.kind === 'FLOAT' || type.kind === 'DOUBLE';
}
export function isNumeric(type: DataType): boolean {
  return isExactNumeric(type) || isApproximate(type);
}
export function isCharacter(type: DataType): type is DataType & { readonly kind: 'CHAR' | 'VARCHAR' } {
  return type.kind === 'CHAR' || type.kind === 'VARCHAR';
}
export function isBinary(type: DataType): type is DataType & { readonly kind: 'BINARY' | 'VARBINARY' } {
  return type.kind === 'BINARY' || type.kind === 'VARBINARY';
}
export function isTimestamp(type: DataType): type is DataType & { readonly kind: 'TIMESTAMP' | 'TIMESTAMP_LTZ' } {
  return type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ';
}
/** DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ. */
export function isDatetime(type: DataType): boolean {
  return type.kind === 'DATE' || type.kind === 'TIME' || isTimestamp(type);
}
export function isInterval(type: DataType): boolean {
  return type.kind === 'INTERVAL_YEAR_MONTH' || type.kind === 'INTERVAL_DAY_TIME';
}
