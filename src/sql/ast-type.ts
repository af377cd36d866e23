/** The syntax tree of names and data types, as plain JSON data. */
import type { Span } from '../base/errors.ts';

/** A name as written. `name` is unquoted (doubled back-quotes undone); its case is kept. */
export interface Identifier {
  readonly kind: 'identifier';
  readonly span: Span;
  readonly name: string;
  readonly quoted: boolean;
}

/** `a.b.c`: catalog, database and object, or table and column, or a path into a row. At least one part. */
export interface QualifiedName {
  readonly kind: 'qualified-name';
  readonly span: Span;
  readonly parts: readonly Identifier[];
}

// ── types ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A data type as written. `nullable` is absent when the text says neither NULL nor NOT NULL. */
export type TypeNode = SimpleType | CollectionType | MapType | RowType | StructuredType | RawType | NamedType;

interface TypeBase {
  readonly span: Span;
  readonly nullable?: boolean | undefined;
}

export type SimpleTypeName =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INT'
  | 'BIGINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'DECIMAL'
  | 'CHAR'
  | 'VARCHAR'
  | 'STRING'
  | 'BINARY'
  | 'VARBINARY'
  | 'BYTES'
  | 'DATE'
  | 'TIME'
  | 'TIMESTAMP'
  | 'TIMESTAMP_LTZ'
  | 'VARIANT'
  | 'BITMAP';

/**
 * Synonyms are folded (INTEGER → INT, NUMERIC → DECIMAL). `parameters`: length, or precision, or precision and scale.
 */
export interface SimpleType extends TypeBase {
  readonly kind: 'simple-type';
  readonly name: SimpleTypeName;
  readonly parameters: readonly number[];
}

export interface CollectionType extends TypeBase {
  readonly kind: 'collection-type';
  readonly name: 'ARRAY' | 'MULTISET';
  readonly element: TypeNode;
}

export interface MapType extends TypeBase {
  readonly kind: 'map-type';
  readonly key: TypeNode;
  readonly value: TypeNode;
}

export interface RowTypeField {
  readonly name: Identifier;
  readonly type: TypeNode;
  readonly comment?: string | undefined;
}

export interface RowType extends TypeBase {
  readonly kind: 'row-type';
  readonly fields: readonly RowTypeField[];
}

/** `STRUCTURED<'com.acme.User', name STRING>` */
export interface StructuredType extends TypeBase {
  readonly kind: 'structured-type';
  readonly className: string;
  readonly fields: readonly RowTypeField[];
}

/** `RAW('class', 'serializer')` */
export interface RawType extends TypeBase {
  readonly kind: 'raw-type';
  readonly className: string;
  readonly serializer: string;
}

/** A user-defined type, by name. */
export interface NamedType extends TypeBase {
  readonly kind: 'named-type';
  readonly name: QualifiedName;
}
