/**
 * The syntax tree of queries, expressions and types, as plain JSON data. Expressions hold queries and queries hold
 * expressions, so both live in one file. Keyword syntax (EXTRACT, TRIM, CEIL … TO, JSON_VALUE …) is normalised to a
 * `call` whose keyword operands are `symbol` arguments, and parentheses leave no trace, so that a binder meets few
 * shapes.
 */
import type { Span } from '../base/errors.ts';
import type {
  AfterMatchSkip,
  BinaryLiteral,
  BinaryOp,
  BooleanLiteral,
  ColumnRef,
  ComparisonOp,
  DateTimeLiteral,
  DefaultExpr,
  DescriptorArgument,
  DynamicParameter,
  Hint,
  IntervalLiteral,
  IntervalQualifier,
  IsTest,
  NullLiteral,
  NumberLiteral,
  Pattern,
  PatternSubset,
  StarExpr,
  StringLiteral,
  SymbolExpr,
} from './ast-leaf.ts';
import type { Identifier, QualifiedName, TypeNode } from './ast-type.ts';

// ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────────────

export type Expr =
  | NumberLiteral
  | StringLiteral
  | BinaryLiteral
  | BooleanLiteral
  | NullLiteral
  | DateTimeLiteral
  | IntervalLiteral
  | ColumnRef
  | StarExpr
  | SymbolExpr
  | DefaultExpr
  | DynamicParameter
  | UnaryExpr
  | BinaryExpr
  | IsExpr
  | BetweenExpr
  | InListExpr
  | InQueryExpr
  | LikeExpr
  | ExistsExpr
  | QuantifiedExpr
  | CaseExpr
  | CastExpr
  | CallExpr
  | RowExpr
  | CollectionExpr
  | CollectionQueryExpr
  | ElementAccess
  | FieldAccess
  | SubqueryExpr
  | NamedArgument
  | TableArgument
  | ModelArgument
  | DescriptorArgument
  | IntervalConstructor
  | DateTimeDifference;

/** `INTERVAL n DAY`, `INTERVAL (expr) DAY`: the value is an expression. */
export interface IntervalConstructor {
  readonly kind: 'interval-of';
  readonly span: Span;
  readonly value: Expr;
  readonly qualifier: IntervalQualifier;
}

export interface UnaryExpr {
  readonly kind: 'unary';
  readonly span: Span;
  readonly op: '-' | '+' | 'NOT';
  readonly operand: Expr;
}

/** Left-associative. A long chain (`a OR b OR …`) is a deep left spine: walk it with a loop. */
export interface BinaryExpr {
  readonly kind: 'binary';
  readonly span: Span;
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
}

/** `operand IS [NOT] test`; `other` only with DISTINCT FROM. */
export interface IsExpr {
  readonly kind: 'is';
  readonly span: Span;
  readonly negated: boolean;
  readonly test: IsTest;
  readonly operand: Expr;
  readonly other?: Expr | undefined;
}

export interface BetweenExpr {
  readonly kind: 'between';
  readonly span: Span;
  readonly negated: boolean;
  readonly symmetric: boolean;
  readonly operand: Expr;
  readonly low: Expr;
  readonly high: Expr;
}

export interface InListExpr {
  readonly kind: 'in-list';
  readonly span: Span;
  readonly negated: boolean;
  readonly operand: Expr;
  readonly list: readonly Expr[];
}

/** With several columns `operand` is a `row`. */
export interface InQueryExpr {
  readonly kind: 'in-query';
  readonly span: Span;
  readonly negated: boolean;
  readonly operand: Expr;
  readonly query: Query;
}

export interface LikeExpr {
  readonly kind: 'like';
  readonly span: Span;
  readonly negated: boolean;
  readonly op: 'LIKE' | 'ILIKE' | 'RLIKE' | 'SIMILAR TO';
  readonly operand: Expr;
  readonly pattern: Expr;
  readonly escape?: Expr | undefined;
}

export interface ExistsExpr {
  readonly kind: 'exists';
  readonly span: Span;
  readonly op: 'EXISTS' | 'UNIQUE';
  readonly query: Query;
}

/** `operand op ANY (…)`: either `query` or `list` is there. ANY and SOME are one. */
export interface QuantifiedExpr {
  readonly kind: 'quantified';
  readonly span: Span;
  readonly op: ComparisonOp;
  readonly quantifier: 'ANY' | 'ALL';
  readonly operand: Expr;
  readonly query?: Query | undefined;
  readonly list?: readonly Expr[] | undefined;
}

