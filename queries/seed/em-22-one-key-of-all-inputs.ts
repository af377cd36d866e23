// EM-22: where several inputs are keyed, BATCH works off all records of one key, from all of them, before the next key.
import { inBothModes } from './in-both-modes.ts';

await inBothModes((env) => {
  const orders = env.fromElements('b', 'a', 'c', 'a').keyBy((key) => key);
  const payments = env.fromElements('a', 'c', 'b', 'd').keyBy((key) => key);
  return orders.connect(payments).process<string>({
    processElement1: (key, _context, out) => out.collect(`${key}: order`),
    processElement2: (key, _context, out) => out.collect(`${key}: payment`),
  });
});
