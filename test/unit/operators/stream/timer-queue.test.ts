import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimeHeap } from '../../../../src/operators/stream/time-heap.ts';
import { TimerQueue } from '../../../../src/operators/stream/timer-queue.ts';
import { TimersOfOneKey } from '../../../../src/operators/stream/timers.ts';
import { KeyRecords } from '../../../../src/state/keyed/key-records.ts';
import { memoryState } from '../memory-state.ts';

function popAll(queue: TimerQueue, limit = Number.POSITIVE_INFINITY): [unknown, number][] {
  const popped: [unknown, number][] = [];
  while (queue.pop(limit)) popped.push([queue.record!.key, queue.time]);
  return popped;
}

test('a timer is a key and a time', () => {
  const keys = { records: new KeyRecords(128) };
  const queue = new TimerQueue('event-time', 0, keys);
  for (const time of [5, 3, 5, 9, 3]) queue.register(keys.records.of('a'), time);
  queue.register(keys.records.of(['a', 1]), 4);
  queue.register(keys.records.of(['a', 1]), 4);
  expect(queue.next).toBe(3);
  expect(popAll(queue, 5)).toEqual([
    ['a', 3],
    [['a', 1], 4],
    ['a', 5],
  ]);
  queue.register(keys.records.of('a'), 5);
  queue.delete(keys.records.of('a'), 9);
  expect(popAll(queue)).toEqual([['a', 5]]);
  expect(queue.next).toBe(Number.POSITIVE_INFINITY);
});

test('a timer that is deleted and registered again fires once', () => {
  const keys = { records: new KeyRecords(128) };
  const queue = new TimerQueue('event-time', 0, keys);
  queue.register(keys.records.of('a'), 5);
  queue.delete(keys.records.of('a'), 5);
  queue.register(keys.records.of('a'), 5);
  expect(popAll(queue)).toEqual([['a', 5]]);
});

test('many keys that come and go leave nothing', () => {
  const keys = { records: new KeyRecords(128) };
  const queue = new TimerQueue('event-time', 0, keys);
  for (let round = 0; round < 5; round++) {
    for (let key = 0; key < 5000; key++) {
      queue.register(keys.records.of(key), key + round * 10);
      queue.register(keys.records.of(key), 1e6);
      queue.delete(keys.records.of(key), 1e6);
    }
    expect(popAll(queue).length).toBe(5000);
  }
  const left = Array.from({ length: 128 }, (_, keyGroup) => keys.records.group(keyGroup)?.size ?? 0);
  // Some keep the numbers that they have, for the next time.
  expect(left.reduce((a, b) => a + b)).toBeLessThan(3000);
});

test.each<[string, unknown[]]>([
  ['several keys', ['a', 'b', 3, ['c']]],
  ['one key with many timers', ['a']],
])('does what a list of timers does, also after a restore: %s', (_, names) => {
  const step = fc.record({
    action: fc.constantFrom('register', 'register', 'delete', 'pop', 'restore'),
    key: fc.constantFrom<unknown>(...names),
    time: fc.integer({ min: 0, max: 60 }),
  });
  const print = (key: unknown, time: number): string => `${JSON.stringify(key)}@${time}`;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let keys = { records: new KeyRecords(128) };
      let queue = new TimerQueue('event-time', 0, keys);
      const model = new Set<string>();
      for (const { action, key, time } of steps) {
        if (action === 'register') {
          queue.register(keys.records.of(key), time);
          model.add(print(key, time));
        } else if (action === 'delete') {
          queue.delete(keys.records.of(key), time);
          model.delete(print(key, time));
        } else if (action === 'pop') {
          const popped = popAll(queue, time);
          expect(popped.map(([, at]) => at)).toEqual(popped.map(([, at]) => at).sort((a, b) => a - b));
          const due = [...model].filter((timer) => Number(timer.split('@')[1]) <= time);
          expect(popped.map(([k, at]) => print(k, at)).sort()).toEqual(due.sort());
          for (const timer of due) model.delete(timer);
        } else {
          const { writer, reader } = memoryState();
          queue.snapshot(writer);
          keys = { records: new KeyRecords(128) };
          queue = new TimerQueue('event-time', 0, keys);
          queue.restore(reader);
        }
      }
    }),
  );
});

/** The binary heap of the textbook: the last one sinks from the top until none below is before it. */
class TextbookHeap {
  readonly #entries: [time: number, number: number][] = [];

  push(time: number, number: number): void {
    let at = this.#entries.push([time, number]) - 1;
    for (; at > 0 && this.#time((at - 1) >> 1) > time; at = (at - 1) >> 1) this.#swap(at, (at - 1) >> 1);
  }

  pop(): number {
    const [, first] = this.#entries[0]!;
    const last = this.#entries.pop()!;
    if (this.#entries.length > 0) this.#entries[0] = last;
    for (let at = 0; ; ) {
      const left = at * 2 + 1;
      const child = this.#time(left + 1) < this.#time(left) ? left + 1 : left;
      if (this.#time(child) >= this.#time(at)) return first;
      this.#swap(at, child);
      at = child;
    }
  }

  #time(at: number): number {
    return this.#entries[at]?.[0] ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    [this.#entries[a], this.#entries[b]] = [this.#entries[b]!, this.#entries[a]!];
  }
}

test('equal times come in the order of the textbook heap', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 6 }), { maxLength: 300 }), (steps) => {
      const heap = new TimeHeap();
      const textbook = new TextbookHeap();
      for (const [number, time] of steps.entries()) {
        if (time >= 0) {
          heap.push(time, number);
          textbook.push(time, number);
        } else if (heap.length > 0) expect(heap.pop()).toBe(textbook.pop());
      }
      while (heap.length > 0) expect(heap.pop()).toBe(textbook.pop());
    }),
  );
});

test('timers of one key fire in order, but for those that are deleted meanwhile', () => {
  const timers = new TimersOfOneKey(() => {});
  const fireAll = (): number[] => {
    const fired: number[] = [];
    timers.fireAll((time) => {
      fired.push(time);
      timers.delete('EVENT_TIME', time + 10);
    });
    return fired;
  };
  for (const time of [1, 2, 2, 4, 12]) timers.register('EVENT_TIME', time);
  expect(fireAll()).toEqual([1, 2, 4]);
  for (const time of [7, 3, 5, 3]) timers.register('EVENT_TIME', time);
  timers.delete('EVENT_TIME', 5);
  expect(fireAll()).toEqual([3, 7]);
  expect(fireAll()).toEqual([]);
});
