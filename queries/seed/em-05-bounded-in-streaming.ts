// EM-05: a job over bounded input ends by itself in STREAMING too. At the end MAX_WATERMARK passes, and what still waits
// for time fires.
import { TumblingEventTimeWindows, WatermarkStrategy } from 'weir';
import { environment } from './in-both-modes.ts';

const times = WatermarkStrategy.forMonotonousTimestamps<readonly [string, number]>().withTimestampAssigner(
  ([, time]) => time,
);
const lines = environment('STREAMING')
  .fromElements<readonly [string, number]>(['a', 1000], ['a', 2000], ['a', 61_000])
  .assignTimestampsAndWatermarks(times)
  .keyBy(([key]) => key)
  .window(TumblingEventTimeWindows.of(60_000))
  .process<string>((_key, { window }, records, out) =>
    out.collect(`minute ${window.start / 60_000}: ${[...records].length}`),
  )
  .executeAndCollect();
console.log(`STREAMING\n  ${(await lines.toArray()).join(', ')}\n  and the job has ended`);
