/** Snapshots of keyed state: whole, in pages, from disk, and for another number of subtasks. */
import { describe, expect, test } from 'vitest';
import { assert } from '../../../src/base/assert.ts';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import { createPartitioner } from '../../../src/shuffle/partitioner.ts';
import { isPaged } from '../../../src/state/snapshot.ts';
import { BOOLEAN, type DataType, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { type Change, type HarnessOptions, OperatorHarness, schemaOfTypes } from './harness.ts';
import { keyGroupsOf, memoryState, PagedSnapshots } from './memory-state.ts';
import { COLUMNS, history, STATE_CASES, type StateCase, type Step } from './state-cases.ts';

function feed(harness: OperatorHarness, steps: readonly Step[]): Change[] {
  for (const { change, input } of steps) harness.process([change], input);
  return harness.take();
}

function open(state: StateCase, options: HarnessOptions = {}): OperatorHarness {
  return new OperatorHarness(state.make(0), options);
}

describe('snapshots of keyed state', () => {
  for (const state of STATE_CASES) {
    const steps = history(state, 3, 900, 400);
    const [first, second, third, last] = [0, 300, 600, 750].map((from, i, all) => steps.slice(from, all[i + 1]));
    const expected = () => {
      const whole = open(state);
      feed(whole, [...first!, ...second!, ...third!]);
      return [...feed(whole, last!), ...whole.finish(state.inputs)];
    };

    test(`${state.name}: restored it goes on with the same changes`, () => {
      const before = open(state);
      feed(before, [...first!, ...second!, ...third!]);
      const { writer, reader } = memoryState();
      before.operator.snapshotState(writer);
      before.close();
      const after = open(state, { restored: reader });
      expect([...feed(after, last!), ...after.finish(state.inputs)]).toEqual(expected());
    });

    for (const managed of [64 << 20, 64 << 10]) {
      test(`${state.name}: from pages, with ${managed >> 10} KiB`, () => {
        const before = open(state, { managed });
        assert(isPaged(before.operator), 'an operator with pages');
        const { operator } = before;
        const snapshots = new PagedSnapshots();
        feed(before, first!);
        snapshots.take((writer) => operator.snapshotPages(writer));
        feed(before, second!);
        snapshots.take((writer) => operator.snapshotPages(writer));
        feed(before, third!);
        const reader = snapshots.take((writer) => operator.snapshotPages(writer));
        before.close();
        const after = open(state, { managed, restored: reader });
        expect([...feed(after, last!), ...after.finish(state.inputs)]).toEqual(expected());
      });
    }

    if (state.atEnd === true) continue;
    test(`${state.name}: restored by two subtasks`, () => {
      const before = open(state);
      feed(before, [...first!, ...second!, ...third!]);
      const { writer, reader } = memoryState();
      before.operator.snapshotState(writer);
      before.close();
      const subtaskOf = router(COLUMNS, [0], 2, 128);
      const changes = [0, 1].flatMap((subtask) => {
        const mine = keyGroupsOf(reader, (keyGroup) => Math.floor((keyGroup * 2) / 128) === subtask);
        const after = open(state, { restored: mine });
        const own = last!.filter(({ change }) => subtaskOf(change.row) === subtask);
        return [...feed(after, own), ...after.finish(state.inputs)];
      });
      expect(sorted(changes)).toEqual(sorted(expected()));
    });
  }
});

function sorted(changes: readonly Change[]): string[] {
  const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
  return changes.map((change) => JSON.stringify(change, text)).sort();
}

/** Which subtask the shuffle gives a row to. */
function router(types: readonly DataType[], keys: readonly number[], subtasks: number, maxParallelism: number) {
  const memory = new LinearMemory();
  const compiler = kernelCompiler(memory, new ModuleCache());
  const partitioner = createPartitioner(memory, compiler, { kind: 'hash', keys }, subtasks, maxParallelism, 0);
  return (row: readonly Value[]): number => {
    const builder = new BatchBuilder(memory, types, 1, false);
    builder.append(row, 0);
    const batch = builder.finish();
    const subtask = partitioner.select(batch);
    batch.release();
    assert(typeof subtask === 'number', 'a row for several subtasks');
    return subtask;
  };
}

const KEY_TYPES: readonly [DataType, readonly Value[]][] = [
  [BOOLEAN, [true, false]],
  [{ kind: 'TINYINT', nullable: true }, [-128, -1, 0, 127]],
  [{ kind: 'SMALLINT', nullable: true }, [-32768, -1, 0, 32767]],
  [{ kind: 'INT', nullable: true }, [-2147483648, -1, 0, 1, 2147483647]],
  [{ kind: 'BIGINT', nullable: true }, [-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n]],
  [{ kind: 'FLOAT', nullable: true }, [0, -0, 1.5, Number.NaN]],
  [{ kind: 'DOUBLE', nullable: true }, [0, -0, 1.5, Number.NaN]],
  [STRING, ['', 'a', 'seventeen letters', 'ümlaut']],
];

test.each(KEY_TYPES.map(([type, values]) => [type.kind, type, values] as const))(
  'the key group of a %s is the one that the shuffle sends it to',
  (_, type, values) => {
    const nullableType = nullable(type);
    const maxParallelism = 300;
    const groupOf = router([nullableType], [0], maxParallelism, maxParallelism);
    for (const value of [...values, null]) {
      const spec = operatorSpec(
        'deduplicate',
        'Deduplicate',
        {
          ...{ keys: [0], keep: 'first', rowtime: null, generateUpdateBefore: false, generateInsert: true },
          ...{ stateTtl: 0, miniBatch: false },
        },
        [schemaOfTypes([nullableType])],
        schemaOfTypes([nullableType]),
      );
      const harness = new OperatorHarness(spec, { maxParallelism });
      harness.process([[value]]);
      const { writer, reader } = memoryState();
      harness.operator.snapshotState(writer);
      expect(reader.readKeyed('rows').map(({ keyGroup }) => keyGroup)).toEqual([groupOf([value])]);
      harness.close();
    }
  },
);

test('pages that have not changed are kept', () => {
  const state = STATE_CASES[0]!;
  const harness = open(state);
  assert(isPaged(harness.operator), 'an operator with pages');
  const { operator } = harness;
  const rows = Array.from({ length: 4000 }, (_, i) => [`key ${i}`, i, BigInt(i)]);
  harness.process(rows);
  const snapshots = new PagedSnapshots();
  snapshots.take((writer) => operator.snapshotPages(writer));
  const whole = snapshots.written;
  expect(snapshots.kept).toBe(0);
  harness.process([rows[17]!]);
  snapshots.take((writer) => operator.snapshotPages(writer));
  expect(snapshots.written).toBeGreaterThan(0);
  expect(snapshots.written).toBeLessThan(whole / 5);
  expect(snapshots.kept).toBeGreaterThan(5);
  // What a checkpoint that did not complete had is written again: the base is the one before.
  harness.process([rows[18]!]);
  operator.snapshotPages({ ...discarding(), checkpoint: 2, base: 1 });
  const pages: number[] = [];
  operator.snapshotPages({
    ...discarding(),
    ...{ checkpoint: 3, base: 1, writePage: (_: string, page: number) => pages.push(page) },
    writeLater: (unwritten) => unwritten.writeSome(Number.POSITIVE_INFINITY),
  });
  expect(new Set(pages).size).toBe(1);
  harness.close();
});

function discarding() {
  return { write: () => {}, writeKeyed: () => {}, writePage: () => {}, keepPage: () => {}, writeLater: () => {} };
}
