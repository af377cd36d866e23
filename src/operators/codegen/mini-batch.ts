/**
 * When an operator that folds changes lets them go: after so many rows or so much time
 * (`table.exec.mini-batch.size`, `.allow-latency`), before a checkpoint, and when the input ends. Without both options
 * that is after every batch. A watermark waits for the rows before it. Where a job in
 * STREAMING goes on from what BATCH has read, changes are let go once, with the state.
 */
import type { OperatorContext } from '../../dataflow/operator.ts';
import { MAX_WATERMARK } from '../../dataflow/traits.ts';

export class MiniBatch {
  readonly #context: OperatorContext;
  readonly #flush: () => void;
  /** Rows of a bundle; 0: each batch is one. */
  readonly #size: number;
  readonly #latency: number;
  #rows = 0;
  #deadline = Number.POSITIVE_INFINITY;
  /** Not forwarded yet. */
  #watermark: number | null = null;

  /**
   * @param flush emits what the operator holds back
   * @param endless the bundle takes every row, until it is finished from outside
   */
  constructor(context: OperatorContext, flush: () => void, endless = false) {
    const { configuration } = context;
    this.#context = context;
    this.#flush = flush;
    const latency = configuration.duration('table.exec.mini-batch.allow-latency');
    this.#latency = endless ? Number.POSITIVE_INFINITY : latency;
    const size = latency > 0 ? Math.max(configuration.integer('table.exec.mini-batch.size'), 0) : 0;
    this.#size = endless ? Number.POSITIVE_INFINITY : size;
  }

  /** When the bundle must end. */
  get deadline(): number {
    return this.#deadline;
  }

  /** How many rows the bundle may still take; at least one. */
  get room(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#size - this.#rows;
  }

  /** Takes notice of rows that were folded, as many as there was room for at most. */
  add(rows: number): void {
    if (this.#rows === 0 && this.#size > 0) this.#deadline = this.#context.clock.now() + this.#latency;
    this.#rows += rows;
    if (this.#rows >= this.#size || this.#context.clock.now() >= this.#deadline) this.finish();
  }

  watermark(timestamp: number): void {
    this.#watermark = timestamp;
    if (this.#rows === 0 || timestamp >= MAX_WATERMARK) this.finish();
  }

  finish(): void {
    if (this.#rows > 0) this.#flush();
    this.#rows = 0;
    this.#deadline = Number.POSITIVE_INFINITY;
    if (this.#watermark !== null) this.#context.output.emitWatermark(this.#watermark);
    this.#watermark = null;
  }
}
