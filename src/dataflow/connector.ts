/** Contracts of sources (FLIP-27 shape) and sinks (FLIP-143 shape). */
import type { Clock } from '../base/clock.ts';
import type { Configuration } from '../base/config.ts';
import type { FileSystem } from '../base/fs.ts';
import type { Batch } from '../columnar/batch.ts';
import type { KernelCompiler } from '../kernel/program.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { MemoryBudget } from '../memory/budget.ts';
import type { DataType } from '../types/data-type.ts';
import type { Schema } from '../types/schema.ts';
import type { Value } from '../types/value.ts';
import type { RecordBatch } from './records.ts';
import type { Boundedness, ChangelogMode } from './traits.ts';

/**
 * What crosses from the plan to the run: plain JSON. `options` are the WITH options after defaults from the session.
 */
export interface ConnectorSpec {
  readonly connector: string;
  /** catalog.database.table, for messages. */
  readonly table: string;
  readonly options: Readonly<Record<string, string>>;
  /** All physical columns of the table. */
  readonly schema: Schema;
  /** Columns that the query reads, in order of output (indices into `schema.fields`); sinks: all. */
  readonly projection: readonly number[];
  /** Conjuncts `column ∘ literal` that the source may use to skip data; rows that pass are still filtered above. */
  readonly filters: readonly SourceFilter[];
  /** Rows that are enough (LIMIT pushed down), or null. */
  readonly limit: number | null;
  /** Columns of PARTITIONED BY, where the table has any. */
  readonly partitionKeys?: readonly string[];
  /** Of sinks: INSERT OVERWRITE. */
  readonly overwrite?: boolean;
  /** Of sinks: the columns that PARTITION (…) fixes, as text; null for NULL. */
  readonly staticPartition?: Readonly<Record<string, string | null>>;
}

export interface SourceFilter {
  /** Index into `schema.fields`. */
  readonly column: number;
  readonly op: '=' | '<' | '<=' | '>' | '>=' | 'IN' | 'IS NOT NULL';
  readonly values: readonly Value[];
}

export interface TableStatistics {
  /** null: unknown. */
  readonly rowCount: number | null;
  /** By column name. */
  readonly columns: Readonly<Record<string, ColumnStatistics>>;
}
export interface ColumnStatistics {
  readonly min?: Value;
  readonly max?: Value;
  readonly nullCount?: number;
  readonly distinctCount?: number;
  /** Mean length of a string in bytes. */
  readonly averageLength?: number;
}

export interface ConnectorContext {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly configuration: Configuration;
}
export interface ReaderContext extends ConnectorContext {
  readonly memory: LinearMemory;
  readonly budget: MemoryBudget;
  readonly compiler: KernelCompiler;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  /** Rows per batch to aim at. */
  readonly batchRows: number;
  /** Rows of an in-process table (arrays, async iterables), by name, for the `collection` connector. */
  readonly collections: ReadonlyMap<string, unknown>;
  /**
   * The job commits what sinks prepare with its checkpoints, or may run again before it commits: what should be seen
   * exactly once is not to be delivered before. Default: no.
   */
  readonly transactional?: boolean;
  /** Where `print`, `values` sinks and results of SELECT are delivered. */
  readonly deliver: (channel: string, batch: Batch, types: readonly DataType[]) => void;
  /** The same for JS values: of `print` and `executeAndCollect` in programs. */
  readonly deliverRecords?: (channel: string, values: readonly unknown[]) => void;
}

/** Describes one table of a connector: made at planning time and again at run time, from the same spec. */
export interface Source<B = Batch> {
  readonly boundedness: Boundedness;
  readonly changelogMode: ChangelogMode;
  /** Each reader keeps to its part of a rate by the clock, so its splits are to be known when it begins. */
  readonly paced?: boolean;
  /** Read at planning time from file footers and options; cheap. */
  statistics(): TableStatistics;
  /** The splits, in order. Subtask `i` of `n` reads the splits with number ≡ i (mod n). Plain JSON. */
  splits(): readonly unknown[];
  createReader(context: ReaderContext): SourceReader<B>;
}

