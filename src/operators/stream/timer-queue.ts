/**
 * Timers of all keys in one time domain, by time. A timer is a key and a time, so registering it again changes nothing.
 * Deleted timers stay in the heap until their time comes, unless they become the greater part of it. Flink:
 * HeapPriorityQueueSet of TimerHeapInternalTimer.
 *
 * Most keys have one timer at a time: it is in an array by number of the key, others are in a set.
 */
import { keyGroupOf } from '../../state/key-groups.ts';
import { KeyMap } from '../../state/keyed/key-map.ts';
import { decodePlain, encodePlain } from '../../state/plain-data.ts';
import type { StateReader, StateWriter } from '../../state/snapshot.ts';
import { TimeHeap } from './time-heap.ts';
import { TimeSet } from './time-set.ts';

/** Deleted timers that are not worth rebuilding the heap for, and keys without timers that are not worth a search. */
const TOLERATED = 1024;

export class TimerQueue {
  readonly #section: string;
  readonly #slots = new KeyMap<number>();
  /** By slot. A slot may be used by another key while the heap still has deleted timers of the one before. */
  readonly #keys: unknown[] = [];
  /** By slot: one of its times; NaN: none. */
  #times = new Float64Array(64);
  /** By slot: its other times. */
  readonly #others: (TimeSet | undefined)[] = [];
  readonly #free: number[] = [];
  #heap = new TimeHeap();
  /** Timers in the heap that were deleted. */
  #deleted = 0;
  /** Slots of keys that have no timers now. */
  #idle = 0;
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
    const slot = this.#slots.get(key) ?? this.#add(key);
    const first = this.#times[slot]!;
    if (first === time) return;
    let others = this.#others[slot];
    if (others?.has(time) === true) return;
    if (Number.isNaN(first)) {
      if (others === undefined || others.size === 0) this.#idle--;
      this.#times[slot] = time;
    } else {
      if (others === undefined) {
        others = new TimeSet();
        this.#others[slot] = others;
      }
      others.add(time);
    }
    this.#heap.push(time, slot);
  }

  delete(key: unknown, time: number): void {
    const slot = this.#slots.get(key);
    if (slot === undefined || !this.#take(slot, time)) return;
    if (++this.#deleted > TOLERATED && this.#deleted * 2 > this.#heap.length) this.#rebuild();
  }

  /** Takes the first timer that is due by `limit` out, as `key` and `time`. @returns false if there is none */
  pop(limit: number): boolean {
    while (this.#heap.length > 0 && this.#heap.firstTime <= limit) {
      const time = this.#heap.firstTime;
      const slot = this.#heap.pop();
      const key = this.#keys[slot];
      if (!this.#take(slot, time)) {
        this.#deleted--;
        continue;
      }
      this.key = key;
      this.time = time;
      return true;
    }
    return false;
  }

  snapshot(writer: StateWriter, maxParallelism: number): void {
    const groups = new Map<number, (readonly [unknown, readonly number[]])[]>();
    this.#slots.forEach((slot, key) => {
      const times = this.#timesOf(slot);
      if (times.length === 0) return;
      const keyGroup = keyGroupOf(key, maxParallelism);
      const group = groups.get(keyGroup) ?? [];
      group.push([key, times]);
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

  /** Smallest first. */
  #timesOf(slot: number): readonly number[] {
    const times = this.#others[slot]?.sorted() ?? [];
    const first = this.#times[slot]!;
    return Number.isNaN(first) ? times : [...times, first].sort((a, b) => a - b);
  }

  /** @returns false if there is no such timer */
  #take(slot: number, time: number): boolean {
    const others = this.#others[slot];
    if (this.#times[slot] === time) this.#times[slot] = Number.NaN;
    else if (others?.delete(time) !== true) return false;
    if (Number.isNaN(this.#times[slot]!) && (others === undefined || others.size === 0)) this.#leave();
    return true;
  }

  #add(key: unknown): number {
    const slot = this.#free.pop() ?? this.#keys.length;
    this.#keys[slot] = key;
    this.#others[slot] = undefined;
    if (slot === this.#times.length) {
      const times = new Float64Array(slot * 2);
      times.set(this.#times);
      this.#times = times;
    }
    this.#times[slot] = Number.NaN;
    this.#slots.set(key, slot);
    this.#idle++;
    return slot;
  }

  /** A key has no timers any more. Its slot stays until such keys are many: most will have some again. */
  #leave(): void {
    if (++this.#idle <= TOLERATED || this.#idle * 2 <= this.#slots.size) return;
    this.#idle = 0;
    const idle: number[] = [];
    this.#slots.forEach((slot) => {
      if (this.#timesOf(slot).length === 0) idle.push(slot);
    });
    for (const slot of idle) {
      this.#slots.delete(this.#keys[slot]);
      this.#keys[slot] = undefined;
      this.#free.push(slot);
    }
  }

  /** Equal times of different keys change their order; nobody was promised one. */
  #rebuild(): void {
    this.#heap = new TimeHeap();
    this.#deleted = 0;
    this.#slots.forEach((slot) => {
      for (const time of this.#timesOf(slot)) this.#heap.push(time, slot);
    });
  }
}
