// EM-33: operators must not remember the last watermark: in BATCH it is MIN for every record and MAX when the key ends, then
// MIN again for the next key.
import type { KeyedProcessFunction } from 'weir';
import { describeTime, inBothModes, READING_TIMES, READINGS, type Reading } from './in-both-modes.ts';

const watching: KeyedProcessFunction<string, Reading, string> = {
  processElement: ([key, , time], context, out) => {
    out.collect(`${key}: ${describeTime(context.timerService().currentWatermark())}`);
    context.timerService().registerEventTimeTimer(time);
  },
  onTimer: (_time, context, out) =>
    out.collect(`timer of ${context.getCurrentKey()}: ${describeTime(context.timerService().currentWatermark())}`),
};

await inBothModes((env) =>
  env
    .fromCollection(READINGS.slice(0, 4))
    .assignTimestampsAndWatermarks(READING_TIMES)
    .keyBy(([key]) => key)
    .process(watching),
);
