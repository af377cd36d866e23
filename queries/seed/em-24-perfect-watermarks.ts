// EM-24: a late record is dropped by a window in STREAMING, where the watermark has passed it. Nothing is late in BATCH: the
// watermark comes when all records of the key are there.
import { TumblingEventTimeWindows } from 'weir';
import { inBothModes, READING_TIMES, READINGS } from './in-both-modes.ts';

await inBothModes((env) =>
  env
    .fromCollection([...READINGS, ['b', 30, 1200] as const])
    .assignTimestampsAndWatermarks(READING_TIMES)
    .keyBy(([key]) => key)
    .window(TumblingEventTimeWindows.of(2000))
    .process<string>((key, { window }, readings, out) => {
      const values = [...readings].map(([, value]) => value).sort((a, b) => a - b);
      out.collect(`${key} from ${window.start}: ${values.join(', ')}`);
    }),
);
