/** npm run sim -- --runs N [--seed S]: N runs from seed S on; one seed alone says what happened in it. */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const runs = Number(values.runs);
const first = Number(values.seed);
let wrong = 0;
for (let seed = first; seed < first + runs; seed++) {
  const { name, parallelism, spread, faults, events, problem } = await simulate(seed);
  if (problem !== null) wrong++;
  if (problem === null && runs > 1) continue;
  const where = spread ? ', on executors' : '';
  process.stdout.write(`seed ${seed}: ${name}, parallelism ${parallelism}${where}: ${problem ?? 'right'}\n`);
  process.stdout.write(`  faults: ${JSON.stringify(faults)}\n${events.map((event) => `  ${event}\n`).join('')}`);
}
process.stdout.write(`${runs - wrong} of ${runs} runs right\n`);
process.exitCode = wrong === 0 ? 0 : 1;
