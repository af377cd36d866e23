import { expect, test } from 'vitest';
import type { SourceReader } from '../../../src/dataflow/connector.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { ClaimedReader, SplitClaims } from '../../../src/runtime/claimed-reader.ts';

const memory = new LinearMemory();
const splits = Array.from({ length: 100 }, (_, i) => i);

function claims(parallelism = 2): () => SplitClaims {
  const address = memory.allocateZeroed(SplitClaims.bytes(splits.length));
  return () => new SplitClaims(memory, address, splits, parallelism);
}

test('every split is claimed once, whoever comes', () => {
  const open = claims();
  const [a, b] = [open(), open()];
  const taken: number[][] = [[], []];
  for (let turn = 0; ; turn++) {
    const subtask = turn % 3 === 0 ? 1 : 0;
    const run = (subtask === 0 ? a : b).claim(subtask);
    if (run === null) break;
    taken[subtask]!.push(...(run as number[]));
  }
  expect(taken.flat().sort((x, y) => x - y)).toEqual(splits);
  expect(taken[0]!.length).toBeGreaterThan(taken[1]!.length);
  expect(a.claim(0)).toBeNull();
  expect(open().claimed(1)).toEqual(taken[1]);
});

/** Gives its splits back as they are, then ends. */
function echo(read: number[]): SourceReader {
  const waiting: number[] = [];
  return {
    addSplits: (more) => waiting.push(...(more as number[])),
    poll: () => {
      const split = waiting.shift();
      if (split === undefined) return 'end-of-input';
      read.push(split);
      return 'nothing-yet';
    },
    snapshot: () => [],
    close: () => undefined,
  };
}

test('a subtask that runs again reads what it had before, then what is left', async () => {
  const open = claims();
  const first: number[] = [];
  const failing = new ClaimedReader(open(), 0, echo(first));
  for (let i = 0; i < 20; i++) failing.poll();
  const other: number[] = [];
  const another = new ClaimedReader(open(), 1, echo(other));
  for (let i = 0; i < 30; i++) another.poll();
  await failing.close();

  const again: number[] = [];
  const restarted = new ClaimedReader(open(), 0, echo(again));
  while (restarted.poll() !== 'end-of-input');
  while (another.poll() !== 'end-of-input');
  expect(again.slice(0, first.length)).toEqual(first);
  expect([...again, ...other].sort((x, y) => x - y)).toEqual(splits);
});
