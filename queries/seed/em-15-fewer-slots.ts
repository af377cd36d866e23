// EM-15: STREAMING needs room for all tasks at once. The stages of BATCH run one after another, so a job of three stages
// finishes where there is room for one task.
import { DiscardingSink, type MapFunction } from 'weir';
import { environment, MODES } from './in-both-modes.ts';

class Counted implements MapFunction<number, number> {
  static open = 0;
  static most = 0;

  open(): void {
    Counted.most = Math.max(++Counted.open, Counted.most);
  }

  map(value: number): number {
    return value;
  }

  close(): void {
    Counted.open--;
  }
}

for (const mode of MODES) {
  Counted.most = 0;
  const env = environment(mode);
  env
    .fromSequence(1, 10)
    .map(new Counted())
    .rebalance()
    .map(new Counted())
    .keyBy((value) => value % 3)
    .map(new Counted())
    .sinkTo(new DiscardingSink());
  await env.execute();
  console.log(`${mode}\n  tasks: 3, at most ${Counted.most} of them at a time, ${Counted.open} left open`);
}
