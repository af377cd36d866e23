// EM-18: BATCH sorts keyed input by key, then time, and holds the state of one key at a time; the configured backend is
// not used, and the job says so.
import { type KeyedProcessFunction, type ListState, ListStateDescriptor } from 'weir';
import { environment, MODES, READING_TIMES, READINGS, type Reading } from './in-both-modes.ts';

const TIMES = new ListStateDescriptor<number>('times');

class Remember implements KeyedProcessFunction<string, Reading, string> {
  #times!: ListState<number>;

  open(context: Parameters<NonNullable<KeyedProcessFunction<string, Reading, string>['open']>>[0]): void {
    this.#times = context.getListState(TIMES);
  }

  processElement([key, , time]: Reading, _context: unknown, out: { collect(line: string): void }): void {
    this.#times.add(time);
    out.collect(`${key}: [${[...this.#times.get()].join(', ')}]`);
  }
}

for (const mode of MODES) {
  console.log(mode);
  const lines = environment(mode, { 'state.backend.type': 'lmdb' })
    .fromCollection(READINGS)
    .assignTimestampsAndWatermarks(READING_TIMES)
    .keyBy(([key]) => key)
    .process(new Remember())
    .executeAndCollect();
  for await (const line of lines) console.log(`  ${line}`);
}
