/** The syntax tree of statements: queries, changes, inspection and session. Plain JSON data. */
import type { Span } from '../base/errors.ts';
import type {
  AlterCatalog,
  AlterConnection,
  AlterDatabase,
  AlterFunction,
  AlterMaterializedTable,
  AlterModel,
  AlterTable,
  AlterView,
  CreateCatalog,
  CreateConnection,
  CreateDatabase,
  CreateFunction,
  CreateMaterializedTable,
  CreateModel,
  CreateTable,
  CreateView,
  Drop,
  Option,
  PartitionValue,
} from './ast-ddl.ts';
import type { Hint } from './ast-leaf.ts';
import type { CallExpr, Expr, Query } from './ast-query.ts';
import type { Identifier, QualifiedName } from './ast-type.ts';

export type Statement =
  | QueryStatement
  | Insert
  | StatementSet
  | BeginStatementSet
  | EndStatementSet
  | Update
  | Delete
  | Merge
  | Truncate
  | CreateTable
  | CreateView
  | CreateMaterializedTable
  | CreateCatalog
  | CreateDatabase
  | CreateFunction
  | CreateModel
  | CreateConnection
  | AlterTable
  | AlterMaterializedTable
  | AlterView
  | AlterCatalog
  | AlterDatabase
  | AlterFunction
  | AlterModel
  | AlterConnection
  | Drop
  | Explain
  | Describe
  | Show
  | ShowCreate
  | ShowCurrent
  | Use
  | SetOption
  | ResetOption
  | LoadModule
  | UnloadModule
  | AddJar
  | RemoveJar
  | Analyze
  | Call
  | CompilePlan
  | ExecutePlan
  | StopJob;

// ── queries and changes ─────────────────────────────────────────────────────────────────────────────────────────────

/** A query as a statement; `EXECUTE SELECT` is the same. */
export interface QueryStatement {
  readonly kind: 'query-statement';
  readonly span: Span;
  readonly query: Query;
}

export interface Insert {
  readonly kind: 'insert';
  readonly span: Span;
  readonly overwrite: boolean;
  readonly table: QualifiedName;
  readonly hints: readonly Hint[];
  readonly partition?: readonly PartitionValue[] | undefined;
  readonly columns?: readonly QualifiedName[] | undefined;
  readonly query: Query;
  /** `ON CONFLICT DO …` */
  readonly onConflict?: 'NOTHING' | 'ERROR' | 'DEDUPLICATE' | undefined;
}

/** `EXECUTE STATEMENT SET BEGIN …; END` */
export interface StatementSet {
  readonly kind: 'statement-set';
  readonly span: Span;
  readonly inserts: readonly Insert[];
}

/** `BEGIN STATEMENT SET`, the client's older form; ended by `END`. */
export interface BeginStatementSet {
  readonly kind: 'begin-statement-set';
  readonly span: Span;
}

export interface EndStatementSet {
  readonly kind: 'end-statement-set';
  readonly span: Span;
}

export interface Assignment {
  readonly column: QualifiedName;
  readonly value: Expr;
}

export interface Update {
  readonly kind: 'update';
  readonly span: Span;
  readonly table: QualifiedName;
  readonly alias?: Identifier | undefined;
  readonly assignments: readonly Assignment[];
  readonly where?: Expr | undefined;
}

export interface Delete {
  readonly kind: 'delete';
  readonly span: Span;
  readonly table: QualifiedName;
  readonly alias?: Identifier | undefined;
  readonly where?: Expr | undefined;
}

/** `source` is a table or a query. */
export interface Merge {
  readonly kind: 'merge';
  readonly span: Span;
  readonly table: QualifiedName;
  readonly alias?: Identifier | undefined;
  readonly sourceTable?: QualifiedName | undefined;
  readonly sourceQuery?: Query | undefined;
  readonly sourceAlias?: Identifier | undefined;
  readonly on: Expr;
  readonly update?: readonly Assignment[] | undefined;
  readonly insert?:
    | { readonly columns?: readonly QualifiedName[] | undefined; readonly values: readonly Expr[] }
    | undefined;
}

export interface Truncate {
  readonly kind: 'truncate';
  readonly span: Span;
  readonly table: QualifiedName;
}

// ── inspection and session ──────────────────────────────────────────────────────────────────────────────────────────

export type ExplainDetail =
  | 'ESTIMATED_COST'
  | 'CHANGELOG_MODE'
  | 'PLAN_ADVICE'
  | 'JSON_EXECUTION_PLAN'
  | 'ANALYZED_PHYSICAL_PLAN';

