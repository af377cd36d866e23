/** Watermarks and the sort by time; expected rows from golden limit-sort/order-by-rowtime cases and Flink's rules. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { MAX_WATERMARK, type Ordering } from '../../../src/dataflow/traits.ts';
import { call, inputRef, literal } from '../../../src/expr/expr.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { TemporalSortParams } from '../../../src/operators/specs.ts';
import { type DataType, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { type HarnessOptions, OperatorHarness, schemaOfTypes } from './harness.ts';
import { memoryState } from './memory-state.ts';

const BACKENDS = ['wasm', 'js', 'interpreter'] as const;
const TIME: DataType = { kind: 'TIMESTAMP', precision: 3, nullable: true };
const SECONDS: DataType = { kind: 'INTERVAL_DAY_TIME', nullable: false } as DataType;
const types = [nullable(STRING), nullable(INT), TIME];
const at = (seconds: number): bigint => BigInt(Math.round(seconds * 1000)) * 1_000_000n;

const EVENTS: Value[][] = [
  ['a', 1, at(5)],
  ['a', 2, at(3)],
  ['b', 3, at(4)],
  ['a', 4, at(5)],
  [null, 5, at(6)],
  ['a', 6, at(9)],
  ['b', 7, at(4)],
  ['a', 8, at(1)],
  [null, 9, at(6)],
  ['b', 10, at(20)],
  ['b', 11, at(2)],
];

function assigner(interval: number, options: HarnessOptions = {}, idleTimeout = 0): OperatorHarness {
  const watermark = call('-', [inputRef(2, TIME), literal(2000n, SECONDS)], TIME);
  const params = { rowtime: 2, watermark, idleTimeout, interval };
  const schema = schemaOfTypes(types);
  return new OperatorHarness(operatorSpec('watermark-assigner', 'Watermarks', params, [schema], schema), options);
}

test('a source that is silent for so long becomes idle, and active again with its next row', () => {
  let now = 1000;
  const clock = { now: () => now, monotonic: () => now };
  const harness = assigner(0, { clock }, 500);
  const tick = (to: number): void => {
    now = to;
    if (harness.operator.nextProcessingTime! <= now) harness.operator.onProcessingTime!(now);
  };
  tick(1499);
  expect(harness.statuses).toEqual([]);
  tick(1500);
  tick(1900);
  expect(harness.statuses).toEqual([true]);
  harness.process([EVENTS[0]!]);
  expect(harness.statuses).toEqual([true, false]);
  tick(2399);
  expect(harness.statuses).toHaveLength(2);
  harness.watermark(MAX_WATERMARK);
  tick(9999);
  expect(harness.statuses).toHaveLength(2);
  harness.close();

  const patient = assigner(0, { clock });
  expect(patient.operator.nextProcessingTime).toBe(Number.POSITIVE_INFINITY);
  patient.close();
});

for (const backend of BACKENDS) {
  test(`interval 0: after every row that raises it comes the watermark (${backend})`, () => {
    const harness = assigner(0, { backend });
    const seen: (Value | number)[] = [];
    for (const event of EVENTS) {
      harness.process([event]);
      seen.push(...harness.rows().map((row) => row[1]!), ...harness.watermarks.splice(0));
    }
    expect(seen).toEqual([1, 3000, 2, 3, 4, 5, 4000, 6, 7000, 7, 8, 9, 10, 18000, 11]);
    // The same in one batch.
    const whole = assigner(0, { backend });
    whole.process(EVENTS);
    expect(whole.rows()).toEqual(EVENTS);
    expect(whole.watermarks).toEqual([3000, 4000, 7000, 18000]);
    whole.watermark(5);
    whole.watermark(MAX_WATERMARK);
    expect(whole.watermarks.slice(4)).toEqual([MAX_WATERMARK]);
    harness.close();
    whole.close();
  });
}

test('with an interval one watermark follows the batch; state goes on; NULL fails', () => {
  const before = assigner(200);
  before.process(EVENTS.slice(0, 6));
  expect(before.watermarks).toEqual([7000]);
  const state = memoryState();
  before.operator.snapshotState(state.writer);
  before.close();
  const after = assigner(200, { restored: state.reader });
  after.process(EVENTS.slice(6, 9));
  expect(after.watermarks).toEqual([]);
  after.process(EVENTS.slice(9));
  expect(after.watermarks).toEqual([18000]);
  expect(() => after.process([['x', 1, null]])).toThrow(/RowTime field should not be null/);
  after.close();
});

const byTime: Ordering = [{ index: 2, direction: 'ASC', nulls: 'FIRST' }];
const byTimeAndValue: Ordering = [...byTime, { index: 1, direction: 'DESC', nulls: 'LAST' }];

function sorter(params: Partial<TemporalSortParams>, options: HarnessOptions = {}): OperatorHarness {
  const whole = { rowtime: 2, ordering: byTime, proctime: false, ...params };
  const schema = schemaOfTypes(types);
  return new OperatorHarness(operatorSpec('temporal-sort', 'TemporalSort', whole, [schema], schema), options);
}

/** Rows one by one, each followed by the watermark that a delay of 2 s gives. */
function run(
  harness: OperatorHarness,
  events: readonly (readonly Value[])[],
  highest = Number.MIN_SAFE_INTEGER,
): number {
  let watermark = highest;
  for (const event of events) {
    harness.process([event]);
    const mine = Number((event[2] as bigint) / 1_000_000n) - 2000;
    if (mine > watermark) harness.watermark(mine);
    watermark = Math.max(mine, watermark);
  }
  return watermark;
}

