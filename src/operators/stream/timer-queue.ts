/**
 * Timers of all keys in one time domain, by time. A timer is a key and a time, so registering it again changes nothing.
 * Deleted timers stay in the heap until their time comes, unless they become the greater part of it. Flink:
 * HeapPriorityQueueSet of TimerHeapInternalTimer.
 */
import { keyGroupOf } from '../../state/key-groups.ts';
import { KeyMap } from '../../state/keyed/key-map.ts';
import { decodePlain, encodePlain } from '../../state/plain-data.ts';
import type { StateReader, StateWriter } from '../../state/snapshot.ts';
import { TimeHeap } from './time-heap.ts';
import { TimeSet } from './time-set.ts';

/** Deleted timers that are not worth rebuilding the heap for. */
const TOLERATED = 1024;

interface KeyTimers {
  readonly key: unknown;
  /** Number of the key in the heap. */
  readonly slot: number;
  readonly times: TimeSet;
}

export class TimerQueue {
  readonly #section: string;
  readonly #byKey = new KeyMap<KeyTimers>();
  /** By slot. A slot may be used by another key while the heap still has deleted timers of the one before. */
  readonly #slots: (KeyTimers | undefined)[] = [];
  readonly #free: number[] = [];
  #heap = new TimeHeap();
  #deleted = 0;
  /** The timer that was popped last. */
  key: unknown;
  time = 0;

  /** @param name of the time domain, for snapshots */
  constructor(name: string) {
    this.#section = `timers/${name}`;
  }

  /** No timer is due before this time; Infinity: there is none. */
  get next(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap.firstTime;
  }

  register(key: unknown, time: number): void {
    const timers = this.#byKey.get(key) ?? this.#add(key);
    if (timers.times.add(time)) this.#heap.push(time, timers.slot);
  }

  delete(key: unknown, time: number): void {
    const timers = this.#byKey.get(key);
    if (timers?.times.delete(time) !== true) return;
    if (timers.times.size === 0) this.#remove(timers);
    if (++this.#deleted > TOLERATED && this.#deleted * 2 > this.#heap.length) this.#rebuild();
  }

  /** Takes the first timer that is due by `limit` out, as `key` and `time`. @returns false if there is none */
  pop(limit: number): boolean {
    while (this.#heap.length > 0 && this.#heap.firstTime <= limit) {
      const time = this.#heap.firstTime;
      const timers = this.#slots[this.#heap.pop()];
      if (timers?.times.delete(time) !== true) {
        this.#deleted--;
        continue;
      }
      if (timers.times.size === 0) this.#remove(timers);
      this.key = timers.key;
      this.time = time;
      return true;
    }
    return false;
  }

  snapshot(writer: StateWriter, maxParallelism: number): void {
    const groups = new Map<number, (readonly [unknown, readonly number[]])[]>();
    this.#byKey.forEach(({ key, times }) => {
      const keyGroup = keyGroupOf(key, maxParallelism);
      const group = groups.get(keyGroup) ?? [];
      group.push([key, times.sorted()]);
      groups.set(keyGroup, group);
    });
    for (const [keyGroup, timers] of groups) writer.writeKeyed(this.#section, keyGroup, encodePlain(timers));
  }

  restore(reader: StateReader): void {
    for (const { bytes } of reader.readKeyed(this.#section)) {
      for (const [key, times] of decodePlain(bytes) as [unknown, number[]][]) {
        for (const time of times) this.register(key, time);
      }
    }
  }

  #add(key: unknown): KeyTimers {
    const slot = this.#free.pop() ?? this.#slots.length;
    const timers = { key, slot, times: new TimeSet() };
    this.#slots[slot] = timers;
    this.#byKey.set(key, timers);
    return timers;
  }

  #remove({ key, slot }: KeyTimers): void {
    this.#byKey.delete(key);
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  /** Equal times of different keys change their order; nobody was promised one. */
  #rebuild(): void {
    this.#heap = new TimeHeap();
    this.#deleted = 0;
    this.#byKey.forEach(({ slot, times }) => {
      for (const time of times.sorted()) this.#heap.push(time, slot);
    });
  }
}
