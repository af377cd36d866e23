// EM-17: in STREAMING the state backend holds the state, on the heap (`hashmap`) or in files (`lmdb`); results are the
// same. EM-18 shows what BATCH does instead.
import { type KeyedProcessFunction, ValueStateDescriptor } from 'weir';
import { environment, READINGS, type Reading } from './in-both-modes.ts';

const COUNT = new ValueStateDescriptor<number>('count', { defaultValue: 0 });

function counting(): KeyedProcessFunction<string, Reading, string> {
  let count: ReturnType<Parameters<NonNullable<KeyedProcessFunction<string, Reading, string>['open']>>[0]['getState']>;
  return {
    open: (context) => {
      count = context.getState(COUNT);
    },
    processElement: ([key], _context, out) => {
      const next = Number(count.value()) + 1;
      count.update(next);
      out.collect(`${key} ${next}`);
    },
  };
}

for (const backend of ['hashmap', 'lmdb']) {
  const lines = environment('STREAMING', { 'state.backend.type': backend })
    .fromCollection(READINGS)
    .keyBy(([key]) => key)
    .process(counting())
    .executeAndCollect();
  console.log(`${backend}: ${(await lines.toArray()).join(', ')}`);
}
