import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimerQueue } from '../../../../src/operators/stream/timer-queue.ts';
import { memoryState } from '../memory-state.ts';

function popAll(queue: TimerQueue, limit = Number.POSITIVE_INFINITY): [unknown, number][] {
  const popped: [unknown, number][] = [];
  while (queue.pop(limit)) popped.push([queue.key, queue.time]);
  return popped;
}

test('a timer is a key and a time', () => {
  const queue = new TimerQueue('event-time');
  for (const time of [5, 3, 5, 9, 3]) queue.register('a', time);
  queue.register(['a', 1], 4);
  queue.register(['a', 1], 4);
  expect(queue.next).toBe(3);
  expect(popAll(queue, 5)).toEqual([
    ['a', 3],
    [['a', 1], 4],
    ['a', 5],
  ]);
  queue.register('a', 5);
  queue.delete('a', 9);
  expect(popAll(queue)).toEqual([['a', 5]]);
  expect(queue.next).toBe(Number.POSITIVE_INFINITY);
});

test('a timer that is deleted and registered again fires once', () => {
  const queue = new TimerQueue('event-time');
  queue.register('a', 5);
  queue.delete('a', 5);
  queue.register('a', 5);
  expect(popAll(queue)).toEqual([['a', 5]]);
});

test('many keys that come and go leave nothing', () => {
  const queue = new TimerQueue('event-time');
  for (let round = 0; round < 5; round++) {
    for (let key = 0; key < 5000; key++) {
      queue.register(key, key + round * 10);
      queue.register(key, 1e6);
      queue.delete(key, 1e6);
    }
    expect(popAll(queue).length).toBe(5000);
  }
});

test('does what a list of timers does, also after a restore', () => {
  const step = fc.record({
    action: fc.constantFrom('register', 'register', 'delete', 'pop', 'restore'),
    key: fc.constantFrom<unknown>('a', 'b', 3, ['c']),
    time: fc.integer({ min: 0, max: 30 }),
  });
  const print = (key: unknown, time: number): string => `${JSON.stringify(key)}@${time}`;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let queue = new TimerQueue('event-time');
      const model = new Set<string>();
      for (const { action, key, time } of steps) {
        if (action === 'register') {
          queue.register(key, time);
          model.add(print(key, time));
        } else if (action === 'delete') {
          queue.delete(key, time);
          model.delete(print(key, time));
        } else if (action === 'pop') {
          const popped = popAll(queue, time);
          expect(popped.map(([, at]) => at)).toEqual(popped.map(([, at]) => at).sort((a, b) => a - b));
          const due = [...model].filter((timer) => Number(timer.split('@')[1]) <= time);
          expect(popped.map(([k, at]) => print(k, at)).sort()).toEqual(due.sort());
          for (const timer of due) model.delete(timer);
        } else {
          const { writer, reader } = memoryState();
          queue.snapshot(writer, 128);
          queue = new TimerQueue('event-time');
          queue.restore(reader);
        }
      }
    }),
  );
});
