/** What the examples of this folder share: the two modes, a small input, and how its times and watermarks read. */
import { type DataStream, MAX_WATERMARK, MIN_WATERMARK, StreamExecutionEnvironment, WatermarkStrategy } from 'weir';

export const MODES = ['STREAMING', 'BATCH'] as const;

/** (key, value, time in milliseconds), out of order. */
export type Reading = readonly [key: string, value: number, time: number];

export const READINGS: readonly Reading[] = [
  ['b', 10, 1000],
  ['a', 1, 2000],
  ['b', 20, 1500],
  ['a', 2, 5000],
  ['c', 7, 3000],
];

/** Time stamps from the readings, and a watermark just below each that is later than all before. */
export const READING_TIMES = WatermarkStrategy.forGenerator<Reading>(() => {
  let latest = MIN_WATERMARK;
  return {
    onEvent: (_reading, timestamp, output) => {
      if (timestamp <= latest) return;
      latest = timestamp;
      output.emitWatermark(timestamp - 1);
    },
    onPeriodicEmit: () => undefined,
  };
}).withTimestampAssigner(([, , time]) => time);

export const describeTime = (time: number): string =>
  time === MIN_WATERMARK ? 'MIN' : time === MAX_WATERMARK ? 'MAX' : String(time);

export function environment(
  mode: (typeof MODES)[number],
  configuration: Readonly<Record<string, string>> = {},
): StreamExecutionEnvironment {
  return StreamExecutionEnvironment.getExecutionEnvironment().setRuntimeMode(mode).configure(configuration);
}

/** Runs the program in STREAMING and then in BATCH, and prints the lines that it gives. */
export async function inBothModes(
  program: (env: StreamExecutionEnvironment) => DataStream<string>,
  configuration: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const mode of MODES) {
    console.log(mode);
    for await (const line of program(environment(mode, configuration)).executeAndCollect()) console.log(`  ${line}`);
  }
}
