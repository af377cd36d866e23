/** The syntax tree of CREATE, ALTER and DROP. Plain JSON data. */
import type { Span } from '../base/errors.ts';
import type { IntervalLiteral } from './ast-leaf.ts';
import type { Expr, Query } from './ast-query.ts';
import type { Identifier, QualifiedName, TypeNode } from './ast-type.ts';

/** `'key' = 'value'` of WITH and SET (…). */
export interface Option {
  readonly kind: 'option';
  readonly span: Span;
  readonly key: string;
  readonly value: string;
}

export interface PartitionValue {
  readonly column: Identifier;
  /** Absent in `PARTITION (ds)` of ANALYZE. */
  readonly value?: Expr | undefined;
}

// ── definition ──────────────────────────────────────────────────────────────────────────────────────────────────────

export type TableElement = PhysicalColumn | ComputedColumn | MetadataColumn | Watermark | Constraint;
export type Column = PhysicalColumn | ComputedColumn | MetadataColumn;

export interface PhysicalColumn {
  readonly kind: 'physical-column';
  readonly span: Span;
  readonly name: Identifier;
  readonly type: TypeNode;
  /** `id INT PRIMARY KEY NOT ENFORCED` */
  readonly constraint?: Constraint | undefined;
  readonly comment?: string | undefined;
}

export interface ComputedColumn {
  readonly kind: 'computed-column';
  readonly span: Span;
  readonly name: Identifier;
  readonly expr: Expr;
  readonly comment?: string | undefined;
}

export interface MetadataColumn {
  readonly kind: 'metadata-column';
  readonly span: Span;
  readonly name: Identifier;
  readonly type: TypeNode;
  /** `METADATA FROM 'key'` */
  readonly from?: string | undefined;
  readonly virtual: boolean;
  readonly comment?: string | undefined;
}

export interface Watermark {
  readonly kind: 'watermark';
  readonly span: Span;
  /** A path, for a field of a row column. */
  readonly column: QualifiedName;
  readonly expr: Expr;
}

export interface Constraint {
  readonly kind: 'constraint';
  readonly span: Span;
  readonly name?: Identifier | undefined;
  readonly type: 'PRIMARY KEY' | 'UNIQUE';
  /** Empty for a constraint written on its column. */
  readonly columns: readonly Identifier[];
  /** Absent: the text says neither. */
  readonly enforced?: boolean | undefined;
}

/** `DISTRIBUTED BY HASH(a) INTO 4 BUCKETS` */
export interface Distribution {
  readonly kind: 'distribution';
  readonly span: Span;
  readonly by?: 'HASH' | 'RANGE' | undefined;
  readonly columns: readonly Identifier[];
  readonly buckets?: number | undefined;
}

export type LikeFeature =
  | 'ALL'
  | 'CONSTRAINTS'
  | 'DISTRIBUTION'
  | 'GENERATED'
  | 'METADATA'
  | 'OPTIONS'
  | 'PARTITIONS'
  | 'WATERMARKS';

export interface LikeClause {
  readonly kind: 'like-clause';
  readonly span: Span;
  readonly table: QualifiedName;
  readonly options: readonly {
    readonly action: 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING';
    readonly feature: LikeFeature;
  }[];
}

/**
 * CREATE TABLE in all its forms. `columnNames` (a bare list before AS) and `elements` exclude each other.
 * `mode`: `REPLACE TABLE` and `CREATE OR REPLACE TABLE`.
 */
export interface CreateTable {
  readonly kind: 'create-table';
  readonly span: Span;
  readonly mode: 'CREATE' | 'REPLACE' | 'CREATE OR REPLACE';
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly elements: readonly TableElement[];
  readonly columnNames?: readonly Identifier[] | undefined;
  readonly comment?: string | undefined;
  readonly distribution?: Distribution | undefined;
  readonly partitionedBy?: readonly Identifier[] | undefined;
  readonly options: readonly Option[];
  readonly like?: LikeClause | undefined;
  readonly as?: Query | undefined;
}

export interface ViewColumn {
  readonly name: Identifier;
  readonly comment?: string | undefined;
}

export interface CreateView {
  readonly kind: 'create-view';
  readonly span: Span;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly columns?: readonly ViewColumn[] | undefined;
  readonly comment?: string | undefined;
  readonly query: Query;
}

export type StartModeName =
  | 'FROM_BEGINNING'
  | 'FROM_NOW'
  | 'FROM_TIMESTAMP'
  | 'RESUME_OR_FROM_BEGINNING'
  | 'RESUME_OR_FROM_NOW'
  | 'RESUME_OR_FROM_TIMESTAMP';

/** `FROM_NOW(INTERVAL '1' HOUR)`: the argument is an interval or a timestamp literal. */
export interface StartMode {
  readonly name: StartModeName;
  readonly argument?: Expr | undefined;
}

export interface CreateMaterializedTable {
  readonly kind: 'create-materialized-table';
  readonly span: Span;
  readonly mode: 'CREATE' | 'CREATE OR ALTER';
  readonly name: QualifiedName;
  readonly elements: readonly TableElement[];
  readonly columnNames?: readonly Identifier[] | undefined;
  readonly comment?: string | undefined;
  readonly distribution?: Distribution | undefined;
  readonly partitionedBy?: readonly Identifier[] | undefined;
  readonly options: readonly Option[];
  readonly startMode?: StartMode | undefined;
  readonly freshness?: IntervalLiteral | undefined;
  readonly refreshMode?: 'FULL' | 'CONTINUOUS' | undefined;
  readonly query: Query;
}

