// EM-25: event-time timers of STREAMING fire when the watermark passes them. In BATCH they all fire at the end of their key,
// by time; one that is registered by then is dropped with a warning.
import type { KeyedProcessFunction } from 'weir';
import { describeTime, inBothModes, READING_TIMES, READINGS, type Reading } from './in-both-modes.ts';

const timers: KeyedProcessFunction<string, Reading, string> = {
  processElement: ([key, value, time], context, out) => {
    out.collect(`${key} ${value}`);
    context.timerService().registerEventTimeTimer(time + 500);
  },
  onTimer: (time, context, out) => {
    const watermark = describeTime(context.timerService().currentWatermark());
    out.collect(`timer of ${context.getCurrentKey()} for ${time}, watermark ${watermark}`);
    if (time < 3000) context.timerService().registerEventTimeTimer(time + 10_000);
  },
};

await inBothModes((env) =>
  env
    .fromCollection(READINGS)
    .assignTimestampsAndWatermarks(READING_TIMES)
    .keyBy(([key]) => key)
    .process(timers),
);
