/**
 * What a plan may ask of the operators: the parameters of each kind, as plain data. The planner writes them, the class
 * of the same kind reads them; both import them from here, so they cannot disagree.
 *
 * Inputs are numbered from 0; of a join 0 is left, 1 is right. Columns are indices into the input's fields. A join's
 * condition sees the fields of the left followed by those of the right.
 */

import type { Ordering } from '../dataflow/traits.ts';
import type { AggregateCall, Expr } from '../expr/expr.ts';
import type { DataType } from '../types/data-type.ts';
import type { Value } from '../types/value.ts';

export type JoinType = 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'SEMI' | 'ANTI';

/** Filter, then project. RowKinds pass through. Flink: Calc. */
export interface CalcParams {
  readonly condition: Expr | null;
  readonly projection: readonly Expr[];
}

/** Constant rows. Flink: Values. */
export interface ValuesParams {
  readonly rows: readonly (readonly Value[])[];
}

/** STREAMING aggregation by key with retraction; row by row or folded per batch. Output: keys, then results. */
export interface GroupAggregateParams {
  readonly keys: readonly number[];
  readonly calls: readonly AggregateCall[];
  /** The consumer wants -U. */
  readonly generateUpdateBefore: boolean;
  /** The input may carry -U or -D. */
  readonly inputRetracts: boolean;
  /** Milliseconds; 0: state is kept for ever. Any TTL lets unchanged results through. */
  readonly stateTtl: number;
  /** Fold the changes of a batch into one transition per key. */
  readonly miniBatch: boolean;
  /** Only without keys: if there are no rows when the input ends, the result over none. */
  readonly emptyResult?: boolean;
  /** With `miniBatch`: changes are held back until the state is taken. */
  readonly untilSnapshot?: boolean;
  /**
   * With `miniBatch`: the second of two phases. Types of the rows that LocalGroupAggregate read, which `calls` refer to
   * and `inputRetracts` is about; the rows that come in are its: keys, accumulators.
   */
  readonly rowTypes?: readonly DataType[];
}

/** STREAMING, before the exchange: rows of a mini-batch folded by key. Output: keys, then accumulators, insert-only. */
export interface LocalGroupAggregateParams {
  readonly keys: readonly number[];
  /** All with accumulators that can be merged. */
  readonly calls: readonly AggregateCall[];
  /** The input may carry -U or -D. */
  readonly inputRetracts: boolean;
}

/**
 * BATCH aggregation. `complete`: rows in, results out. `partial`: rows in, keys and accumulators out. `final`: keys and
 * accumulators in. Without keys exactly one row comes out of `complete` and `final`.
 */
export interface BatchAggregateParams {
  readonly keys: readonly number[];
  readonly calls: readonly AggregateCall[];
  readonly phase: 'complete' | 'partial' | 'final';
  /** `final`: types of the rows that the partial phase read, which `calls` refer to. Else null. */
  readonly rowTypes: readonly DataType[] | null;
  /** Estimated groups, for the first size of the hash table; null: unknown. */
  readonly estimatedGroups: number | null;
  /** Least and greatest value of the key, where it is one integer: believed, not certain. Left out: unknown. */
  readonly keyRange?: readonly [number, number] | undefined;
}

export interface EquiJoinParams {
  readonly type: JoinType;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  /** By key: NULL equals NULL (IS NOT DISTINCT FROM), as set operations need. */
  readonly nullSafe: readonly boolean[];
  /** What must hold besides the keys, or null. */
  readonly condition: Expr | null;
}

/** BATCH. The build side is read whole before the first row of the probe side. */
export interface HashJoinParams extends EquiJoinParams {
  readonly buildSide: 'left' | 'right';
  /**
   * ANTI of NOT IN: a NULL key on the right lets nothing pass, a NULL key on the left passes only if the right is
   * empty.
   */
  readonly nullAware: boolean;
  /** Estimated rows of the build side; null: unknown. */
  readonly estimatedBuildRows: number | null;
}

