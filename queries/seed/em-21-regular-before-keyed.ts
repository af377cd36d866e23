// EM-21: several inputs of one class may come in any order, but all regular inputs come before the keyed ones.
import { environment } from './in-both-modes.ts';

const env = environment('BATCH');
const regular = env.fromElements('p', 'q').union(env.fromElements('r'));
const keyed = env.fromElements('b', 'a').keyBy((letter) => letter);
const lines = await regular
  .connect(keyed)
  .process<string>({
    processElement1: (letter, _context, out) => out.collect(`regular ${letter}`),
    processElement2: (letter, _context, out) => out.collect(`keyed ${letter}`),
  })
  .executeAndCollect()
  .toArray();
console.log(`BATCH\n  ${lines.slice(0, 3).sort().join(', ')}\n  then ${lines.slice(3).join(', ')}`);
