/**
 * The logical plan: what a query means, before any algorithm is chosen. Immutable plain data; every node carries the
 * schema of its output. Expressions hold column indices of the node's input (a join's: left fields, then right fields).
 * After binding no subquery and no correlation is left (planner/bind/decorrelate).
 */

import type { ConnectorSpec, TableStatistics } from '../dataflow/connector.ts';
import type { Boundedness, ChangelogMode, SortField } from '../dataflow/traits.ts';
import type { AggregateCall, Expr } from '../expr/expr.ts';
import type { JoinType } from '../operators/specs.ts';
import type { Schema } from '../types/schema.ts';
import type { Value } from '../types/value.ts';

/** catalog, database, table. */
export type ObjectPath = readonly [string, string, string];

/** What the planner knows of a table that is read. */
export interface ScanTable {
  readonly path: ObjectPath;
  /** Connector and merged options; projection, filters and limit are filled in by push-down. */
  readonly spec: ConnectorSpec;
  readonly boundedness: Boundedness;
  readonly changelogMode: ChangelogMode;
  readonly statistics: TableStatistics;
}

/**
 * A hint that concerns this node. On a join the binder has put sides in place of the names of tables: BROADCAST(b) of
 * `a JOIN b` is { name: 'BROADCAST', args: ['RIGHT'] }, STATE_TTL('a' = '1d') has options { LEFT: '1d' }.
 */
export interface Hint {
  readonly name: string;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/**
 * On a global aggregate that the planner made for itself: it has a row also of no rows in STREAMING, where that of a
 * query has none; it comes when the input ends.
 */
export const EMPTY_RESULT: Hint = { name: 'EMPTY_RESULT', args: [], options: {} };

export type LogicalPlan =
  | Scan
  | ValuesNode
  | Project
  | Filter
  | Join
  | Aggregate
  | WindowNode
  | Sort
  | SetOperation
  | Expand
  | Unnest
  | WatermarkNode
  | SinkNode;

interface Node {
  readonly schema: Schema;
}

/** Reads physical columns of a table; `schema` has the projected fields. */
export interface Scan extends Node {
  readonly kind: 'scan';
  readonly table: ScanTable;
  /** Indices into the table's physical schema. */
  readonly projection: readonly number[];
  /** Pushed-down conjuncts over the *output* of the scan; the source may only use them to skip, so a Filter stays above
   * unless the source promises to apply them exactly. */
  readonly filters: readonly Expr[];
  /** Names by which the query knows this table, for hints. */
  readonly alias: string | null;
}

export interface ValuesNode extends Node {
  readonly kind: 'values';
  readonly rows: readonly (readonly Value[])[];
}

export interface Project extends Node {
  readonly kind: 'project';
  readonly input: LogicalPlan;
  readonly exprs: readonly Expr[];
}

export interface Filter extends Node {
  readonly kind: 'filter';
  readonly input: LogicalPlan;
  readonly predicate: Expr;
}

/** SEMI and ANTI give the left fields only. */
export interface Join extends Node {
  readonly kind: 'join';
  readonly type: JoinType;
  readonly left: LogicalPlan;
  readonly right: LogicalPlan;
  readonly condition: Expr;
  /** ANTI of NOT IN: UNKNOWN keeps the left row out. */
  readonly nullAware: boolean;
  readonly hints: readonly Hint[];
}

/** Output: the keys, then the results of the calls. Without keys: one row. */
export interface Aggregate extends Node {
  readonly kind: 'aggregate';
  readonly input: LogicalPlan;
  readonly keys: readonly number[];
  readonly calls: readonly AggregateCall[];
  readonly hints: readonly Hint[];
}

/**
 * OVER: output is the input's fields, then one field per call. LAG and LEAD have the value and, if there is one, the
 * default as arguments and the offset in `literals`; NTILE has the number of tiles there.
 */
export interface WindowNode extends Node {
  readonly kind: 'window';
  readonly input: LogicalPlan;
  readonly calls: readonly WindowCall[];
}
export interface WindowCall {
  readonly call: AggregateCall;
  readonly partition: readonly number[];
  readonly order: readonly SortField[];
  /**
   * null: the default frame. Bounds are literals, offsets from the current row: 0 is CURRENT ROW, negative is
   * PRECEDING, positive FOLLOWING; numbers for ROWS, numbers or intervals for RANGE. null: UNBOUNDED.
   */
  readonly frame: { readonly unit: 'ROWS' | 'RANGE'; readonly start: Expr | null; readonly end: Expr | null } | null;
}

/** ORDER BY, OFFSET, LIMIT in any combination; `order` may be empty. */
export interface Sort extends Node {
  readonly kind: 'sort';
  readonly input: LogicalPlan;
  readonly order: readonly SortField[];
  readonly offset: number;
  readonly fetch: number | null;
}

export interface SetOperation extends Node {
  readonly kind: 'set-operation';
  readonly op: 'UNION' | 'INTERSECT' | 'EXCEPT';
  readonly all: boolean;
  readonly inputs: readonly LogicalPlan[];
}

/** Each row once per projection (grouping sets). */
export interface Expand extends Node {
  readonly kind: 'expand';
  readonly input: LogicalPlan;
  readonly projections: readonly (readonly Expr[])[];
}

/**
 * Output: input fields, then element fields (a ROW element gives its fields, a MAP key and value), then the
 * ordinality.
 */
export interface Unnest extends Node {
  readonly kind: 'unnest';
  readonly input: LogicalPlan;
  readonly collection: Expr;
  readonly outer: boolean;
  readonly withOrdinality: boolean;
}

/** Marks the rowtime attribute and makes watermarks. */
export interface WatermarkNode extends Node {
  readonly kind: 'watermark';
  readonly input: LogicalPlan;
  readonly rowtime: number;
  readonly watermark: Expr;
}

export interface SinkNode extends Node {
  readonly kind: 'sink';
  readonly input: LogicalPlan;
  readonly path: ObjectPath;
  readonly spec: ConnectorSpec;
  /** ON CONFLICT DO …, or null. */
  readonly onConflict: 'NOTHING' | 'ERROR' | 'DEDUPLICATE' | null;
  readonly overwrite: boolean;
  /** Columns of the query that are event time. */
  readonly rowtimes: readonly string[];
}
