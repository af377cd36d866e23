/**
 * Expected changelogs by hand from Flink's rules (golden group-aggregate and distinct-aggregate cases run end to end
 * elsewhere).
 */
import { expect, test } from 'vitest';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { GroupAggregateParams } from '../../../src/operators/specs.ts';
import { BIGINT, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import { type Change, type HarnessOptions, OperatorHarness, schemaOfTypes } from './harness.ts';
import { memoryState } from './memory-state.ts';

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
