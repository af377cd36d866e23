/** What a stream, a source or a plan node may promise. Plain data; Flink's words. */
import type { RowKind } from '../types/row-kind.ts';

/** `execution.runtime-mode`, as configured. */
export type RuntimeExecutionMode = 'STREAMING' | 'BATCH' | 'AUTOMATIC';
/** As executed. */
export type ResolvedMode = Exclude<RuntimeExecutionMode, 'AUTOMATIC'>;
export type Boundedness = 'BOUNDED' | 'CONTINUOUS_UNBOUNDED';

/** The row kinds that a stream may carry. */
export type ChangelogMode = ReadonlySet<RowKind>;

/**
 * Where the rows of an edge go. `keys` are column indices of the producer's rows. Records of programs go by `keyed` and
 * `custom`, whose `selector` names functions of the program (ProgramRegistry.partitioning); `rescale` deals rows out to
 * a part of the consumers, `shuffle` by chance, `global` to the first subtask.
 */
export type Distribution =
  | { readonly kind: 'any' | 'forward' | 'rebalance' | 'broadcast' | 'singleton' | 'rescale' | 'shuffle' | 'global' }
  | { readonly kind: 'hash'; readonly keys: readonly number[] }
  | { readonly kind: 'keyed' | 'custom'; readonly selector: string };

export interface SortField {
  readonly index: number;
  readonly direction: 'ASC' | 'DESC';
  readonly nulls: 'FIRST' | 'LAST';
}
export type Ordering = readonly SortField[];

/**
 * Everything that depends on the mode, as one value made in one place (graph/mode.ts). Nothing else branches on the
 * mode.
 */
export interface ModeProfile {
  readonly mode: ResolvedMode;
  readonly resultPartitionType: 'PIPELINED_BOUNDED' | 'BLOCKING';
  readonly scheduling: 'all-at-once' | 'stage-by-stage';
  /** sorted-by-key: one key's state exists at a time. */
  readonly keyedInput: 'arrival-order' | 'sorted-by-key';
  /** max-at-end: the only watermark is the last. */
  readonly watermarks: 'generated' | 'max-at-end';
  readonly recovery: 'restore-checkpoint' | 'backtrack';
  /** savepoint: a task that has read its input leaves its state instead of ending it: no last watermark, no timers. */
  readonly atEnd: 'finish' | 'savepoint';
  /** Rows per batch that sources aim at. */
  readonly batchRows: number;
}

/** Milliseconds since the epoch; no element will follow with a smaller timestamp. */
export const MAX_WATERMARK = Number.MAX_SAFE_INTEGER;
export const MIN_WATERMARK = Number.MIN_SAFE_INTEGER;
