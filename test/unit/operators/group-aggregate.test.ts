/**
 * Expected changelogs by hand from Flink's rules (golden group-aggregate and distinct-aggregate cases run end to end
 * elsewhere).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { GroupAggregateParams } from '../../../src/operators/specs.ts';
import { BIGINT, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { type Change, type HarnessOptions, OperatorHarness, schemaOfTypes } from './harness.ts';
import { memoryState } from './memory-state.ts';

const GOLDEN = join(import.meta.dirname, '../../golden/changelogs/mini-batch');
const BACKENDS = ['wasm', 'js', 'interpreter'] as const;
const input = [nullable(STRING), nullable(INT)];
const calls = [
  { fn: 'SUM', args: [1], distinct: false, filter: null, type: nullable(INT) },
  { fn: 'COUNT', args: [1], distinct: true, filter: null, type: BIGINT },
];

function make(overrides: Partial<GroupAggregateParams>, options: HarnessOptions = {}): OperatorHarness {
  const params: GroupAggregateParams = {
    keys: [0],
    calls,
    generateUpdateBefore: true,
    inputRetracts: true,
    stateTtl: 0,
    miniBatch: false,
    ...overrides,
  };
  const output = [nullable(STRING), ...params.calls.map((call) => call.type)];
  const spec = operatorSpec('group-aggregate', 'GroupAggregate', params, [schemaOfTypes(input)], schemaOfTypes(output));
  return new OperatorHarness(spec, options);
}

const change = (kind: Change['kind'], ...row: Change['row']): Change => ({ kind, row });
const history: Change[] = [
  change('+I', 'a', 1),
  change('+I', 'a', 1),
  change('+I', 'b', null),
  change('-D', 'a', 1),
  change('-D', 'a', 1),
  change('-D', 'zzz', 1),
  change('+I', 'a', 0),
  change('+I', 'a', 0),
];
const expected: Change[] = [
  change('+I', 'a', 1, 1n),
  change('-U', 'a', 1, 1n),
  change('+U', 'a', 2, 1n),
  change('+I', 'b', null, 0n),
  change('-U', 'a', 2, 1n),
  change('+U', 'a', 1, 1n),
  change('-D', 'a', 1, 1n),
  change('+I', 'a', 0, 1n),
];

for (const backend of BACKENDS) {
  test(`one transition per row (${backend})`, () => {
    const harness = make({}, { backend });
    harness.process(history);
    expect(harness.take()).toEqual(expected);
    harness.close();
    expect(harness.budget.used).toBe(0);
  });
}

test('mini-batch folds the changes of a batch per key', () => {
  const harness = make({ miniBatch: true });
  harness.process(history.slice(0, 3));
  expect(harness.take()).toEqual([change('+I', 'a', 2, 1n), change('+I', 'b', null, 0n)]);
  harness.process(history.slice(3));
  expect(harness.take()).toEqual([change('-U', 'a', 2, 1n), change('+U', 'a', 0, 1n)]);
  harness.process([change('+I', 'c', 1), change('-D', 'c', 1)]);
  expect(harness.take()).toEqual([]);
  harness.close();
});

test('restored between any two rows it goes on with the same changes', () => {
  for (let cut = 0; cut <= history.length; cut++) {
    const before = make({});
    before.process(history.slice(0, cut));
    const state = memoryState();
    before.operator.snapshotState(state.writer);
    const first = before.take();
    before.close();
    const after = make({}, { restored: state.reader });
    after.process(history.slice(cut));
    expect([...first, ...after.take()]).toEqual(expected);
    after.close();
  }
});

/** Golden: mini-batch/group-aggregate-one-phase-*; of each key in order, since the order of keys is not told. */
test.each([1, 2, 3, 1000])('a mini-batch ends after %i rows', (size) => {
  const golden = JSON.parse(readFileSync(join(GOLDEN, `group-aggregate-one-phase-${size}.json`), 'utf8')) as {
    tables: { rows: [Change['kind'], Record<string, Value>][] }[];
    streamingMiniBatch: { changelog: [string, Record<string, Value>][] };
  };
  const settings = { 'table.exec.mini-batch.size': String(size), 'table.exec.mini-batch.allow-latency': '1000 d' };
  const counts = [
    { fn: 'COUNT', args: [], distinct: false, filter: null, type: { ...BIGINT, nullable: false } },
    { fn: 'SUM', args: [1], distinct: false, filter: null, type: nullable(INT) },
  ];
  const harness = make({ miniBatch: true, calls: counts }, { settings });
  const rows = golden.tables[0]!.rows.map(([kind, { shop, amount }]) => change(kind, shop!, amount!));
  harness.process(rows.slice(0, 4));
  harness.process(rows.slice(4));
  harness.end();
  const perKey = (changes: readonly (readonly [string, ...unknown[]])[]): string[] =>
    ['a', 'b', 'c'].map((key) => JSON.stringify(changes.filter(([, shop]) => shop === key)));
  const received = harness.take().map(({ kind, row: [shop, n, s] }) => [kind, shop, Number(n), s] as const);
  const expectedChanges = golden.streamingMiniBatch.changelog.map(
    ([kind, { shop, n, s }]) => [kind, shop, n, s] as const,
  );
  expect(perKey(received as never)).toEqual(perKey(expectedChanges as never));
  harness.close();
});

test('a mini-batch ends when its time is over, before a snapshot, and holds watermarks back', () => {
  const time = { now: 5000 };
  const clock = { now: () => time.now, monotonic: () => time.now };
  const settings = { 'table.exec.mini-batch.size': '100', 'table.exec.mini-batch.allow-latency': '2 s' };
  const harness = make({ miniBatch: true }, { settings, clock });
  const { operator } = harness;
  expect(operator.nextProcessingTime).toBe(Number.POSITIVE_INFINITY);
  harness.watermark(1);
  harness.process([change('+I', 'a', 1)]);
  time.now += 1999;
  harness.process([change('+I', 'a', 2)]);
  harness.watermark(2);
  expect(harness.take()).toEqual([]);
  expect(harness.watermarks).toEqual([1]);
  expect(operator.nextProcessingTime).toBe(7000);
  time.now += 1;
  operator.onProcessingTime!(time.now);
  expect(harness.take()).toEqual([change('+I', 'a', 3, 2n)]);
  expect(harness.watermarks).toEqual([1, 2]);
  harness.process([change('+I', 'b', 1)]);
  operator.snapshotState(memoryState().writer);
  expect(harness.take()).toEqual([change('+I', 'b', 1, 1n)]);
  harness.close();
});
