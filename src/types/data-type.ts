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