/** Several `when` for `WHEN 1, 2 THEN`: values if the CASE has an operand, else conditions. */
export interface CaseBranch {
  readonly when: readonly Expr[];
  readonly result: Expr;
}

export interface CaseExpr {
  readonly kind: 'case';
  readonly span: Span;
  readonly operand?: Expr | undefined;
  readonly branches: readonly CaseBranch[];
  readonly otherwise?: Expr | undefined;
}

/** CAST, TRY_CAST and SAFE_CAST. `interval` stands for a type in `CAST(x AS INTERVAL DAY)`. */
export interface CastExpr {
  readonly kind: 'cast';
  readonly span: Span;
  readonly op: 'CAST' | 'TRY_CAST' | 'SAFE_CAST';
  readonly operand: Expr;
  readonly type?: TypeNode | undefined;
  readonly interval?: IntervalQualifier | undefined;
}

/**
 * A function call. Of a one-part unquoted name the binder compares the upper case. Keyword syntax arrives as
 *   EXTRACT(symbol, x) · FLOOR(x, symbol) · CEIL(x, symbol) · TIMESTAMPADD(symbol, n, x) · TIMESTAMPDIFF(symbol, a, b)
 *   TRIM(symbol BOTH|LEADING|TRAILING, chars, x) · SUBSTRING(x, from[, for]) · OVERLAY(x, y, from[, for])
 *   POSITION(x, y[, from]) · TRANSLATE, CONVERT as written · CURRENT_TIMESTAMP and its like with `niladic`
 *   JSON_*: the operands, and the clauses in `json`.
 */
export interface CallExpr {
  readonly kind: 'call';
  readonly span: Span;
  readonly name: QualifiedName;
  readonly args: readonly Expr[];
  /** Written without parentheses. */
  readonly niladic?: true | undefined;
  readonly quantifier?: 'DISTINCT' | 'ALL' | undefined;
  /** ORDER BY inside the parentheses. */
  readonly orderBy?: readonly OrderItem[] | undefined;
  readonly withinGroup?: readonly OrderItem[] | undefined;
  readonly withinDistinct?: readonly Expr[] | undefined;
  readonly nulls?: 'IGNORE' | 'RESPECT' | undefined;
  readonly filter?: Expr | undefined;
  readonly over?: WindowSpec | WindowName | undefined;
  /** In MEASURES and DEFINE: `FINAL LAST(a.x)`. */
  readonly semantics?: 'RUNNING' | 'FINAL' | undefined;
  readonly json?: JsonClauses | undefined;
}

export type JsonBehaviour =
  | 'NULL'
  | 'ERROR'
  | 'TRUE'
  | 'FALSE'
  | 'UNKNOWN'
  | 'EMPTY ARRAY'
  | 'EMPTY OBJECT'
  | 'DEFAULT';

export interface JsonOnClause {
  readonly behaviour: JsonBehaviour;
  /** For DEFAULT. */
  readonly value?: Expr | undefined;
}

/**
 * The clauses of the JSON functions. JSON_OBJECT(key, value, key, value …) and JSON_OBJECTAGG(key, value) keep their
 * pairs flat in `args`.
 */
export interface JsonClauses {
  readonly returning?: TypeNode | undefined;
  readonly wrapper?: 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL' | undefined;
  readonly onEmpty?: JsonOnClause | undefined;
  readonly onError?: JsonOnClause | undefined;
  readonly onNull?: 'NULL' | 'ABSENT' | undefined;
}

/** `ROW(a, b)`, or a parenthesised list of two or more. Of an empty list: `ROW()`, or `()` in GROUP BY. */
export interface RowExpr {
  readonly kind: 'row';
  readonly span: Span;
  readonly items: readonly Expr[];
  /** Written with the word ROW. */
  readonly explicit: boolean;
}

/** `ARRAY[…]`, `MULTISET[…]`, and `MAP[k, v, …]` with its pairs flat. */
export interface CollectionExpr {
  readonly kind: 'collection';
  readonly span: Span;
  readonly type: 'ARRAY' | 'MAP' | 'MULTISET';
  readonly items: readonly Expr[];
}

/** `ARRAY(SELECT …)`, `MULTISET(SELECT …)`, `MAP(SELECT k, v …)` */
export interface CollectionQueryExpr {
  readonly kind: 'collection-query';
  readonly span: Span;
  readonly type: 'ARRAY' | 'MAP' | 'MULTISET';
  readonly query: Query;
}

/** `operand[index]`: array element (1-based), map value, VARIANT member. */
export interface ElementAccess {
  readonly kind: 'element-access';
  readonly span: Span;
  readonly operand: Expr;
  readonly index: Expr;
}

