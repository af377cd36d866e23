/** Both phases of a local-global aggregation: what the first hands on, and the changelog that the second makes of it. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { AggregateCall } from '../../../src/expr/expr.ts';
import { AccumulatorSet } from '../../../src/operators/aggregate/accumulator-set.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import { BIGINT, type DataType, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { type Change, type HarnessOptions, OperatorHarness, schemaOfTypes } from './harness.ts';
import { memoryState } from './memory-state.ts';

const BACKENDS = ['wasm', 'js', 'interpreter'] as const;
const COUNT_TYPE = { ...BIGINT, nullable: false };
const INPUT = [nullable(STRING), nullable(INT)];
const call = (fn: string, args: number[], type: DataType): AggregateCall => ({
  ...{ fn, args, type },
  distinct: false,
  filter: null,
});
const CALLS = [call('COUNT', [], COUNT_TYPE), call('SUM', [1], nullable(INT))];
const LATER = { 'table.exec.mini-batch.size': '100', 'table.exec.mini-batch.allow-latency': '2 s' };

interface Aggregation {
  readonly keys: readonly number[];
  readonly calls: readonly AggregateCall[];
  readonly inputRetracts: boolean;
}

const RETRACTING: Aggregation = { keys: [0], calls: CALLS, inputRetracts: true };
const APPENDING: Aggregation = { ...RETRACTING, inputRetracts: false };

function betweenTypes({ keys, calls, inputRetracts }: Aggregation): readonly DataType[] {
  return [...keys.map((key) => INPUT[key]!), ...new AccumulatorSet(calls, INPUT, inputRetracts, true).fields];
}

function local(aggregation: Aggregation, options: HarnessOptions = {}): OperatorHarness {
  const between = schemaOfTypes(betweenTypes(aggregation));
  const spec = operatorSpec(
    'local-group-aggregate',
    'LocalGroupAggregate',
    aggregation,
    [schemaOfTypes(INPUT)],
    between,
  );
  return new OperatorHarness(spec, options);
}

function global(aggregation: Aggregation, options: HarnessOptions = {}): OperatorHarness {
  const { keys, calls } = aggregation;
  const between = schemaOfTypes(betweenTypes(aggregation));
  const output = schemaOfTypes([...keys.map((key) => INPUT[key]!), ...calls.map(({ type }) => type)]);
  const params = {
    ...aggregation,
    keys: keys.map((_, i) => i),
    ...{ generateUpdateBefore: true, stateTtl: 0, miniBatch: true, rowTypes: INPUT },
  };
  return new OperatorHarness(
    operatorSpec('group-aggregate', 'GlobalGroupAggregate', params, [between], output),
    options,
  );
}

const change = (kind: Change['kind'], ...row: Change['row']): Change => ({ kind, row });

describe('the first phase', () => {
  test.each(BACKENDS)('one row per key, in the order of the keys; NULL is one (%s)', (backend) => {
    const harness = local(RETRACTING, { backend });
    harness.process([
      change('+I', 'a', 1),
      change('+I', null, 7),
      change('-D', 'b', 5),
      change('-U', 'a', 3),
      change('+U', 'a', null),
      change('-D', 'b', null),
    ]);
    // Key, rows, sum, NULLs.
    expect(harness.take()).toEqual([
      change('+I', 'a', 1n, -2, 1n),
      change('+I', null, 1n, 7, 0n),
      change('+I', 'b', -2n, -5, -1n),
    ]);
    harness.process([change('+I', 'a', 2)]);
    expect(harness.take()).toEqual([change('+I', 'a', 1n, 2, 0n)]);
    expect(harness.finish(1)).toEqual([]);
  });

  test('without keys one row; nothing where nothing came', () => {
    const harness = local({ ...APPENDING, keys: [] });
    harness.process([
      ['a', 1],
      ['b', 2],
    ]);
    expect(harness.rows()).toEqual([[2n, 3, 0n]]);
    harness.watermark(1);
    expect(harness.finish(1)).toEqual([]);
  });

  test('a mini-batch goes on over batches and ends within them, and with the input', () => {
    const harness = local(APPENDING, { settings: { ...LATER, 'table.exec.mini-batch.size': '3' } });
    harness.process([
      ['a', 1],
      ['a', 1],
    ]);
    expect(harness.rows()).toEqual([]);
    harness.process([
      ['b', 1],
      ['b', 2],
      ['a', 3],
    ]);
    expect(harness.rows()).toEqual([
      ['a', 2n, 2, 0n],
      ['b', 1n, 1, 0n],
    ]);
    harness.end();
    expect(harness.rows()).toEqual([
      ['b', 1n, 2, 0n],
      ['a', 1n, 3, 0n],
    ]);
    harness.close();
  });

  test('it ends when its time is over and before a barrier, keeps nothing, and holds watermarks back', () => {
    const time = { now: 5000 };
    const clock = { now: () => time.now, monotonic: () => time.now };
    const harness = local(APPENDING, { settings: LATER, clock });
    harness.watermark(1);
    harness.process([['a', 1]]);
    harness.watermark(2);
    expect([harness.rows(), harness.watermarks]).toEqual([[], [1]]);
    expect(harness.operator.nextProcessingTime).toBe(7000);
    time.now += 2000;
    harness.operator.onProcessingTime!(time.now);
    expect([harness.rows(), harness.watermarks]).toEqual([[['a', 1n, 1, 0n]], [1, 2]]);
    harness.process([['a', 5]]);
    const state = memoryState();
    harness.operator.snapshotState(state.writer);
    expect(harness.rows()).toEqual([['a', 1n, 5, 0n]]);
    const restored = local(APPENDING, { settings: LATER, restored: state.reader });
    expect(restored.finish(1)).toEqual([]);
    harness.close();
  });

  test('with little memory it ends early, and misses no row', () => {
    const settings = { ...LATER, 'table.exec.mini-batch.size': '100000' };
    const max = { ...APPENDING, calls: [call('COUNT', [], COUNT_TYPE), call('MAX', [0], nullable(STRING))] };
    const harness = local(max, { settings, managed: 64 << 10 });
    const key = (i: number): string => `key ${'x'.repeat(i % 50)} ${i % 1500}`;
    for (let from = 0; from < 12_000; from += 3000) {
      harness.process(Array.from({ length: 3000 }, (_, i) => [key(from + i), 1]));
    }
    const early = harness.rows();
    expect(early.length).toBeGreaterThan(0);
    expect(harness.budget.used).toBeLessThan(96 << 10);
    const rows = [...early, ...harness.finish(1).map(({ row }) => row)];
    const counts = new Map<Value, bigint>();
    for (const [name, count, greatest] of rows) {
      expect(greatest).toBe(name);
      counts.set(name!, (counts.get(name!) ?? 0n) + (count as bigint));
    }
    expect(counts.size).toBe(1500);
    expect([...counts.values()].every((count) => count === 8n)).toBe(true);
  });
});

describe('keys that do not repeat', () => {
  const SIZE = 1000;
  const settings = { ...LATER, 'table.exec.mini-batch.size': String(SIZE) };
  const most = [call('COUNT', [1], COUNT_TYPE), call('SUM', [1], nullable(INT))];
  const unique = (from: number): Change['row'][] => Array.from({ length: SIZE }, (_, i) => [`k${from + i}`, 1]);

  test.each(BACKENDS)('rows are handed on one by one (%s)', (backend) => {
    const harness = local({ ...RETRACTING, calls: most }, { settings, backend });
    harness.process(unique(0));
    expect(harness.rows()).toHaveLength(SIZE);
    harness.process([change('+I', 'a', 1), change('-D', 'a', 2), change('+U', 'a', null), change('-U', null, null)]);
    // Key, rows, NULLs, sum.
    expect(harness.rows()).toEqual([
      ['a', 1n, 0n, 1],
      ['a', -1n, 0n, -2],
      ['a', 1n, 1n, 0],
      [null, -1n, -1n, 0],
    ]);
    harness.watermark(3);
    expect(harness.watermarks).toEqual([3]);
    expect(harness.finish(1)).toEqual([]);
  });

  test('after a while it is tried again whether they do', () => {
    const max = { ...APPENDING, calls: [call('MAX', [0], nullable(STRING))] };
    const harness = local(max, { settings });
    harness.process(unique(0));
    harness.take();
    for (let i = 1; i <= 16; i++) {
      harness.process(unique(i * SIZE));
      expect(harness.rows()).toHaveLength(SIZE);
    }
    harness.process([
      ['a', 1],
      ['b', 1],
      ['a', 1],
    ]);
    expect(harness.rows()).toEqual([]);
    harness.end();
    expect(harness.rows()).toEqual([
      ['a', 2n, 'a'],
      ['b', 1n, 'b'],
    ]);
    harness.close();
    expect(harness.budget.used).toBe(0);
  });

  test('few rows do not tell: they are folded', () => {
    const harness = local(APPENDING, { settings: { ...LATER, 'table.exec.mini-batch.size': '2' } });
    harness.process([
      ['a', 1],
      ['b', 1],
      ['a', 1],
      ['a', 1],
    ]);
    expect(harness.rows()).toHaveLength(3);
    harness.close();
  });
});

describe('the second phase', () => {
  test.each(BACKENDS)('accumulators of several producers are one group (%s)', (backend) => {
    const harness = global(RETRACTING, { backend });
    harness.process([
      ['a', 2n, 5, 1n],
      ['b', 1n, 1, 0n],
      ['a', -1n, 0, -1n],
    ]);
    expect(harness.take()).toEqual([change('+I', 'a', 1n, 5), change('+I', 'b', 1n, 1)]);
    harness.process([
      ['b', 1n, 0, 1n],
      ['a', -1n, -5, 0n],
    ]);
    expect(harness.take()).toEqual([change('-U', 'b', 1n, 1), change('+U', 'b', 2n, 1), change('-D', 'a', 1n, 5)]);
    expect(harness.finish(1)).toEqual([]);
  });

  test('rows that came and went before they were sent, or never came, are no group', () => {
    const harness = global(RETRACTING);
    harness.process([
      ['a', 0n, 0, 0n],
      ['b', -1n, -3, 0n],
    ]);
    harness.process([['a', 1n, 4, 0n]]);
    expect(harness.finish(1)).toEqual([change('+I', 'a', 1n, 4)]);
  });

  test('an unchanged result is not repeated', () => {
    const harness = global({ ...RETRACTING, calls: [CALLS[1]!] });
    harness.process([['a', 1n, 5, 0n]]);
    harness.process([['a', 1n, 0, 0n]]);
    expect(harness.finish(1)).toEqual([change('+I', 'a', 5)]);
  });
});

/** Rows at random with those before them taken back now and then. */
function changes(seed: number): Change[] {
  const random = seededRandom(seed);
  const present: Change['row'][] = [];
  return Array.from({ length: 300 }, (): Change => {
    if (present.length > 0 && random.below(3) === 0) {
      const [row] = present.splice(random.below(present.length), 1);
      return { kind: random.below(2) === 0 ? '-D' : '-U', row: row! };
    }
    const row = [random.below(5) === 0 ? null : `k${random.below(6)}`, random.below(4) === 0 ? null : random.below(9)];
    present.push(row);
    return { kind: random.below(2) === 0 ? '+I' : '+U', row };
  });
}

