/** How records get timestamps, and how far time has come. Flink: org.apache.flink.api.common.eventtime. */

/** @param recordTimestamp of the source; NO_TIMESTAMP (dataflow/records.ts) if there is none */
export type TimestampAssigner<T> = (value: T, recordTimestamp: number) => number;

export interface WatermarkOutput {
  /** Milliseconds: no record with a timestamp up to this will follow. Smaller ones than the last are ignored. */
  emitWatermark(timestamp: number): void;
  markIdle(): void;
  markActive(): void;
}

export interface WatermarkGenerator<T> {
  onEvent(value: T, timestamp: number, output: WatermarkOutput): void;
  /** Every `pipeline.auto-watermark-interval`. */
  onPeriodicEmit(output: WatermarkOutput): void;
}

function noGenerator(): WatermarkGenerator<unknown> {
  return { onEvent: () => undefined, onPeriodicEmit: () => undefined };
}

/** Immutable; `with…` give new ones. The generator is not used in BATCH, the assigner is. */
export class WatermarkStrategy<T> {
  readonly createGenerator: () => WatermarkGenerator<T>;
  readonly timestampAssigner: TimestampAssigner<T> | null;
  /** Milliseconds after which a silent source no longer holds time back; null: it always does. */
  readonly idleness: number | null;

  private constructor(
    createGenerator: () => WatermarkGenerator<T>,
    timestampAssigner: TimestampAssigner<T> | null,
    idleness: number | null,
  ) {
    this.createGenerator = createGenerator;
    this.timestampAssigner = timestampAssigner;
    this.idleness = idleness;
  }

  static noWatermarks<T>(): WatermarkStrategy<T> {
    return WatermarkStrategy.forGenerator<T>(noGenerator);
  }

  /** Timestamps never fall. */
  static forMonotonousTimestamps<T>(): WatermarkStrategy<T> {
    return WatermarkStrategy.forBoundedOutOfOrderness<T>(0);
  }

  /** @param maxOutOfOrderness milliseconds by which a record may be late */
  static forBoundedOutOfOrderness<T>(maxOutOfOrderness: number): WatermarkStrategy<T> {
    return WatermarkStrategy.forGenerator<T>(() => {
      let largest = Number.MIN_SAFE_INTEGER + maxOutOfOrderness + 1;
      return {
        onEvent: (_value, timestamp) => {
          if (timestamp > largest) largest = timestamp;
        },
        onPeriodicEmit: (output) => output.emitWatermark(largest - maxOutOfOrderness - 1),
      };
    });
  }

  /** @param create called for each subtask */
  static forGenerator<T>(create: () => WatermarkGenerator<T>): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>(create, null, null);
  }

  get generatesWatermarks(): boolean {
    return this.createGenerator !== noGenerator;
  }

  /** Neither timestamps nor watermarks come of it. */
  get isEmpty(): boolean {
    return this.timestampAssigner === null && !this.generatesWatermarks;
  }

  withTimestampAssigner(assigner: TimestampAssigner<T>): WatermarkStrategy<T> {
    return new WatermarkStrategy(this.createGenerator, assigner, this.idleness);
  }

  withIdleness(milliseconds: number): WatermarkStrategy<T> {
    return new WatermarkStrategy(this.createGenerator, this.timestampAssigner, milliseconds);
  }
}
