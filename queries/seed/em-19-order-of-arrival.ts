// EM-19: in STREAMING records of several inputs are processed as they arrive; a program must not count on any order.
// Here one input waits for the other, so that the arrival is the same in every run.
import { environment } from './in-both-modes.ts';

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function* slow(): AsyncGenerator<string> {
  await pause(100);
  yield 'slow 1';
}

async function* fast(): AsyncGenerator<string> {
  yield 'fast 1';
  await pause(300);
  yield 'fast 2';
}

const env = environment('STREAMING');
const lines = env.fromCollection(slow()).union(env.fromCollection(fast())).executeAndCollect();
console.log(`STREAMING\n  ${(await lines.toArray()).join(', ')}`);