for (const backend of BACKENDS) {
  test(`rows go out as the watermark passes; ties by the rest of the order (${backend})`, () => {
    for (const [ordering, order] of [
      [byTime, [2, 3, 1, 4, 5, 6, 10]],
      [byTimeAndValue, [2, 3, 4, 1, 5, 6, 10]],
    ] as const) {
      const harness = sorter({ ordering }, { backend });
      run(harness, EVENTS);
      harness.watermark(MAX_WATERMARK);
      expect(harness.rows().map((row) => row[1])).toEqual(order);
      expect(harness.metrics.get('numLateRecordsDropped')).toBe(4);
      harness.close();
      expect(harness.budget.used).toBe(0);
    }
  });
}

test('late is what is not after the last row that went out, not after the watermark', () => {
  const harness = sorter({});
  harness.process([['a', 1, at(1)]]);
  harness.watermark(5000);
  harness.process([
    ['b', 2, at(4)],
    ['c', 3, at(1)],
  ]);
  harness.watermark(6000);
  expect(harness.rows().map((row) => row[1])).toEqual([1, 2]);
  harness.close();
});

test('by processing time the rows of a batch are sorted by the rest', () => {
  const harness = sorter({ proctime: true, ordering: byTimeAndValue });
  harness.process([
    ['a', 1, at(1)],
    ['b', 2, at(1)],
    ['c', null, at(1)],
  ]);
  expect(harness.rows().map((row) => row[1])).toEqual([2, 1, null]);
  harness.close();
});

test('random events: the definition, restored in between', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const events = Array.from({ length: 300 }, (_, i): Value[] => {
      return [random.below(5) === 0 ? null : `name ${i}`, random.below(3), at(i / 20 + random.below(6))];
    });
    const cut = random.below(300);
    const before = sorter({ ordering: byTimeAndValue }, { backend: BACKENDS[seed % 3]! });
    const watermark = run(before, events.slice(0, cut));
    const state = memoryState();
    before.operator.snapshotState(state.writer);
    const first = before.rows();
    before.close();
    const after = sorter({ ordering: byTimeAndValue }, { restored: state.reader });
    run(after, events.slice(cut), watermark);
    after.watermark(MAX_WATERMARK);

    const expected: Value[][] = [];
    let waiting: Value[][] = [];
    let [last, highest] = [-1n, -1n];
    const pass = (limit: bigint): void => {
      const due = waiting.filter((row) => (row[2] as bigint) <= limit);
      due.sort((a, b) => Number((a[2] as bigint) - (b[2] as bigint)) || (b[1] as number) - (a[1] as number));
      waiting = waiting.filter((row) => (row[2] as bigint) > limit);
      expected.push(...due);
      if (due.length > 0) last = due.at(-1)![2] as bigint;
    };
    for (const event of events) {
      const time = event[2] as bigint;
      if (time > last) waiting.push(event);
      if (time > highest) pass(time - at(2));
      if (time > highest) highest = time;
    }
    pass(2n ** 62n);
    expect([...first, ...after.rows()], `seed ${seed}`).toEqual(expected);
    after.close();
    expect(after.budget.used).toBe(0);
  }
});