/** BATCH. Sorts both inputs by key, spilling, then merges. */
export type SortMergeJoinParams = EquiJoinParams;

/** BATCH. The build side is kept whole; every probe row meets every build row. */
export interface NestedLoopJoinParams {
  readonly type: JoinType;
  readonly condition: Expr | null;
  readonly buildSide: 'left' | 'right';
  /** ANTI of NOT IN: the condition is three-valued, and UNKNOWN keeps the row out. */
  readonly nullAware: boolean;
}

/** What is known of one input of a STREAMING join. Flink: JoinInputSideSpec. */
export interface JoinInputSide {
  readonly kind: 'NoUniqueKey' | 'HasUniqueKey' | 'JoinKeyContainsUniqueKey';
  readonly uniqueKey: readonly number[] | null;
  /** Milliseconds; 0: for ever. */
  readonly stateTtl: number;
}

/** STREAMING join of any type over inputs with all row kinds; keys may be empty (a cross join on one subtask). */
export interface StreamingJoinParams extends EquiJoinParams {
  readonly left: JoinInputSide;
  readonly right: JoinInputSide;
  /** NOT IN. */
  readonly nullAware: boolean;
  readonly miniBatch: boolean;
}

/**
 * BATCH: sorts, spilling; with a fetch it keeps only offset + fetch rows (top-N). Also Flink's hidden sort of
 * STREAMING.
 */
export interface SortParams {
  readonly ordering: Ordering;
  readonly offset: number;
  readonly fetch: number | null;
  /** The input retracts: rows are taken back before the end sorts. */
  readonly inputRetracts: boolean;
}

/** STREAMING: emits rows in event-time order as watermarks pass; late rows are dropped. Flink: TemporalSort. */
export interface TemporalSortParams {
  /** Index of the time attribute, which is the first sort field, ascending. */
  readonly rowtime: number;
  /** All sort fields, the time attribute first. */
  readonly ordering: Ordering;
  /** Processing time: arrival order within the rest of the ordering per millisecond. */
  readonly proctime: boolean;
}

/** OFFSET and LIMIT without ORDER BY. */
export interface LimitParams {
  readonly offset: number;
  readonly fetch: number | null;
  /** Rows may be taken back: keeps what it passed and what waits. */
  readonly inputRetracts: boolean;
  readonly generateUpdateBefore: boolean;
}

/** STREAMING top-N per partition, and LIMIT with ORDER BY (no partition, no rank number). Flink: Rank, SortLimit. */
export interface RankParams {
  readonly strategy: 'append-fast' | 'update-fast' | 'retract';
  readonly partitionKeys: readonly number[];
  readonly ordering: Ordering;
  /** 1-based, inclusive. */
  readonly rankStart: number;
  readonly rankEnd: number;
  /** Field whose value is the rank limit (`rn <= n` with n a column of the partition), or null. */
  readonly rankEndColumn: number | null;
  /** The rank is the last field of the output (BIGINT NOT NULL). */
  readonly outputRankNumber: boolean;
  /** update-fast: the key that identifies a row among updates. */
  readonly upsertKey: readonly number[];
  readonly generateUpdateBefore: boolean;
  readonly stateTtl: number;
  /**
   * Flink's operator for append-fast and update-fast with N = 1 (FastTop1Function), which orders its changes otherwise.
   */
  readonly fastTop1: boolean;
}

/** BATCH: rank within partitions of an input that is sorted by partition and order. */
export interface BatchRankParams {
  readonly rankType: 'ROW_NUMBER' | 'RANK' | 'DENSE_RANK';
  readonly partitionKeys: readonly number[];
  readonly ordering: Ordering;
  readonly rankStart: number;
  /** null: all. */
  readonly rankEnd: number | null;
  readonly outputRankNumber: boolean;
}

