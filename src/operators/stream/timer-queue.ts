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
import { TimerLists } from './timer-lists.ts';

/** Deleted timers that are not worth rebuilding the heap for, and keys without timers that are not worth a search. */
const TOLERATED = 1024;

export class TimerQueue {
  readonly #section: string;
  readonly #slots = new KeyMap<number>();
  /** By slot. */
  readonly #keys: unknown[] = [];
  readonly #free: number[] = [];
  /** By slot. */
  readonly #timers = new TimerLists();
  /** Numbers of timers. */
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
    const wasIdle = this.#timers.isEmpty(slot);
    const timer = this.#timers.add(slot, time);
    if (timer < 0) return;
    if (wasIdle) this.#idle--;
    this.#heap.push(time, timer);
  }

  delete(key: unknown, time: number): void {
    const slot = this.#slots.get(key);
    if (slot === undefined || !this.#timers.delete(slot, time)) return;
    this.#leaveIfEmpty(slot);
    if (++this.#deleted > TOLERATED && this.#deleted * 2 > this.#heap.length) this.#rebuild();
  }

  /** Takes the first timer that is due by `limit` out, as `key` and `time`. @returns false if there is none */
  pop(limit: number): boolean {
    while (this.#heap.length > 0 && this.#heap.firstTime <= limit) {
      const time = this.#heap.firstTime;
      const slot = this.#timers.remove(this.#heap.pop());
      if (slot < 0) {
        this.#deleted--;
        continue;
      }
      this.key = this.#keys[slot];
      this.time = time;
      this.#leaveIfEmpty(slot);
      return true;
    }
    return false;
  }

  snapshot(writer: StateWriter, maxParallelism: number): void {
    const groups = new Map<number, (readonly [unknown, readonly number[]])[]>();
    this.#slots.forEach((slot, key) => {
      if (this.#timers.isEmpty(slot)) return;
      const times: number[] = [];
      this.#timers.forEach(slot, (time) => times.push(time));
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

  #add(key: unknown): number {
    const slot = this.#free.pop() ?? this.#keys.length;
    this.#keys[slot] = key;
    this.#timers.reserve(slot);
    this.#slots.set(key, slot);
    this.#idle++;
    return slot;
  }

  /** A key has no timers any more. Its slot stays until such keys are many: most will have some again. */
  #leaveIfEmpty(slot: number): void {
    if (!this.#timers.isEmpty(slot)) return;
    if (++this.#idle <= TOLERATED || this.#idle * 2 <= this.#slots.size) return;
    this.#idle = 0;
    const idle: number[] = [];
    this.#slots.forEach((slot) => {
      if (this.#timers.isEmpty(slot)) idle.push(slot);
    });
    for (const slot of idle) {
      this.#slots.delete(this.#keys[slot]);
      this.#keys[slot] = undefined;
      this.#free.push(slot);
    }
  }

  /** Equal times of different keys change their order; nobody was promised one. */
  #rebuild(): void {
    const heap = new TimeHeap();
    this.#slots.forEach((slot) => {
      this.#timers.forEach(slot, (time, timer) => heap.push(time, timer));
    });
    this.#heap.forEach((timer) => {
      if (this.#timers.isDeleted(timer)) this.#timers.remove(timer);
    });
    this.#heap = heap;
    this.#deleted = 0;
  }
}