/** `EXPLAIN RULES` (Weir only) lists the optimizer rules that changed the plan. */
export interface Explain {
  readonly kind: 'explain';
  readonly span: Span;
  readonly details: readonly (ExplainDetail | 'RULES')[];
  readonly statement: QueryStatement | Insert | StatementSet | CreateTable;
}

export interface Describe {
  readonly kind: 'describe';
  readonly span: Span;
  readonly what: 'TABLE' | 'CATALOG' | 'DATABASE' | 'FUNCTION' | 'MODEL' | 'JOB';
  readonly extended: boolean;
  /** Absent for a job. */
  readonly name?: QualifiedName | undefined;
  readonly jobId?: string | undefined;
}

export type ShowWhat =
  | 'CATALOGS'
  | 'DATABASES'
  | 'TABLES'
  | 'MATERIALIZED TABLES'
  | 'VIEWS'
  | 'COLUMNS'
  | 'FUNCTIONS'
  | 'USER FUNCTIONS'
  | 'PROCEDURES'
  | 'PARTITIONS'
  | 'MODULES'
  | 'FULL MODULES'
  | 'MODELS'
  | 'CONNECTIONS'
  | 'JARS'
  | 'JOBS';

export interface Show {
  readonly kind: 'show';
  readonly span: Span;
  readonly what: ShowWhat;
  /** After FROM or IN: a catalog, a database, or the table of COLUMNS. Of PARTITIONS: the table. */
  readonly from?: QualifiedName | undefined;
  readonly preposition?: 'FROM' | 'IN' | undefined;
  readonly partition?: readonly PartitionValue[] | undefined;
  readonly like?: { readonly negated: boolean; readonly op: 'LIKE' | 'ILIKE'; readonly pattern: string } | undefined;
}

export interface ShowCreate {
  readonly kind: 'show-create';
  readonly span: Span;
  readonly what: 'TABLE' | 'VIEW' | 'MATERIALIZED TABLE' | 'CATALOG' | 'MODEL';
  /** `SHOW CREATE OR ALTER MATERIALIZED TABLE` */
  readonly orAlter: boolean;
  readonly name: QualifiedName;
}

export interface ShowCurrent {
  readonly kind: 'show-current';
  readonly span: Span;
  readonly what: 'CATALOG' | 'DATABASE';
}

export interface Use {
  readonly kind: 'use';
  readonly span: Span;
  readonly what: 'CATALOG' | 'DATABASE' | 'MODULES';
  /** One name; for MODULES one or more, of one part each. */
  readonly names: readonly QualifiedName[];
}

/** `SET 'k' = 'v'`; plain `SET` has neither key nor value. */
export interface SetOption {
  readonly kind: 'set';
  readonly span: Span;
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

export interface ResetOption {
  readonly kind: 'reset';
  readonly span: Span;
  /** Absent: all. */
  readonly key?: string | undefined;
}

export interface LoadModule {
  readonly kind: 'load-module';
  readonly span: Span;
  readonly name: Identifier;
  readonly options: readonly Option[];
}

export interface UnloadModule {
  readonly kind: 'unload-module';
  readonly span: Span;
  readonly name: Identifier;
}

export interface AddJar {
  readonly kind: 'add-jar';
  readonly span: Span;
  readonly path: string;
}

export interface RemoveJar {
  readonly kind: 'remove-jar';
  readonly span: Span;
  readonly path: string;
}

/** `columns`: a list, or 'ALL', or absent for table statistics only. */
export interface Analyze {
  readonly kind: 'analyze';
  readonly span: Span;
  readonly table: QualifiedName;
  readonly partition?: readonly PartitionValue[] | undefined;
  readonly columns?: readonly Identifier[] | 'ALL' | undefined;
}

export interface Call {
  readonly kind: 'call-procedure';
  readonly span: Span;
  readonly call: CallExpr;
}

/** `COMPILE PLAN 'p' …` and, with `execute`, `COMPILE AND EXECUTE PLAN 'p' …`. */
export interface CompilePlan {
  readonly kind: 'compile-plan';
  readonly span: Span;
  readonly path: string;
  readonly execute: boolean;
  readonly ifNotExists: boolean;
  readonly statement: Insert | StatementSet;
}

export interface ExecutePlan {
  readonly kind: 'execute-plan';
  readonly span: Span;
  readonly path: string;
}

export interface StopJob {
  readonly kind: 'stop-job';
  readonly span: Span;
  readonly jobId: string;
  readonly savepoint: boolean;
  readonly drain: boolean;
}
