/** What subtasks that meet tell each other, and when the memory goes that they hand over. */
import { beforeEach, describe, expect, test } from 'vitest';
import { closeRendezvous, openRendezvous, Rendezvous, type RendezvousPlace } from '../../../src/dataflow/rendezvous.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';

let memory: LinearMemory;
let place: RendezvousPlace;
let woken: number;
beforeEach(() => {
  memory = new LinearMemory();
  place = openRendezvous(memory, 3);
  woken = 0;
});

const used = (): number => memory.statistics.used;
const subtask = (number: number): Rendezvous => new Rendezvous(place, number, () => woken++);
const three = (): readonly [Rendezvous, Rendezvous, Rendezvous] => [subtask(0), subtask(1), subtask(2)];

describe('what is published', () => {
  test('is there when all have published, by subtask', () => {
    const [a, b, c] = three();
    expect(c.publish(0, 'third')).toBe(false);
    expect(a.publish(0, { rows: [1, 2], range: [-(2n ** 63n), 5n] })).toBe(false);
    expect(b.all(0)).toBeNull();
    expect(b.publish(0, null)).toBe(true);
    for (const each of [a, b, c])
      expect(each.all(0)).toEqual([{ rows: [1, 2], range: [-(2n ** 63n), 5n] }, null, 'third']);
    expect(woken).toBe(3);
  });

  test('by one alone is there for all', () => {
    const [a, b] = three();
    expect(a.any(1)).toBeUndefined();
    b.publish(1, null);
    expect(a.any(1)).toBeNull();
    expect(a.all(1)).toBeNull();
    expect(a.any(0)).toBeUndefined();
  });

  test('may be long, and goes with the place', () => {
    const text = 'ä'.repeat(100_000);
    const [a, b, c] = three();
    for (const each of [a, b, c]) each.publish(2, text);
    expect(b.all(2)).toEqual([text, text, text]);
    closeRendezvous(place);
    expect(used()).toBe(new LinearMemory().statistics.used);
  });
});

describe('blocks that are handed over', () => {
  const blocks = (): number[] => [memory.allocate(5000), memory.allocate(5000)];

  test('are freed when the last subtask and the last batch have left', () => {
    const before = used();
    const [a, b, c] = three();
    a.publish(0, 1, blocks());
    b.publish(1, 2, blocks());
    b.hold.retain();
    for (const each of [a, b, c]) each.hold.release();
    expect(used()).toBeGreaterThan(before + 4 * 5000);
    b.hold.release();
    expect(used()).toBe(before);
  });

  test('that are taken back stay', () => {
    const before = used();
    const [a, b, c] = three();
    const mine = blocks();
    a.publish(0, 1, mine);
    b.publish(0, 1, blocks());
    a.takeBack(0);
    for (const each of [a, b, c]) each.hold.release();
    for (const block of mine) memory.free(block);
    expect(used()).toBe(before);
  });

  test('go with the place if a subtask never came', () => {
    const empty = new LinearMemory().statistics.used;
    const [a, b] = three();
    a.publish(0, 1, blocks());
    a.hold.release();
    b.hold.release();
    expect(used()).toBeGreaterThan(empty + 2 * 5000);
    closeRendezvous(place);
    expect(used()).toBe(empty);
  });
});
