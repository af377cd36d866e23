/** A snapshot in pages is the state at its barrier, whatever happens to the state before the pages are written. */
import { describe, expect, test } from 'vitest';
import { assert } from '../../../src/base/assert.ts';
import { isPaged, type PageWriter, type StateReader, type UnwrittenPages } from '../../../src/state/snapshot.ts';
import { type Change, type HarnessOptions, OperatorHarness } from './harness.ts';
import { PagedSnapshots } from './memory-state.ts';
import { history, STATE_CASES, type StateCase, type Step } from './state-cases.ts';

const TTL = 100;

function open(state: StateCase, ttl: number, options: HarnessOptions) {
  const harness = new OperatorHarness(state.make(ttl), options);
  const { operator } = harness;
  assert(isPaged(operator), 'an operator with pages');
  return { harness, snapshotPages: (writer: PageWriter) => operator.snapshotPages(writer) };
}

function feed(harness: OperatorHarness, steps: readonly Step[]): Change[] {
  for (const { change, input } of steps) harness.process([change], input);
  return harness.take();
}

describe('what changes after the barrier is not in the snapshot', () => {
  for (const state of STATE_CASES) {
    const steps = history(state, 5, 1200, 500);
    const parts = [0, 300, 600, 900].map((from, i, all) => steps.slice(from, all[i + 1]));
    for (const managed of [64 << 20, 64 << 10]) {
      test(`${state.name}, with ${managed >> 10} KiB`, () => {
        const { harness, snapshotPages } = open(state, 0, { managed });
        const snapshots = new PagedSnapshots();
        const readers = parts.slice(0, 3).map((part, i): StateReader => {
          if (i === 0) feed(harness, part);
          return snapshots.take(snapshotPages, () => feed(harness, parts[i + 1]!));
        });
        harness.close();
        for (const [i, restored] of readers.entries()) {
          const whole = open(state, 0, {}).harness;
          feed(whole, parts.slice(0, i + 1).flat());
          const rest = parts.slice(i + 1).flat();
          const expected = [...feed(whole, rest), ...whole.finish(state.inputs)];
          const after = open(state, 0, { managed, restored }).harness;
          expect([...feed(after, rest), ...after.finish(state.inputs)]).toEqual(expected);
        }
      });
    }

    test(`${state.name}, with a time to live`, () => {
      const time = { now: 1_000_000 };
      const clock = { now: () => time.now, monotonic: () => time.now };
      const { harness, snapshotPages } = open(state, TTL, { clock });
      feed(harness, parts[0]!);
      const restored = new PagedSnapshots().take(snapshotPages, () => {
        time.now += TTL - 10;
        feed(harness, parts[1]!);
        time.now += 20;
        // What was not written since before the barrier has expired, and is swept.
        feed(harness, parts[2]!);
      });
      harness.close();
      time.now = 1_000_000;
      const whole = open(state, TTL, { clock }).harness;
      feed(whole, parts[0]!);
      time.now += TTL - 10;
      const expected = [...feed(whole, parts[1]!), ...whole.finish(state.inputs)];
      const after = open(state, TTL, { clock, restored }).harness;
      expect([...feed(after, parts[1]!), ...after.finish(state.inputs)]).toEqual(expected);
    });
  }
});

const AGGREGATE = STATE_CASES.find(({ name }) => name === 'aggregate')!;
const rows = (count: number) => Array.from({ length: count }, (_, i) => [`key ${i}`, i, BigInt(i)]);

/** Writes whatever it is given nowhere, and counts. */
function counting() {
  const seen = { pages: 0, kept: 0, ids: new Set<string>(), later: [] as UnwrittenPages[] };
  const writer = (checkpoint: number, base: number | null): PageWriter => ({
    ...{ checkpoint, base, write: () => {}, writeKeyed: () => {} },
    writePage: (_, page, keyGroup) => {
      seen.ids.add(`${page} ${keyGroup}`);
      seen.pages++;
    },
    keepPage: () => {
      seen.kept++;
    },
    writeLater: (pages) => seen.later.push(pages),
  });
  return { seen, writer };
}

test('nothing is written at the barrier, and before a change only its segment', () => {
  const { harness, snapshotPages } = open(AGGREGATE, 0, {});
  harness.process(rows(20_000));
  const { seen, writer } = counting();
  snapshotPages(writer(1, null));
  expect(seen.pages).toBe(0);
  harness.process([rows(18)[17]!]);
  harness.process([rows(18)[17]!]);
  expect(seen.pages).toBeGreaterThan(0);
  expect(seen.pages).toBeLessThan(4);
  while (seen.later[0]!.writeSome(10_000));
  // Each once, the changed one too.
  expect(seen.pages).toBe(seen.ids.size);
  harness.close();
});

test('a snapshot that is dropped writes nothing more, and its changes are in the next one', () => {
  const { harness, snapshotPages } = open(AGGREGATE, 0, {});
  harness.process(rows(20_000));
  const { seen, writer } = counting();
  snapshotPages(writer(1, null));
  while (seen.later[0]!.writeSome(Number.POSITIVE_INFINITY));
  const all = seen.pages;
  harness.process(rows(20_000));
  snapshotPages(writer(2, 1));
  seen.later[1]!.drop();
  harness.process([rows(18)[17]!]);
  expect(seen.later[1]!.writeSome(Number.POSITIVE_INFINITY)).toBe(false);
  expect(seen.pages).toBe(all);
  snapshotPages(writer(3, 1));
  while (seen.later[2]!.writeSome(Number.POSITIVE_INFINITY));
  expect([seen.pages, seen.kept]).toEqual([all * 2, 0]);
  harness.close();
  expect(harness.budget.used).toBe(0);
});

test('what a snapshot waits for is written before the next barrier, and before the operator closes', () => {
  const { harness, snapshotPages } = open(AGGREGATE, 0, {});
  harness.process(rows(20_000));
  const { seen, writer } = counting();
  snapshotPages(writer(1, null));
  snapshotPages(writer(2, null));
  const all = seen.pages;
  expect(all).toBeGreaterThan(60);
  expect(seen.later[0]!.writeSome(1)).toBe(false);
  harness.close();
  expect(seen.pages).toBe(all * 2);
  expect(seen.later[1]!.writeSome(1)).toBe(false);
});
