// EM-23: a watermark of STREAMING says that nothing earlier follows, as far as the generator can tell: operators see it
// rise. EM-24: BATCH ignores generators; time stamps stay, and the only watermark comes at the end.
import { describeTime, inBothModes, READING_TIMES, READINGS } from './in-both-modes.ts';

await inBothModes((env) =>
  env
    .fromCollection(READINGS)
    .assignTimestampsAndWatermarks(READING_TIMES)
    .process<string>(([key, value], context, out) => {
      const watermark = describeTime(context.timerService().currentWatermark());
      out.collect(`${key} ${value} at ${context.timestamp()}, watermark ${watermark}`);
    }),
);