export type Polled<B = Batch> = B | 'nothing-yet' | 'end-of-input';

export interface SourceReader<B = Batch> {
  /**
   * Called with the splits of this subtask, or with what `snapshot` returned; where a subtask claims its splits, again
   * after each end of input.
   */
  addSplits(splits: readonly unknown[]): void;
  /**
   * The next batch (the caller releases it), 'nothing-yet', or 'end-of-input'. Work is bounded to about 20 ms.
   * Columns are those of `projection`, in its order.
   */
  poll(): Polled<B> | Promise<Polled<B>>;
  /** Splits with positions: what a restored reader goes on from. */
  snapshot(): readonly unknown[];
  close(): void | Promise<void>;
}

export interface Sink {
  /** The kinds that the sink takes, given those that the query would like to send. */
  accepts(requested: ChangelogMode): ChangelogMode;
  createWriter(context: ReaderContext): SinkWriter;
  /** Of a sink whose writers prepare commits. */
  createCommitter?(context: ConnectorContext): Committer;
}
/** Two-phase commit: a writer prepares, on its thread; the committer of the sink makes visible, once for the job. */
export interface Committer {
  /** What was prepared or committed is still there when the process has died. */
  readonly lasting?: boolean;
  /** Makes visible what these stand for. May be called again with the same: what is visible stays as it is. */
  commit(committables: readonly unknown[]): void | Promise<void>;
  /** These will never be committed: removes what they stand for. */
  abort(committables: readonly unknown[]): void;
}
export interface SinkWriter {
  write(batch: Batch): void | Promise<void>;
  /** The same where the sink takes JS values (DataStream programs). */
  writeRecords?(records: RecordBatch): void | Promise<void>;
  /** A watermark reached the sink (milliseconds). */
  watermark?(timestamp: number): void;
  /**
   * At a checkpoint and at the end of input: what was written since the last call lasts from here on, and is not
   * visible. Plain data, for the committer.
   */
  prepareCommit?(): readonly unknown[];
  /** Before the `prepareCommit` of a checkpoint: what the writer has gathered leaves it. */
  flush?(): void | Promise<void>;
  /** The end of input: nothing more will be written. Called before the last `prepareCommit`. */
  finish(): void | Promise<void>;
  /** Releases, and removes what was written and not prepared. */
  close(): void | Promise<void>;
}

/** Clauses that not every sink can honour; the planner refuses them for the others. Flink: the sink abilities. */
export type SinkAbility = 'partitioning' | 'overwrite';

/** Sources of tables give batches of columns, those of DataStream programs JS values. */
export type AnyBatch = Batch | RecordBatch;

export interface ConnectorFactory<B = Batch> {
  readonly connector: string;
  /** What must run on the main thread: it reaches for objects that only that one has. Default: nothing. */
  readonly mainThread?: readonly ('source' | 'sink')[];
  /** Default: none. */
  readonly sinkAbilities?: readonly SinkAbility[];
  /** Option keys with defaults and docs; unknown keys in WITH are refused by name. */
  readonly options: readonly ConnectorOption[];
  /** @throws EngineError for options that do not fit. */
  createSource?(spec: ConnectorSpec, context: ConnectorContext): Source<B>;
  createSink?(spec: ConnectorSpec, context: ConnectorContext): Sink;
  /** Columns of the table where the DDL names none (inline files, tpch, nexmark). */
  inferSchema?(options: Readonly<Record<string, string>>, context: ConnectorContext): Schema;
}

export interface ConnectorOption {
  readonly key: string;
  readonly required: boolean;
  readonly default?: string;
  readonly doc: string;
  /** `key` is a prefix: `fields.*.min`. */
  readonly prefix?: boolean;
}