/** STREAMING: first or last row per key by time. */
export interface DeduplicateParams {
  readonly keys: readonly number[];
  readonly keep: 'first' | 'last';
  /** Time attribute, or null for processing time. */
  readonly rowtime: number | null;
  readonly generateUpdateBefore: boolean;
  /** The first row of a key is +I rather than +U. */
  readonly generateInsert: boolean;
  readonly stateTtl: number;
  readonly miniBatch: boolean;
}

/** Makes a full changelog of upserts: keeps the last row per key. */
export interface ChangelogNormalizeParams {
  readonly keys: readonly number[];
  readonly generateUpdateBefore: boolean;
  /** A filter that was pushed into the state, or null. */
  readonly condition: Expr | null;
  readonly stateTtl: number;
  readonly miniBatch: boolean;
}

/** Each input row once per projection. Flink: Expand (GROUPING SETS, several DISTINCT arguments). */
export interface ExpandParams {
  readonly projections: readonly (readonly Expr[])[];
}

/** UNNEST of an array, map or multiset that is computed per row. Output: input fields, element fields, ordinality. */
export interface CorrelateUnnestParams {
  readonly collection: Expr;
  /** LEFT JOIN … ON TRUE: a row without elements comes out once, padded with NULLs. */
  readonly outer: boolean;
  /** A last BIGINT/INT column counts the elements from 1. */
  readonly withOrdinality: boolean;
  /** What a joined row must pass, over input and element fields, or null. */
  readonly condition: Expr | null;
}

/** Each row as often as its BIGINT column says: INTERSECT ALL, EXCEPT ALL. The column is dropped. */
export interface ReplicateRowsParams {
  readonly count: number;
}

/** Emits watermarks from an expression over the row; -1: none. Flink: WatermarkAssigner. */
export interface WatermarkAssignerParams {
  readonly rowtime: number;
  /** TIMESTAMP(3) or TIMESTAMP_LTZ(3); NULL gives no watermark. */
  readonly watermark: Expr;
  /** Milliseconds of silence after which the subtask is idle; 0: never. */
  readonly idleTimeout: number;
  /** Milliseconds between watermarks; 0: after every row. */
  readonly interval: number;
}

/** Keeps per primary key what an upsert sink must see last. Flink: SinkUpsertMaterializer. */
export interface SinkUpsertMaterializerParams {
  readonly primaryKey: readonly number[];
  /** The upsert key of the input, or null: rows are compared whole. */
  readonly upsertKey: readonly number[] | null;
  readonly stateTtl: number;
}

/** Refuses or drops rows that a sink's NOT NULL columns do not allow. */
export interface ConstraintEnforcerParams {
  readonly notNull: readonly number[];
  readonly action: 'ERROR' | 'DROP';
  readonly table: string;
}

/** kind → parameters: the closed list of operators. */
export interface OperatorParams {
  calc: CalcParams;
  values: ValuesParams;
  'group-aggregate': GroupAggregateParams;
  'local-group-aggregate': LocalGroupAggregateParams;
  'hash-aggregate': BatchAggregateParams;
  'sort-aggregate': BatchAggregateParams;
  'hash-join': HashJoinParams;
  'sort-merge-join': SortMergeJoinParams;
  'nested-loop-join': NestedLoopJoinParams;
  'streaming-join': StreamingJoinParams;
  sort: SortParams;
  'temporal-sort': TemporalSortParams;
  limit: LimitParams;
  rank: RankParams;
  'batch-rank': BatchRankParams;
  deduplicate: DeduplicateParams;
  'changelog-normalize': ChangelogNormalizeParams;
  'drop-update-before': Record<never, never>;
  expand: ExpandParams;
  'correlate-unnest': CorrelateUnnestParams;
  'replicate-rows': ReplicateRowsParams;
  'watermark-assigner': WatermarkAssignerParams;
  'sink-upsert-materializer': SinkUpsertMaterializerParams;
  'constraint-enforcer': ConstraintEnforcerParams;
}
