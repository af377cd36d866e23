import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { keyGroupOf, keyGroupRange, subtaskOfKeyGroup } from '../../../src/state/key-groups.ts';
import type { KeyedStateBackend } from '../../../src/state/keyed/backend.ts';
import {
  AggregatingStateHandle,
  declareMapCell,
  declareValueCell,
  ListStateHandle,
  MapStateHandle,
  ReducingStateHandle,
  type StateDeclaration,
  ValueStateHandle,
} from '../../../src/state/keyed/handles.ts';
import { compareKeys, hashKey, printKey } from '../../../src/state/keyed/keys.ts';
import type { StateReader } from '../../../src/state/snapshot.ts';
import { memoryState } from '../operators/memory-state.ts';
import { ALL, Backends, KEEPING, MAX_PARALLELISM } from './backends.ts';

const backends = new Backends();
afterEach(() => backends.close());

const clock = { time: 0, now: () => clock.time, monotonic: () => clock.time };

function statesOf(backend: KeyedStateBackend, ttl: StateDeclaration['ttl'] = null) {
  const named = (name: string): StateDeclaration => ({ name, ttl });
  return {
    value: new ValueStateHandle<unknown>(declareValueCell(backend, 'value', named('value'), clock), null),
    list: new ListStateHandle<unknown>(declareValueCell(backend, 'list', named('list'), clock)),
    map: new MapStateHandle<unknown, unknown>(declareMapCell(backend, named('map'), clock)),
    sum: new ReducingStateHandle<number>(declareValueCell(backend, 'reducing', named('sum'), clock), {
      reduce: (a, b) => a + b,
    }),
    average: new AggregatingStateHandle<number, readonly [number, number], number>(
      declareValueCell(backend, 'aggregating', named('average'), clock),
      { createAccumulator: () => [0, 0], add: (x, [sum, n]) => [sum + x, n + 1], getResult: ([sum, n]) => sum / n },
    ),
  };
}

type States = ReturnType<typeof statesOf>;

function contents({ value, list, map, sum, average }: States): unknown {
  return [
    value.value(),
    [...list.get()],
    [...map.entries()].sort(([a], [b]) => compareKeys(a, b)),
    sum.get(),
    average.get(),
  ];
}

function fill({ value, list, map, sum, average }: States, ...numbers: readonly number[]): void {
  for (const number of numbers) {
    value.update(number);
    list.add(number);
    map.put(`k${number}`, number);
    sum.add(number);
    average.add(number);
  }
}

const EMPTY = [null, [], [], null, null];

