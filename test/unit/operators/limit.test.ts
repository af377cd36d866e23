/** LIMIT and OFFSET: Flink's changelog (golden limit-retract), and random histories against a list. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { LimitParams } from '../../../src/operators/specs.ts';
import { INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { type Change, type HarnessOptions, OperatorHarness, schemaOfTypes } from './harness.ts';
import { memoryState } from './memory-state.ts';

const BACKENDS = ['wasm', 'js', 'interpreter'] as const;
const types = [nullable(STRING), nullable(STRING), nullable(INT)];

function make(params: Partial<LimitParams>, options: HarnessOptions = {}): OperatorHarness {
  const whole: LimitParams = { offset: 0, fetch: null, inputRetracts: false, generateUpdateBefore: true, ...params };
  const schema = schemaOfTypes(types);
  return new OperatorHarness(operatorSpec('limit', 'Limit', whole, [schema], schema), options);
}

const change = (kind: Change['kind'], ...row: Change['row']): Change => ({ kind, row });

const history: Change[] = [
  change('+I', 'chess', 'ann', 10),
  change('+I', 'chess', 'bob', 30),
  change('+I', 'chess', 'cho', 20),
  change('-U', 'chess', 'bob', 30),
  change('+U', 'chess', 'bob', 5),
  change('+I', 'go', 'ann', 1),
  change('-D', 'chess', 'cho', 20),
  change('+I', 'chess', 'dan', 7),
  change('-D', 'chess', 'zed', 99),
  change('+I', 'chess', 'ann', 10),
  change('-U', 'chess', 'ann', 10),
  change('+U', 'go', 'ann', 10),
  change('-D', 'chess', 'ann', 10),
  change('-D', 'go', 'ann', 1),
  change('-D', 'chess', 'bob', 5),
];
const expected: Change[] = [
  change('+I', 'chess', 'ann', 10),
  change('+I', 'chess', 'bob', 30),
  change('-D', 'chess', 'bob', 30),
  change('+I', 'chess', 'cho', 20),
  change('-D', 'chess', 'cho', 20),
  change('+I', 'chess', 'bob', 5),
  change('-D', 'chess', 'ann', 10),
  change('+I', 'go', 'ann', 1),
  change('-D', 'go', 'ann', 1),
  change('+I', 'chess', 'dan', 7),
  change('-D', 'chess', 'bob', 5),
  change('+I', 'go', 'ann', 10),
];

test('rows that are only added are cut by counting, across batches and restores', () => {
  const rows = Array.from({ length: 10 }, (_, i): Value[] => ['g', null, i]);
  for (let cut = 0; cut <= rows.length; cut++) {
    const before = make({ offset: 2, fetch: 5 });
    before.process(rows.slice(0, cut));
    const state = memoryState();
    before.operator.snapshotState(state.writer);
    const first = before.rows();
    before.close();
    const after = make({ offset: 2, fetch: 5 }, { restored: state.reader });
    after.process(rows.slice(cut));
    expect([...first, ...after.rows()]).toEqual(rows.slice(2, 7));
    after.close();
  }
});

for (const backend of BACKENDS) {
  test(`a row taken back makes room for the next, as in Flink (${backend})`, () => {
    const harness = make({ fetch: 2, inputRetracts: true }, { backend });
    for (const row of history) harness.process([row]);
    expect(harness.take()).toEqual(expected);
    harness.close();
    expect(harness.budget.used).toBe(0);
  });
}

test('with OFFSET every row behind moves, as in Flink 2.3', () => {
  const harness = make({ offset: 1, fetch: 2, inputRetracts: true });
  const rows = ['c', 'b', 'd', 'e'].map((name, i) => change('+I', name, null, i));
  harness.process([...rows, change('-D', 'd', null, 2), change('+I', 'g', null, 8), change('-D', 'g', null, 8)]);
  harness.process([change('-D', 'b', null, 1)]);
  expect(harness.take()).toEqual([
    change('+I', 'b', null, 1),
    change('+I', 'd', null, 2),
    change('-U', 'd', null, 2),
    change('+U', 'e', null, 3),
    change('-U', 'b', null, 1),
    change('+U', 'e', null, 3),
    change('-D', 'e', null, 3),
  ]);
  harness.close();
});

test('restored between any two rows it goes on with the same changes', () => {
  for (let cut = 0; cut <= history.length; cut++) {
    const before = make({ fetch: 2, inputRetracts: true });
    before.process(history.slice(0, cut));
    const state = memoryState();
    before.operator.snapshotState(state.writer);
    const first = before.take();
    before.close();
    const after = make({ fetch: 2, inputRetracts: true }, { restored: state.reader });
    after.process(history.slice(cut));
    expect([...first, ...after.take()]).toEqual(expected);
    after.close();
    expect(after.budget.used).toBe(0);
  }
});

/** The changes of a rank without an order, from the whole list each time. */
function model({ offset, fetch, generateUpdateBefore }: LimitParams, changes: readonly Change[]): Change[] {
  const out: Change[] = [];
  const list: (readonly Value[])[] = [];
  const end = fetch === null ? Number.POSITIVE_INFINITY : offset + fetch;
  for (const { kind, row } of changes) {
    if (kind === '+I' || kind === '+U') {
      list.push(row);
      if (list.length > offset && list.length <= end) out.push({ kind: '+I', row });
      continue;
    }
    const at = list.findIndex((other) => JSON.stringify(other) === JSON.stringify(row));
    if (at < 0) continue;
    const before = list.slice(offset, end);
    list.splice(at, 1);
    const after = list.slice(offset, end);
    if (at >= end) continue;
    if (offset === 0) {
      out.push({ kind: '-D', row });
      if (after.length === before.length) out.push({ kind: '+I', row: after.at(-1)! });
      continue;
    }
    for (let i = Math.max(at - offset, 0); i < before.length; i++) {
      if (i < after.length) {
        if (generateUpdateBefore) out.push({ kind: '-U', row: before[i]! });
        out.push({ kind: '+U', row: after[i]! });
      } else out.push({ kind: '-D', row: before[i]! });
    }
  }
  return out;
}

test('random histories agree with a list', () => {
  for (let seed = 1; seed <= 24; seed++) {
    const random = seededRandom(seed);
    const params: LimitParams = {
      offset: seed % 3 === 0 ? 0 : random.below(4),
      fetch: seed % 5 === 0 ? null : random.below(5),
      inputRetracts: true,
      generateUpdateBefore: seed % 2 === 0,
    };
    const changes = Array.from({ length: 50 }, (): Change => {
      const kind = random.below(5) < 3 ? '+I' : random.below(2) === 0 ? '-D' : '-U';
      const text = random.below(4) === 0 ? null : `player ${random.below(3)}`;
      return change(kind, text, 'x', random.below(3) === 0 ? null : random.below(2));
    });
    const cut = random.below(50);
    const before = make(params, { backend: BACKENDS[seed % 3]! });
    before.process(changes.slice(0, cut));
    const state = memoryState();
    before.operator.snapshotState(state.writer);
    const first = before.take();
    before.close();
    const after = make(params, { restored: state.reader });
    after.process(changes.slice(cut));
    expect([...first, ...after.take()], `seed ${seed}`).toEqual(model(params, changes));
    after.close();
    expect(after.budget.used).toBe(0);
  }
});
