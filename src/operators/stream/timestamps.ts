/**
 * Gives records timestamps, and makes watermarks from them: of the generator of the strategy, after each record that it
 * answers with one, after each batch, and when the interval has passed. In BATCH only the timestamps are made; the one
 * watermark is the end of the input. Flink: TimestampsAndWatermarksOperator.
 */
import { assert } from '../../base/assert.ts';
import type { StreamOperatorParams } from '../../dataflow/functions/stream-operator.ts';
import type {
  WatermarkGenerator,
  WatermarkOutput,
  WatermarkStrategy,
} from '../../dataflow/functions/watermark-strategy.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../dataflow/records.ts';
import { MAX_WATERMARK, MIN_WATERMARK } from '../../dataflow/traits.ts';
import { RecordCollector } from './record-collector.ts';

export class TimestampsAndWatermarks implements Operator {
  readonly #strategy: WatermarkStrategy<unknown>;
  /** Milliseconds; 0: after every record. */
  readonly #interval: number;
  /** null in BATCH. */
  readonly #generator: WatermarkGenerator<unknown> | null;
  readonly #watermarkOutput: WatermarkOutput;
  #context!: OperatorContext;
  #collector!: RecordCollector;
  #watermark = MIN_WATERMARK;
  #idle = false;
  /** Milliseconds since the epoch. */
  #lastRecord = 0;
  #nextEmit = Number.POSITIVE_INFINITY;

  constructor(strategy: WatermarkStrategy<unknown>, params: StreamOperatorParams) {
    this.#strategy = strategy;
    this.#interval = params.autoWatermarkInterval;
    this.#generator = params.watermarks === 'generated' ? strategy.createGenerator() : null;
    this.#watermarkOutput = {
      emitWatermark: (timestamp) => this.#emit(timestamp),
      markIdle: () => this.#setIdle(true),
      markActive: () => this.#setIdle(false),
    };
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#collector = new RecordCollector((records) => context.output.emitRecords(records));
    if (this.#generator === null) return;
    this.#lastRecord = context.clock.now();
    if (this.#interval > 0) this.#nextEmit = this.#lastRecord + this.#interval;
  }

  processBatch(): void {
    assert(false, 'an operator of a program gets records');
  }

  processRecords({ values, timestamps }: RecordBatch): void {
    const { timestampAssigner } = this.#strategy;
    const generator = this.#generator;
    const collector = this.#collector;
    if (generator !== null) {
      this.#lastRecord = this.#context.clock.now();
      this.#setIdle(false);
    }
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const given = timestamps === null ? NO_TIMESTAMP : timestamps[i]!;
      const timestamp = timestampAssigner === null ? given : timestampAssigner(value, given);
      collector.collectAt(value, timestamp);
      if (generator === null) continue;
      generator.onEvent(value, timestamp, this.#watermarkOutput);
      if (this.#interval === 0) generator.onPeriodicEmit(this.#watermarkOutput);
    }
    collector.flush();
    generator?.onPeriodicEmit(this.#watermarkOutput);
  }

  /** Others than the last are those of the source, in whose place the generator's come. */
  processWatermark(timestamp: number): void {
    if (timestamp === MAX_WATERMARK) this.#emit(timestamp);
  }

  get nextProcessingTime(): number {
    const { idleness } = this.#strategy;
    if (this.#generator === null || idleness === null || this.#idle) return this.#nextEmit;
    return Math.min(this.#nextEmit, this.#lastRecord + idleness);
  }

  onProcessingTime(now: number): void {
    const { idleness } = this.#strategy;
    if (idleness !== null && this.#lastRecord + idleness <= now) this.#setIdle(true);
    if (now < this.#nextEmit) return;
    this.#nextEmit = now + this.#interval;
    this.#generator?.onPeriodicEmit(this.#watermarkOutput);
  }

  endInput(): void {}

  snapshotState(): void {}

  close(): void {}

  #emit(timestamp: number): void {
    if (timestamp <= this.#watermark) return;
    this.#watermark = timestamp;
    this.#collector.flush();
    this.#context.output.emitWatermark(timestamp);
  }

  #setIdle(idle: boolean): void {
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.#context.output.emitStatus?.(idle);
  }
}
