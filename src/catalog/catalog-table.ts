/**
 * Tables, views, functions and databases as a catalog keeps them: resolved names and types, plain data. Expressions of
 * computed columns and the query of a view are kept as syntax trees that the catalog does not look into (it knows no
 * SQL) and as the text that they were written in.
 */
import type { DataType } from '../types/data-type.ts';

/** Some SQL: what was written, and what the parser made of it. */
export interface Source {
  readonly text: string;
  /** A node of the syntax tree: an expression of a column, a query of a view. */
  readonly syntax: unknown;
}

export type CatalogColumn = PhysicalColumn | ComputedColumn | MetadataColumn;

export interface PhysicalColumn {
  readonly kind: 'physical';
  readonly name: string;
  readonly type: DataType;
  readonly comment: string | null;
}

export interface ComputedColumn {
  readonly kind: 'computed';
  readonly name: string;
  readonly type: DataType;
  readonly expression: Source;
  readonly comment: string | null;
}

export interface MetadataColumn {
  readonly kind: 'metadata';
  readonly name: string;
  readonly type: DataType;
  /** The key of the connector's metadata; null: the name of the column. */
  readonly key: string | null;
  /** Not written by INSERT. */
  readonly isVirtual: boolean;
  readonly comment: string | null;
}

export interface CatalogWatermark {
  /** A column, or a path to a field of a ROW column. */
  readonly rowtime: readonly string[];
  readonly expression: Source;
  readonly type: DataType;
}

export interface CatalogPrimaryKey {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface CatalogDistribution {
  readonly kind: 'HASH' | 'RANGE' | 'UNKNOWN';
  readonly columns: readonly string[];
  readonly buckets: number | null;
}

export interface CatalogTable {
  readonly kind: 'table';
  /** In the order declared; names differ. */
  readonly columns: readonly CatalogColumn[];
  readonly watermark: CatalogWatermark | null;
  readonly primaryKey: CatalogPrimaryKey | null;
  readonly partitionKeys: readonly string[];
  readonly distribution: CatalogDistribution | null;
  readonly comment: string | null;
  readonly options: Readonly<Record<string, string>>;
}

export interface CatalogView {
  readonly kind: 'view';
  readonly columns: readonly PhysicalColumn[];
  /** Names in it are looked up from `definedIn`. */
  readonly query: Source;
  /** Catalog and database that were current when the view was made. */
  readonly definedIn: readonly [string, string];
  readonly comment: string | null;
}

export type CatalogBaseTable = CatalogTable | CatalogView;

/** A user-defined function by the name of its class. Held for SHOW FUNCTIONS; not called yet. */
export interface CatalogFunction {
  readonly className: string;
  readonly language: string;
}

export interface CatalogDatabase {
  readonly comment: string | null;
  readonly options: Readonly<Record<string, string>>;
}

/** catalog, database, object. */
export type ObjectIdentifier = readonly [string, string, string];

/** `` `default_catalog`.`default_database`.`orders` ``, as Flink's messages print it. */
export function quotedPath(path: readonly string[]): string {
  return path.map((part) => `\`${part.replaceAll('`', '``')}\``).join('.');
}

/** `default_catalog.default_database.orders`. */
export function dottedPath(path: readonly string[]): string {
  return path.join('.');
}