test.each([1, 2, 3, 4])(
  'both phases give what one does: mini-batches of any size, a restart in between (seed %i)',
  (seed) => {
    const aggregation: Aggregation = {
      ...RETRACTING,
      calls: [...CALLS, call('AVG', [1], nullable(INT)), call('COUNT', [1], COUNT_TYPE)],
    };
    const random = seededRandom(seed + 100);
    const locals = [local(aggregation), local(aggregation)];
    let second = global(aggregation);
    const latest = new Map<Value, readonly Value[]>();
    const expected = new Map<Value, readonly Value[]>();
    const history = changes(seed);
    for (let from = 0; from < history.length; ) {
      const to = from + 1 + random.below(40);
      const first = locals[random.below(2)]!;
      first.process(history.slice(from, to));
      second.process(first.rows());
      for (const { kind, row } of second.take()) {
        const known = latest.get(row[0]!);
        if (kind !== '+I') expect(known).toEqual(kind === '+U' ? undefined : row);
        if (kind === '+I' || kind === '+U') latest.set(row[0]!, row);
        else latest.delete(row[0]!);
      }
      from = to;
      const state = memoryState();
      second.operator.snapshotState(state.writer);
      second.close();
      second = global(aggregation, { restored: state.reader });
    }
    for (const key of new Set(history.map(({ row }) => row[0]!))) {
      const rows = history.filter(({ row }) => row[0] === key);
      const signs = rows.map(({ kind }) => (kind === '+I' || kind === '+U' ? 1 : -1));
      const count = signs.reduce((sum, sign) => sum + sign, 0);
      const valued = rows.reduce((sum, { row }, i) => sum + (row[1] === null ? 0 : signs[i]!), 0);
      const total = rows.reduce((sum, { row }, i) => sum + signs[i]! * ((row[1] as number) ?? 0), 0);
      const [sum, average] = valued === 0 ? [null, null] : [total, Math.trunc(total / valued)];
      if (count > 0) expected.set(key, [key, BigInt(count), sum, average, BigInt(valued)]);
    }
    expect(latest).toEqual(expected);
    for (const harness of [...locals, second]) harness.close();
  },
);