describe.each(ALL)('%s', (name) => {
  test('a key has nothing until something is put there', () => {
    const backend = backends.open(name);
    const states = statesOf(backend);
    backend.setCurrentKey('a');
    expect(contents(states)).toEqual(EMPTY);
    expect(states.map.isEmpty()).toBe(true);
    expect(states.map.get('x')).toBe(null);
    fill(states, 1, 2, 6);
    expect(contents(states)).toEqual([
      6,
      [1, 2, 6],
      [
        ['k1', 1],
        ['k2', 2],
        ['k6', 6],
      ],
      9,
      3,
    ]);
    expect([states.map.contains('k2'), states.map.contains('k3'), states.map.isEmpty()]).toEqual([true, false, false]);
  });

  test('what is cleared is gone', () => {
    const backend = backends.open(name);
    const states = statesOf(backend);
    backend.setCurrentKey(1);
    fill(states, 1, 2);
    states.map.remove('k1');
    expect([...states.map.keys()]).toEqual(['k2']);
    states.list.update([]);
    states.value.update(null);
    for (const state of [states.map, states.sum, states.average]) state.clear();
    expect(contents(states)).toEqual(EMPTY);
    states.list.update([7, 8]);
    expect([...states.list.get()]).toEqual([7, 8]);
  });

  test('a default stands in for no value', () => {
    const backend = backends.open(name);
    const cell = declareValueCell(backend, 'value', { name: 'd', ttl: null }, clock);
    backend.setCurrentKey('a');
    const state = new ValueStateHandle(cell, 42);
    expect(state.value()).toBe(42);
    state.update(0);
    expect(state.value()).toBe(0);
  });

  test('keys of maps are equal by content, and null is a value', () => {
    const backend = backends.open(name);
    const { map } = statesOf(backend);
    backend.setCurrentKey('a');
    map.put({ x: 1, y: [2n] }, null);
    map.put(['x'], 'array');
    map.put('["x"]', 'text');
    map.put(new Date(5), 'date');
    expect([map.contains({ y: [2n], x: 1 }), map.get({ y: [2n], x: 1 })]).toEqual([true, null]);
    expect([map.get(['x']), map.get('["x"]'), map.get(new Date(5))]).toEqual(['array', 'text', 'date']);
  });

  test('a map may be changed while it is read', () => {
    const backend = backends.open(name);
    const { map } = statesOf(backend);
    backend.setCurrentKey('a');
    map.putAll([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    for (const [key] of map.entries()) map.remove(key);
    expect(map.isEmpty()).toBe(true);
  });

  describe('time to live', () => {
    test('by default writing refreshes, reading does not, and what is over is not shown', () => {
      const backend = backends.open(name);
      const states = statesOf(backend, { ttl: 10 });
      backend.setCurrentKey('a');
      clock.time = 100;
      fill(states, 1);
      clock.time = 105;
      states.list.add(2);
      states.map.put('k2', 2);
      states.value.value();
      clock.time = 110;
      expect(contents(states)).toEqual([null, [2], [['k2', 2]], null, null]);
      clock.time = 115;
      expect(contents(states)).toEqual(EMPTY);
    });

    test('OnReadAndWrite: reading refreshes', () => {
      const backend = backends.open(name);
      const states = statesOf(backend, { ttl: 10, updateType: 'OnReadAndWrite' });
      backend.setCurrentKey('a');
      clock.time = 100;
      fill(states, 1);
      for (clock.time = 109; clock.time < 140; clock.time += 9) {
        expect(contents(states)).toEqual([1, [1], [['k1', 1]], 1, 1]);
      }
    });

    test('ReturnExpiredIfNotCleanedUp: once more', () => {
      const backend = backends.open(name);
      const { value, list } = statesOf(backend, { ttl: 10, stateVisibility: 'ReturnExpiredIfNotCleanedUp' });
      backend.setCurrentKey('a');
      clock.time = 100;
      value.update(1);
      list.add(1);
      clock.time = 200;
      expect([value.value(), [...list.get()]]).toEqual([1, [1]]);
      expect([value.value(), [...list.get()]]).toEqual([null, []]);
    });

    test('Disabled: nothing ever ends', () => {
      const backend = backends.open(name);
      const { value } = statesOf(backend, { ttl: 10, updateType: 'Disabled' });
      backend.setCurrentKey('a');
      clock.time = 100;
      value.update(1);
      clock.time = 1000;
      expect(value.value()).toBe(1);
    });
  });
});

test('single-key: the state of a key is gone when another comes', () => {
  const backend = backends.open('single-key');
  const states = statesOf(backend);
  backend.setCurrentKey(['a']);
  fill(states, 1);
  backend.setCurrentKey(['a']);
  expect(states.value.value()).toBe(1);
  expect([...backend.keys('value')]).toEqual([['a']]);
  backend.setCurrentKey('b');
  expect(contents(states)).toEqual(EMPTY);
  backend.setCurrentKey(['a']);
  expect(contents(states)).toEqual(EMPTY);
});

/** Values of all kinds that state may hold, and keys of all kinds. */
const VALUES: readonly unknown[] = [
  { deep: [{ x: undefined, y: null }], when: new Date(7) },
  new Map<unknown, unknown>([[1n, new Set(['a', 2])]]),
  Float64Array.of(1, Number.NaN, -0),
  -(2n ** 70n),
  'x'.repeat(5000),
];
const KEYS: readonly unknown[] = [
  '',
  'a',
  'é😀',
  '\ud800',
  'k'.repeat(3000),
  `${'k'.repeat(3000)}!`,
  0,
  -1.5,
  2 ** 53,
  5n,
].concat([true as never, ['a', 1] as never, { b: 1, a: 'x' } as never, new Date(3) as never]);

describe.each(KEEPING)('%s keeps every key', (name) => {
  test('keys of all kinds are told apart, values of all kinds come back', () => {
    const backend = backends.open(name);
    const states = statesOf(backend);
    for (const [i, key] of KEYS.entries()) {
      backend.setCurrentKey(key);
      states.value.update(i);
      states.map.put(key, VALUES[i % VALUES.length]);
    }
    const { writer, reader } = memoryState();
    backend.snapshot(writer);
    for (const other of KEEPING) {
      const restored = backends.open(other, reader);
      const again = statesOf(restored);
      for (const [i, key] of KEYS.entries()) {
        restored.setCurrentKey(key);
        expect(again.value.value()).toBe(i);
        expect([...again.map.entries()]).toEqual([[key, VALUES[i % VALUES.length]]]);
      }
      const sorted = (keys: Iterable<unknown>) => [...keys].map(printKey).sort();
      expect(sorted(restored.keys('value'))).toEqual(sorted(KEYS));
    }
  });

  test('key groups go to the subtasks that own them', () => {
    const backend = backends.open(name);
    const states = statesOf(backend);
    for (let key = 0; key < 100; key++) {
      backend.setCurrentKey(key);
      fill(states, key, key + 1);
    }
    const { writer, reader } = memoryState();
    backend.snapshot(writer);
    let found = 0;
    for (let subtask = 0; subtask < 3; subtask++) {
      const [first, end] = keyGroupRange(subtask, 3, MAX_PARALLELISM);
      const part = partOf(reader, first, end);
      const restored = backends.open(name, part, subtask, 3);
      const again = statesOf(restored);
      for (const key of restored.keys('value') as Iterable<number>) {
        found++;
        expect(subtaskOfKeyGroup(keyGroupOf(key, MAX_PARALLELISM), 3, MAX_PARALLELISM)).toBe(subtask);
        restored.setCurrentKey(key);
        expect(contents(again)).toEqual([key + 1, [key, key + 1], expect.anything(), 2 * key + 1, key + 0.5]);
      }
    }
    expect(found).toBe(100);
  });

  test('a time to live may be added or taken away', () => {
    clock.time = 100;
    const plain = backends.open(name);
    plain.setCurrentKey('a');
    const first = memoryState();
    fill(statesOf(plain), 1);
    plain.snapshot(first.writer);
    const timed = backends.open(name, first.reader);
    const states = statesOf(timed, { ttl: 10 });
    timed.setCurrentKey('a');
    expect(contents(states)).toEqual([1, [1], [['k1', 1]], 1, 1]);
    const second = memoryState();
    timed.snapshot(second.writer);
    clock.time = 200;
    expect(contents(states)).toEqual(EMPTY);
    const again = backends.open(name, second.reader);
    again.setCurrentKey('a');
    expect(contents(statesOf(again))).toEqual([1, [1], [['k1', 1]], 1, 1]);
  });

  test('what is over is not written down', () => {
    clock.time = 100;
    const backend = backends.open(name);
    backend.setCurrentKey('a');
    fill(statesOf(backend, { ttl: 10 }), 1);
    clock.time = 200;
    const { writer, reader } = memoryState();
    backend.snapshot(writer);
    const restored = backends.open(name, reader);
    restored.setCurrentKey('a');
    expect(contents(statesOf(restored, { ttl: 10, stateVisibility: 'ReturnExpiredIfNotCleanedUp' }))).toEqual(EMPTY);
  });

  test('another kind of state under a name is refused', () => {
    const backend = backends.open(name);
    backend.setCurrentKey('a');
    declareValueCell(backend, 'value', { name: 'x', ttl: null }, clock).set(1);
    const { writer, reader } = memoryState();
    backend.snapshot(writer);
    const restored = backends.open(name, reader);
    expect(() => declareMapCell(restored, { name: 'x', ttl: null }, clock)).toThrow(
      "state 'x' was a value state and is a map state",
    );
  });

  test('does what a plain Map of keys does', () => {
    const operation = fc.record({
      key: fc.constantFrom<unknown>('a', 'b', 1, ['c', 2], 'l'.repeat(2000)),
      mapKey: fc.constantFrom<unknown>('x', 1, { y: 1 }, 'm'.repeat(2000)),
      value: fc.option(fc.integer(), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const backend = backends.open(name);
        const { value, map } = statesOf(backend);
        const model = new Map<string, { value: number | null; map: Map<string, number> }>();
        for (const step of operations) {
          backend.setCurrentKey(step.key);
          const expected = model.get(printKey(step.key)) ?? { value: null, map: new Map<string, number>() };
          model.set(printKey(step.key), expected);
          expect(value.value()).toBe(expected.value);
          expect(map.get(step.mapKey)).toBe(expected.map.get(printKey(step.mapKey)) ?? null);
          value.update(step.value);
          expected.value = step.value;
          if (step.value === null) {
            map.remove(step.mapKey);
            expected.map.delete(printKey(step.mapKey));
          } else {
            map.put(step.mapKey, step.value);
            expected.map.set(printKey(step.mapKey), step.value);
          }
          const found = [...map.entries()].map(([k, v]) => [printKey(k), v]).sort();
          expect(found).toEqual([...expected.map].sort());
        }
        backends.close();
      }),
      { numRuns: 30 },
    );
  });
});

test('lmdb: more records than are kept as objects', () => {
  const backend = backends.open('lmdb');
  const { value } = statesOf(backend);
  for (let round = 0; round < 2; round++) {
    for (let key = 0; key < 100_000; key++) {
      backend.setCurrentKey(key);
      value.update(((value.value() as number | null) ?? key) + 1);
    }
  }
  backend.setCurrentKey(0);
  expect(value.value()).toBe(2);
  backend.setCurrentKey(99_999);
  expect(value.value()).toBe(100_001);
});

describe('keys', () => {
  test('hash as in Java', () => {
    // String.hashCode of the JDK's documentation; Long.hashCode is value ^ value >>> 32.
    expect(hashKey('')).toBe(0);
    expect(hashKey('ab')).toBe(31 * 97 + 98);
    expect([hashKey(7), hashKey(7n), hashKey(-1), hashKey(-1n), hashKey(2 ** 32), hashKey(2n ** 32n)]).toEqual([
      7, 7, 0, 0, 1, 1,
    ]);
    expect(hashKey(true)).toBe(1231);
  });

  test('are ordered by type, then by value', () => {
    const keys = [true, -5, 3, 12, 2n, 10n, 'B', 'a', 'é', new Date(1), ['a', 2], ['a', 10], { x: 1 }, { x: 2 }];
    const shuffled = [...keys].reverse();
    expect(shuffled.sort(compareKeys)).toEqual(keys);
  });

  test('functions and undefined are refused', () => {
    expect(() => printKey(undefined)).toThrow('a key selector gave a undefined, which cannot be a key');
    expect(() => printKey({ f: () => 1 })).toThrow('a key selector gave a function');
  });

  test('every key group belongs to one subtask, in one range', () => {
    for (const [parallelism, groups] of [
      [1, 128],
      [3, 128],
      [5, 7],
      [7, 7],
    ] as const) {
      for (let subtask = 0; subtask < parallelism; subtask++) {
        const [first, end] = keyGroupRange(subtask, parallelism, groups);
        for (let group = 0; group < groups; group++) {
          expect(subtaskOfKeyGroup(group, parallelism, groups) === subtask).toBe(group >= first && group < end);
        }
      }
    }
  });
});

/** What a subtask gets to read. */
function partOf(reader: StateReader, first: number, end: number): StateReader {
  return {
    ...reader,
    readKeyed: (name) => reader.readKeyed(name).filter(({ keyGroup }) => keyGroup >= first && keyGroup < end),
  };
}

test.each(KEEPING)('%s: a function in state is refused by name', (name) => {
  const backend = backends.open(name);
  backend.setCurrentKey('a');
  declareValueCell(backend, 'value', { name: 'x', ttl: null }, clock).set({ f: () => 1 });
  expect(() => backend.snapshot(memoryState().writer)).toThrow("state 'x' cannot be written down");
});

test.each(KEEPING)('%s: what nobody has asked for yet is in the next snapshot too', (name) => {
  const before = backends.open(name);
  before.setCurrentKey('a');
  fill(statesOf(before), 1, 2);
  const first = memoryState();
  before.snapshot(first.writer);
  const idle = backends.open(name, first.reader);
  const second = memoryState();
  idle.snapshot(second.writer);
  const after = backends.open(name, second.reader);
  const states = statesOf(after);
  after.setCurrentKey('a');
  expect([states.value.value(), states.sum.get(), [...states.map.keys()]]).toEqual([2, 3, ['k1', 'k2']]);
});

describe('hashmap in pages', () => {
  /** A checkpoint after another: writes what is written, keeps what is kept. */
  function take(backend: KeyedStateBackend, checkpoint: number, base: Map<string, Uint8Array> | null) {
    const pages = new Map<string, Uint8Array>();
    const { writer, reader } = memoryState();
    let written = 0;
    backend.snapshotPages!({
      ...writer,
      checkpoint,
      base: base === null ? null : checkpoint - 1,
      writePage: (name, page, keyGroup, bytes) => {
        written++;
        pages.set(`${name} ${page} ${keyGroup}`, Uint8Array.from(bytes));
      },
      keepPage: (name, page) => {
        const kept = [...base!].filter(([id]) => id.startsWith(`${name} ${page} `));
        expect(kept.length).toBe(1);
        pages.set(...kept[0]!);
      },
      writeLater: () => {},
    });
    for (const [id, bytes] of pages) {
      const [name, , keyGroup] = id.split(' ') as [string, string, string];
      writer.writeKeyed(name, Number(keyGroup), bytes);
    }
    return { pages, written, reader };
  }

  test('groups without a change are kept; a restore sees all', () => {
    const backend = backends.open('hashmap');
    const { value } = statesOf(backend);
    for (let key = 0; key < 200; key++) {
      backend.setCurrentKey(key);
      value.update(key);
    }
    const first = take(backend, 1, null);
    expect(first.written).toBe(MAX_PARALLELISM);
    backend.setCurrentKey(7);
    value.update(-7);
    const second = take(backend, 2, first.pages);
    // That of the key, and that of the key in hand at the first checkpoint.
    expect(second.written).toBeLessThanOrEqual(2);
    backend.setCurrentKey(8);
    value.clear();
    const third = take(backend, 3, second.pages);
    const restored = backends.open('hashmap', third.reader);
    const again = statesOf(restored);
    for (let key = 0; key < 200; key++) {
      restored.setCurrentKey(key);
      expect(again.value.value()).toBe(key === 7 ? -7 : key === 8 ? null : key);
    }
  });
});
