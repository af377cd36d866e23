import { expect, test } from 'vitest';
import { simulate } from './simulate.ts';

/** A tenth of what `npm run sim -- --runs 1000` runs. */
const RUNS = 100;

test(`${RUNS} runs with faults: every row is there exactly once`, async () => {
  const wrong: string[] = [];
  let faults = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const { problem, events } = await simulate(seed);
    faults += events.length;
    if (problem !== null) wrong.push(`seed ${seed}: ${problem}`);
  }
  expect(wrong).toEqual([]);
  expect(faults).toBeGreaterThan(RUNS / 2);
});

test('a seed replays exactly', async () => {
  const eventful = [];
  for (let seed = 1; eventful.length < 5; seed++) {
    const run = await simulate(seed);
    if (run.events.length > 2) eventful.push(run);
  }
  for (const run of eventful) expect(await simulate(run.seed)).toEqual(run);
});
