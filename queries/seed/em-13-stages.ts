// EM-13: BATCH runs stage by stage: each has worked off all its input before the next begins. STREAMING takes every record
// through all tasks as it comes.
import { DiscardingSink } from 'weir';
import { environment, MODES } from './in-both-modes.ts';

async function* oneByOne(): AsyncGenerator<number> {
  for (const value of [1, 2, 3]) {
    yield value;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

for (const mode of MODES) {
  const seen: string[] = [];
  const look =
    (task: string) =>
    (value: number): number => {
      seen.push(`${task}${value}`);
      return value;
    };
  const env = environment(mode);
  env
    .fromCollection(oneByOne())
    .map(look('first '))
    .rebalance()
    .map(look('second '))
    .keyBy((value) => value % 2)
    .map(look('third '))
    .sinkTo(new DiscardingSink());
  await env.execute();
  console.log(`${mode}\n  ${seen.join(', ')}`);
}