/** `operand.field` where the operand is not a plain name; `a.b.c` is one `column-ref`. */
export interface FieldAccess {
  readonly kind: 'field-access';
  readonly span: Span;
  readonly operand: Expr;
  readonly field: Identifier;
}

export interface SubqueryExpr {
  readonly kind: 'subquery';
  readonly span: Span;
  readonly query: Query;
}

export interface NamedArgument {
  readonly kind: 'named-argument';
  readonly span: Span;
  readonly name: Identifier;
  readonly value: Expr;
}

/** `TABLE t PARTITION BY … ORDER BY …` or `(SELECT …) PARTITION BY …`: one of `name` and `query` is there. */
export interface TableArgument {
  readonly kind: 'table-argument';
  readonly span: Span;
  readonly name?: QualifiedName | undefined;
  readonly query?: Query | undefined;
  readonly partitionBy?: readonly Expr[] | undefined;
  readonly orderBy?: readonly OrderItem[] | undefined;
}

export interface ModelArgument {
  readonly kind: 'model-argument';
  readonly span: Span;
  readonly name: QualifiedName;
}

/** `(left - right) DAY`: the difference of two points in time as an interval. */
export interface DateTimeDifference {
  readonly kind: 'datetime-difference';
  readonly span: Span;
  readonly left: Expr;
  readonly right: Expr;
  readonly qualifier: IntervalQualifier;
}

// ── windows and ordering ────────────────────────────────────────────────────────────────────────────────────────────

export interface OrderItem {
  readonly kind: 'order-item';
  readonly span: Span;
  readonly expr: Expr;
  readonly descending: boolean;
  readonly nulls?: 'FIRST' | 'LAST' | undefined;
}

/** `OVER w` */
export interface WindowName {
  readonly kind: 'window-name';
  readonly span: Span;
  readonly name: Identifier;
}

export interface WindowSpec {
  readonly kind: 'window-spec';
  readonly span: Span;
  /** `(w ORDER BY …)` */
  readonly base?: Identifier | undefined;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly OrderItem[];
  readonly frame?: WindowFrame | undefined;
}

/** `end` is absent for `ROWS start`. */
export interface WindowFrame {
  readonly unit: 'ROWS' | 'RANGE';
  readonly start: FrameBound;
  readonly end?: FrameBound | undefined;
}

export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'current-row' | 'unbounded-following' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expr };

export interface NamedWindow {
  readonly name: Identifier;
  readonly spec: WindowSpec;
}

// ── queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `WITH … body ORDER BY … LIMIT … OFFSET …`. FETCH is LIMIT; LIMIT ALL is no limit. */
export interface Query {
  readonly kind: 'query';
  readonly span: Span;
  readonly with?: With | undefined;
  readonly body: QueryBody;
  readonly orderBy?: readonly OrderItem[] | undefined;
  readonly limit?: Expr | undefined;
  readonly offset?: Expr | undefined;
}

export interface With {
  readonly recursive: boolean;
  readonly items: readonly WithItem[];
}

export interface WithItem {
  readonly kind: 'with-item';
  readonly span: Span;
  readonly name: Identifier;
  readonly columns?: readonly Identifier[] | undefined;
  readonly query: Query;
}

/** A parenthesised query is a nested `query` only if it has its own WITH, ORDER BY, LIMIT or OFFSET. */
export type QueryBody = Select | SetOperation | Values | TableQuery | Query;

export interface SetOperation {
  readonly kind: 'set-operation';
  readonly span: Span;
  /** MINUS is EXCEPT. INTERSECT binds tighter than the others. */
  readonly op: 'UNION' | 'INTERSECT' | 'EXCEPT';
  readonly all: boolean;
  readonly left: QueryBody;
  readonly right: QueryBody;
}

export interface Values {
  readonly kind: 'values';
  readonly span: Span;
  readonly rows: readonly (readonly Expr[])[];
}

/** `TABLE t` */
export interface TableQuery {
  readonly kind: 'table-query';
  readonly span: Span;
  readonly name: QualifiedName;
}

export interface Select {
  readonly kind: 'select';
  readonly span: Span;
  readonly hints: readonly Hint[];
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  /** Commas in FROM are cross joins with `comma`. */
  readonly from?: TableRef | undefined;
  readonly where?: Expr | undefined;
  readonly groupBy?: GroupBy | undefined;
  readonly having?: Expr | undefined;
  readonly windows: readonly NamedWindow[];
  readonly qualify?: Expr | undefined;
}

export interface SelectItem {
  readonly kind: 'select-item';
  readonly span: Span;
  readonly expr: Expr;
  readonly alias?: Identifier | undefined;
}

