// EM-27: in BATCH the clock may be read, but processing time stands still while a key is worked off, and then jumps to the
// end of time: its timers fire there, after those of event time, whatever they were set to.
import type { KeyedProcessFunction } from 'weir';
import { environment, READING_TIMES, READINGS, type Reading } from './in-both-modes.ts';

const HOUR = 3_600_000;

const timers: KeyedProcessFunction<string, Reading, string> = {
  processElement: ([key, value, time], context, out) => {
    const service = context.timerService();
    out.collect(`${key} ${value}, the clock ${service.currentProcessingTime() > 0 ? 'can be read' : 'is not there'}`);
    service.registerProcessingTimeTimer(service.currentProcessingTime() + HOUR + value);
    service.registerEventTimeTimer(time);
  },
  onTimer: (_time, context, out) => out.collect(`${context.getCurrentKey()}: ${context.timeDomain()} timer`),
};

console.log('BATCH');
const lines = environment('BATCH')
  .fromCollection(READINGS.slice(0, 3))
  .assignTimestampsAndWatermarks(READING_TIMES)
  .keyBy(([key]) => key)
  .process(timers)
  .executeAndCollect();
for await (const line of lines) console.log(`  ${line}`);
