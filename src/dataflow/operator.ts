/**
 * The contract between an operator and the task that runs it. Operators are synchronous and work on whole batches; only
 * the task loop, sources, sinks and lookups await.
 */
import type { Clock } from '../base/clock.ts';
import type { Configuration } from '../base/config.ts';
import type { Batch } from '../columnar/batch.ts';
import type { KernelCompiler } from '../kernel/program.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { MemoryBudget } from '../memory/budget.ts';
import type { SpillDirectory } from '../memory/spill-file.ts';
import type { StateReader, StateWriter } from '../state/snapshot.ts';
import type { Schema } from '../types/schema.ts';
import type { RecordBatch } from './records.ts';
import type { Rendezvous } from './rendezvous.ts';

export interface Output {
  /** Lends the batch for the time of the call (columnar/batch.ts). Batches without rows are not emitted. */
  emitBatch(batch: Batch): void;
  /** The same for JS values; the arrays are not written again. */
  emitRecords(records: RecordBatch): void;
  /** JS values for a side output; dropped if nobody reads it. @param tag `OutputTag.id` */
  emitSideOutput?(tag: string, records: RecordBatch): void;
  /** @param timestamp milliseconds; never smaller than the last one. */
  emitWatermark(timestamp: number): void;
  /** Idle: what comes from here does not hold back watermarks until it is active again. */
  emitStatus?(idle: boolean): void;
}

/** Counters that a task adds up and a job shows: spilled bytes, late rows dropped. */
export interface MetricGroup {
  add(name: string, amount: number): void;
}

export interface OperatorContext {
  /** For people: the vertex and the subtask. */
  readonly taskName: string;
  /** Of this subtask, from 0: grows with every restart. */
  readonly attempt: number;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly output: Output;
  readonly memory: LinearMemory;
  /** Managed memory of this subtask (`taskmanager.memory.managed.size` over the operators that use it). */
  readonly budget: MemoryBudget;
  readonly spill: SpillDirectory;
  readonly compiler: KernelCompiler;
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly metrics: MetricGroup;
  /** Warnings for whoever runs the job. */
  readonly log: (message: string) => void;
  /** Of an operator whose subtasks meet, if it has several. */
  readonly rendezvous: Rendezvous | null;
  /** State to begin with, or null for a fresh start. */
  readonly restored: StateReader | null;
}

/**
 * Never called concurrently: open → (processBatch | processWatermark | snapshotState)* → endInput* → advance* → close.
 * A call works for about 20 ms at most; longer work (a sort's merge, a join's spilled partitions) is cut into
 * `advance`.
 */
export interface Operator {
  open(context: OperatorContext): void;
  /** @param input number of the input, from 0. All output for the batch is emitted before the call returns. */
  processBatch(batch: Batch, input: number): void;
  /** The same for an input that carries JS values. */
  processRecords?(records: RecordBatch, input: number): void;
  /** Already the minimum over the inputs. The operator forwards it, after what it makes it emit. */
  processWatermark(timestamp: number): void;
  /** This input is exhausted; others may go on. Must not emit much: that is what `advance` is for. */
  endInput(input: number): void;
  /**
   * Instead of `endInput`: everything was read, but the job stops with a savepoint from which another one goes on, so
   * that nothing ends. Followed by `advance` as `endInput` is, then by `snapshotState`. Missing: nothing is to be done.
   */
  suspendInput?(input: number): void;
  /**
   * `processBatch` has left work for `advance`, which is called until this is false; meanwhile the operator gets
   * nothing from outside, but may still be handed batches and watermarks by the one before it in the chain.
   */
  readonly busy?: boolean;
  /**
   * Milliseconds since the epoch: not before then `onProcessingTime` is to be called; Infinity: nothing is waiting.
   * An operator that waits for the clock has both, from the start.
   */
  readonly nextProcessingTime?: number;
  /** Called by the task between batches, while the operator is not busy and no input is being ended. */
  onProcessingTime?(now: number): void;
  /**
   * Called after every endInput until it answers false: one slice of the work that the end of the input sets free.
   * 'waiting': not before the other subtasks have got on.
   */
  advance?(): boolean | 'waiting';
  /**
   * Asked when an input has ended, until it answers true: may those be read that had to wait for it? It may work for a
   * slice. Missing: at once.
   */
  proceed?(): boolean;
  /** Everything that is needed to go on in a fresh process with the same changelog following. */
  snapshotState(writer: StateWriter): void;
  /** Releases all memory; also after a failure; must not emit. */
  close(): void;
}

/** Plan-time description, plain JSON: a job graph can be shown, compared, saved, sent to a worker. */
export interface OperatorSpec {
  readonly kind: string;
  /** Flink's node description, as EXPLAIN prints it. */
  readonly name: string;
  readonly params: unknown;
  /** Schemas of the inputs, by number, and of the output. */
  readonly inputs: readonly Schema[];
  readonly output: Schema;
  /** What was fused into the operator, by number of the input; null or missing: nothing. */
  readonly fused?: readonly (FusedInput | null)[];
  /** The subtasks meet (OperatorContext.rendezvous): they run together, and after a failure again together. */
  readonly meets?: boolean;
}

/** A filter and projection that the operator does itself: its batches come in as `from` and mean what `inputs` says. */
export interface FusedInput {
  /** Parameters of the operator `calc`. */
  readonly params: unknown;
  readonly from: Schema;
}

export interface OperatorFactory {
  readonly kind: string;
  create(spec: OperatorSpec): Operator;
}