export interface GroupBy {
  readonly distinct: boolean;
  readonly items: readonly GroupingElement[];
}

export type GroupingElement = GroupingSet | GroupingList;

/** One expression, or a parenthesised list, or `()`. */
export interface GroupingSet {
  readonly kind: 'grouping-set';
  readonly span: Span;
  readonly exprs: readonly Expr[];
}

export interface GroupingList {
  readonly kind: 'grouping-sets' | 'rollup' | 'cube';
  readonly span: Span;
  readonly elements: readonly GroupingElement[];
}

// ── table references ────────────────────────────────────────────────────────────────────────────────────────────────

export type TableRef =
  | NamedTable
  | PathTable
  | DerivedTable
  | FunctionTable
  | Unnest
  | Join
  | MatchRecognize
  | Pivot
  | Unpivot;

/** `[AS] name [(column, …)]` */
export interface TableAlias {
  readonly name: Identifier;
  readonly columns?: readonly Identifier[] | undefined;
}

interface TableRefBase {
  readonly span: Span;
  readonly alias?: TableAlias | undefined;
}

export interface NamedTable extends TableRefBase {
  readonly kind: 'named-table';
  readonly name: QualifiedName;
  readonly hints: readonly Hint[];
  /** `FOR SYSTEM_TIME AS OF expr` */
  readonly systemTime?: Expr | undefined;
  readonly sample?: TableSample | undefined;
}

export interface TableSample {
  readonly method: 'BERNOULLI' | 'SYSTEM';
  readonly percent: Expr;
  readonly seed?: Expr | undefined;
}

/** `FROM 'data/*.parquet'`: files read in place; the format comes from the extension. Weir only. */
export interface PathTable extends TableRefBase {
  readonly kind: 'path-table';
  readonly path: string;
  readonly hints: readonly Hint[];
}

export interface DerivedTable extends TableRefBase {
  readonly kind: 'derived-table';
  readonly query: Query;
  readonly lateral: boolean;
}

/** `TABLE(f(…))`, `f(…)`, `LATERAL TABLE(f(…))`: window functions, user functions, process table functions. */
export interface FunctionTable extends TableRefBase {
  readonly kind: 'function-table';
  readonly call: CallExpr;
  readonly lateral: boolean;
}

export interface Unnest extends TableRefBase {
  readonly kind: 'unnest';
  readonly exprs: readonly Expr[];
  readonly ordinality: boolean;
}

export type JoinType = 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS';

/** At most one of `on`, `using` and `natural`; that an INNER join has one is for the binder to check. */
export interface Join {
  readonly kind: 'join';
  readonly span: Span;
  readonly type: JoinType;
  readonly natural: boolean;
  /** A comma in FROM. */
  readonly comma: boolean;
  readonly left: TableRef;
  readonly right: TableRef;
  readonly on?: Expr | undefined;
  readonly using?: readonly Identifier[] | undefined;
}

export interface PivotAggregate {
  readonly call: Expr;
  readonly alias?: Identifier | undefined;
}

export interface PivotValue {
  readonly values: readonly Expr[];
  readonly alias?: Identifier | undefined;
}

export interface Pivot extends TableRefBase {
  readonly kind: 'pivot';
  readonly input: TableRef;
  readonly aggregates: readonly PivotAggregate[];
  readonly axes: readonly Identifier[];
  readonly values: readonly PivotValue[];
}

export interface UnpivotItem {
  readonly columns: readonly Identifier[];
  readonly labels?: readonly Expr[] | undefined;
}

export interface Unpivot extends TableRefBase {
  readonly kind: 'unpivot';
  readonly input: TableRef;
  readonly includeNulls: boolean;
  readonly measures: readonly Identifier[];
  readonly axes: readonly Identifier[];
  readonly items: readonly UnpivotItem[];
}

// ── MATCH_RECOGNIZE ─────────────────────────────────────────────────────────────────────────────────────────────────

export interface MatchRecognize extends TableRefBase {
  readonly kind: 'match-recognize';
  readonly input: TableRef;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly OrderItem[];
  readonly measures: readonly Measure[];
  readonly rowsPerMatch?: 'ONE' | 'ALL' | undefined;
  readonly skip?: AfterMatchSkip | undefined;
  readonly pattern: Pattern;
  readonly within?: Expr | undefined;
  readonly subsets: readonly PatternSubset[];
  readonly define: readonly PatternDefinition[];
}

export interface Measure {
  readonly expr: Expr;
  readonly alias: Identifier;
}

export interface PatternDefinition {
  readonly variable: Identifier;
  readonly condition: Expr;
}
