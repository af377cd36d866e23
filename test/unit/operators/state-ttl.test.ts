/** State with a time to live: gone when nothing has written it for so long. Expected by hand from Flink's rules. */
import { expect, test } from 'vitest';
import type { Value } from '../../../src/types/value.ts';
import { type Change, OperatorHarness } from './harness.ts';
import { history, STATE_CASES, type StateCase } from './state-cases.ts';

const TTL = 100;

function open(name: string, managed = 64 << 20) {
  const state = STATE_CASES.find((candidate) => candidate.name === name)!;
  const time = { now: 1_000_000 };
  const clock = { now: () => time.now, monotonic: () => time.now };
  const harness = new OperatorHarness(state.make(TTL), { clock, managed });
  return { harness, time };
}

const change = (kind: Change['kind'], ...row: Value[]): Change => ({ kind, row });
const a = (value: number, number: bigint): Value[] => ['a', value, number];

test('a group begins anew, and each row gives it new time', () => {
  const { harness, time } = open('aggregate');
  harness.process([a(1, 0n)]);
  time.now += 99;
  harness.process([a(2, 1n)]);
  time.now += 99;
  harness.process([a(3, 2n)]);
  expect(harness.take().at(-1)).toEqual(change('+U', 'a', 3n, 6));
  time.now += 100;
  harness.process([a(4, 3n)]);
  expect(harness.take()).toEqual([change('+I', 'a', 1n, 4)]);
  time.now += 100;
  harness.process([change('-D', ...a(4, 3n))]);
  expect(harness.take()).toEqual([]);
  harness.close();
});

test('a value that was seen too long ago is distinct again', () => {
  const { harness, time } = open('distinct aggregate');
  harness.process([a(1, 0n)]);
  time.now += 60;
  harness.process([a(2, 0n)]);
  time.now += 60;
  harness.process([a(1, 1n)]);
  // The group is 60 ms old, its value 1 is 120: COUNT(DISTINCT) goes from 2 to 3.
  expect(harness.take().at(-1)!.row[3]).toBe(3n);
  harness.close();
});

test('interpreted accumulators go with their group', () => {
  const { harness, time } = open('interpreted aggregate');
  harness.process([a(5, 0n)]);
  time.now += 200;
  harness.process([a(2, 7n)]);
  expect(harness.take().at(-1)).toEqual(change('+I', 'a', 1n, 2, 2, 7n));
  harness.close();
});

test('each row of a join has its own time', () => {
  const { harness, time } = open('INNER join');
  harness.process([a(1, 0n)], 0);
  time.now += 60;
  harness.process([a(2, 1n)], 0);
  time.now += 60;
  harness.process([a(3, 2n)], 1);
  expect(harness.take()).toEqual([change('+I', ...a(2, 1n), ...a(3, 2n))]);
  harness.process([change('-D', ...a(1, 0n))], 0);
  time.now += 100;
  harness.process([a(4, 3n)], 0);
  expect(harness.take()).toEqual([change('-D', ...a(1, 0n), ...a(3, 2n))]);
  harness.close();
});

test.each(['first row', 'top 1', 'normalize'])('%s: a key that has expired is new', (name) => {
  const { harness, time } = open(name);
  harness.process([a(9, 0n)]);
  time.now += 100;
  harness.process([a(1, 1n)]);
  expect(harness.take()).toEqual([change('+I', ...a(9, 0n)), change('+I', ...a(1, 1n))]);
  harness.close();
});

test.each(['aggregate', 'interpreted aggregate', 'INNER join', 'retract rank', 'last row'])(
  '%s: what has expired gives its memory back though nobody asks for it',
  (name) => {
    const { harness, time } = open(name);
    let peak = 0;
    for (let part = 0; part < 16; part++) {
      harness.process(Array.from({ length: 1000 }, (_, i) => [`key ${part * 1000 + i}`, i, BigInt(i)]));
      harness.take();
      time.now += 1;
      if (part === 0) peak = harness.budget.used;
      if (part % 2 === 1) time.now += TTL;
    }
    expect(harness.budget.used).toBeLessThan(peak * 5);
    harness.close();
  },
);

/** Nothing is ever read after 1000 rows of silence: as if each part were the first. */
test.each(STATE_CASES.filter(({ atEnd }) => atEnd !== true))(
  '$name: what has expired is gone, on disk too',
  (state: StateCase) => {
    const parts = [1, 2, 3].map((seed) => history(state, seed, 500, 200));
    const run = (harness: OperatorHarness, part: (typeof parts)[number]): Change[] => {
      for (const { input, change: each } of part) harness.process([each], input);
      return harness.take();
    };
    const { harness, time } = open(state.name, 48 << 10);
    for (const part of parts) {
      const fresh = open(state.name);
      expect(run(harness, part)).toEqual(run(fresh.harness, part));
      fresh.harness.close();
      time.now += TTL;
    }
    harness.close();
    expect(harness.budget.used).toBe(0);
  },
);