export interface CreateCatalog {
  readonly kind: 'create-catalog';
  readonly span: Span;
  readonly ifNotExists: boolean;
  readonly name: Identifier;
  readonly comment?: string | undefined;
  readonly options: readonly Option[];
}

export interface CreateDatabase {
  readonly kind: 'create-database';
  readonly span: Span;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly comment?: string | undefined;
  readonly options: readonly Option[];
}

export type FunctionLanguage = 'JAVA' | 'SCALA' | 'SQL' | 'PYTHON';

export interface FunctionResource {
  readonly type: 'JAR' | 'ARTIFACT';
  readonly path: string;
}

export interface CreateFunction {
  readonly kind: 'create-function';
  readonly span: Span;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly className: string;
  readonly language?: FunctionLanguage | undefined;
  readonly resources: readonly FunctionResource[];
  readonly options: readonly Option[];
}

export interface CreateModel {
  readonly kind: 'create-model';
  readonly span: Span;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly input: readonly TableElement[];
  readonly output: readonly TableElement[];
  readonly comment?: string | undefined;
  readonly options: readonly Option[];
  readonly as?: Query | undefined;
}

export interface CreateConnection {
  readonly kind: 'create-connection';
  readonly span: Span;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly comment?: string | undefined;
  readonly options: readonly Option[];
}

export type ColumnPosition = { readonly place: 'FIRST' } | { readonly place: 'AFTER'; readonly column: QualifiedName };

export interface AlteredElement {
  readonly element: TableElement;
  readonly position?: ColumnPosition | undefined;
}

export interface PartitionClause {
  readonly values: readonly PartitionValue[];
  readonly options: readonly Option[];
}

export type AlterTableAction =
  | { readonly type: 'set-options'; readonly options: readonly Option[] }
  | { readonly type: 'reset-options'; readonly keys: readonly string[] }
  | { readonly type: 'rename'; readonly to: QualifiedName }
  | { readonly type: 'rename-column'; readonly from: QualifiedName; readonly to: Identifier }
  | { readonly type: 'add' | 'modify'; readonly elements: readonly AlteredElement[] }
  | { readonly type: 'add-distribution' | 'modify-distribution'; readonly distribution: Distribution }
  | { readonly type: 'drop-columns'; readonly columns: readonly QualifiedName[] }
  | { readonly type: 'drop-watermark' | 'drop-primary-key' | 'drop-distribution' }
  | { readonly type: 'drop-constraint'; readonly name: Identifier }
  | { readonly type: 'add-partitions'; readonly ifNotExists: boolean; readonly partitions: readonly PartitionClause[] }
  | {
      readonly type: 'drop-partitions';
      readonly ifExists: boolean;
      readonly partitions: readonly (readonly PartitionValue[])[];
    };

export interface AlterTable {
  readonly kind: 'alter-table';
  readonly span: Span;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly action: AlterTableAction;
}

export type AlterMaterializedTableAction =
  | AlterTableAction
  | { readonly type: 'suspend' }
  | { readonly type: 'resume'; readonly options: readonly Option[] }
  | { readonly type: 'refresh'; readonly partition?: readonly PartitionValue[] | undefined }
  | { readonly type: 'set-freshness'; readonly freshness: IntervalLiteral }
  | { readonly type: 'set-refresh-mode'; readonly mode: 'FULL' | 'CONTINUOUS' }
  | { readonly type: 'as'; readonly query: Query };

export interface AlterMaterializedTable {
  readonly kind: 'alter-materialized-table';
  readonly span: Span;
  readonly name: QualifiedName;
  readonly action: AlterMaterializedTableAction;
}

/** Either `renameTo` or `query` is there. */
export interface AlterView {
  readonly kind: 'alter-view';
  readonly span: Span;
  readonly name: QualifiedName;
  readonly renameTo?: QualifiedName | undefined;
  readonly query?: Query | undefined;
}

export type AlterCatalogAction =
  | { readonly type: 'set-options'; readonly options: readonly Option[] }
  | { readonly type: 'reset-options'; readonly keys: readonly string[] }
  | { readonly type: 'comment'; readonly comment: string };

export interface AlterCatalog {
  readonly kind: 'alter-catalog';
  readonly span: Span;
  readonly name: Identifier;
  readonly action: AlterCatalogAction;
}

export interface AlterDatabase {
  readonly kind: 'alter-database';
  readonly span: Span;
  readonly name: QualifiedName;
  readonly options: readonly Option[];
}

export interface AlterFunction {
  readonly kind: 'alter-function';
  readonly span: Span;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly className: string;
  readonly language?: FunctionLanguage | undefined;
}

export type AlterObjectAction =
  | { readonly type: 'set-options'; readonly options: readonly Option[] }
  | { readonly type: 'reset-options'; readonly keys: readonly string[] }
  | { readonly type: 'rename'; readonly to: QualifiedName };

export interface AlterModel {
  readonly kind: 'alter-model';
  readonly span: Span;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly action: AlterObjectAction;
}

export interface AlterConnection {
  readonly kind: 'alter-connection';
  readonly span: Span;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly action: AlterObjectAction;
}

export interface Drop {
  readonly kind: 'drop';
  readonly span: Span;
  readonly what: 'TABLE' | 'MATERIALIZED TABLE' | 'VIEW' | 'DATABASE' | 'CATALOG' | 'FUNCTION' | 'MODEL' | 'CONNECTION';
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly behaviour?: 'CASCADE' | 'RESTRICT' | undefined;
}
