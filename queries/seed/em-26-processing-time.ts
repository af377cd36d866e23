// EM-26: processing time in STREAMING is the clock on the wall: results depend on when the job runs. A timer gives an early
// result before the next record is there.
import type { KeyedProcessFunction } from 'weir';
import { environment } from './in-both-modes.ts';

async function* letters(): AsyncGenerator<string> {
  yield 'a';
  await new Promise((resolve) => setTimeout(resolve, 300));
  yield 'b';
}

const early: KeyedProcessFunction<string, string, string> = {
  processElement: (letter, context, out) => {
    const timers = context.timerService();
    if (letter === 'a') timers.registerProcessingTimeTimer(timers.currentProcessingTime() + 20);
    out.collect(letter);
  },
  onTimer: (_time, context, out) => out.collect(`${context.getCurrentKey()} is 20 ms old`),
};

const lines = environment('STREAMING')
  .fromCollection(letters())
  .keyBy((letter) => letter)
  .process(early)
  .executeAndCollect();
console.log(`STREAMING\n  ${(await lines.toArray()).join(', ')}`);
