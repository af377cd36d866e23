/**
 * Timers of all keys in one time domain, by time. A timer is a key and a time, so registering it again changes nothing.
 * Deleted timers stay in the heap until their time comes, unless they become the greater part of it. Flink:
 * HeapPriorityQueueSet of TimerHeapInternalTimer.
 */
import type { KeyRecord, KeyRecords } from '../../state/keyed/key-records.ts';
import { decodePlain, encodePlain } from '../../state/plain-data.ts';
import type { StateReader, StateWriter } from '../../state/snapshot.ts';
import { TimeHeap } from './time-heap.ts';
import { TimerLists } from './timer-lists.ts';

/** Deleted timers that are not worth rebuilding the heap for, and keys without timers that are not worth a search. */
const TOLERATED = 1024;

/** Whose timers they are. */
export interface TimerKeys {
  readonly records: KeyRecords;
}

export class TimerQueue {
  readonly #section: string;
  /** The slot of the records of keys that has the number by which timers know the key. */
  readonly #slot: number;
  readonly #keys: TimerKeys;
  /** By number of the key; null: the number is free. */
  readonly #owners: (KeyRecord | null)[] = [];
  readonly #free: number[] = [];
  /** By number of the key. */
  readonly #timers = new TimerLists();
  /** Numbers of timers. */
  #heap = new TimeHeap();
  /** Timers in the heap that were deleted. */
  #deleted = 0;
  /** Keys with a number that have no timers now. */
  #idle = 0;
  /** The timer that was popped last. */
  record: KeyRecord | null = null;
  time = 0;

  /**
   * @param name of the time domain, for snapshots
   * @param slot of the records of keys that is for this domain
   */
  constructor(name: string, slot: number, keys: TimerKeys) {
    this.#section = `timers/${name}`;
    this.#slot = slot;
    this.#keys = keys;
  }

  /** No timer is due before this time; Infinity: there is none. */
  get next(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap.firstTime;
  }

  register(record: KeyRecord, time: number): void {
    const key = this.#numberOf(record) ?? this.#add(record);
    const wasIdle = this.#timers.isEmpty(key);
    const timer = this.#timers.add(key, time);
    if (timer < 0) return;
    if (wasIdle) this.#idle--;
    this.#heap.push(time, timer);
  }

  delete(record: KeyRecord, time: number): void {
    const key = this.#numberOf(record);
    if (key === undefined || !this.#timers.delete(key, time)) return;
    this.#leaveIfEmpty(key);
    if (++this.#deleted > TOLERATED && this.#deleted * 2 > this.#heap.length) this.#rebuild();
  }

  /** Takes the first timer that is due by `limit` out, as `record` and `time`. @returns false if there is none */
  pop(limit: number): boolean {
    while (this.#heap.length > 0 && this.#heap.firstTime <= limit) {
      const time = this.#heap.firstTime;
      const key = this.#timers.remove(this.#heap.pop());
      if (key < 0) {
        this.#deleted--;
        continue;
      }
      this.record = this.#owners[key]!;
      this.time = time;
      this.#leaveIfEmpty(key);
      return true;
    }
    return false;
  }

  snapshot(writer: StateWriter): void {
    const groups = new Map<number, (readonly [unknown, readonly number[]])[]>();
    for (const [key, record] of this.#owners.entries()) {
      if (record === null || this.#timers.isEmpty(key)) continue;
      const times: number[] = [];
      this.#timers.forEach(key, (time) => times.push(time));
      const group = groups.get(record.keyGroup) ?? [];
      group.push([record.key, times]);
      groups.set(record.keyGroup, group);
    }
    for (const [keyGroup, timers] of groups) writer.writeKeyed(this.#section, keyGroup, encodePlain(timers));
  }

  restore(reader: StateReader): void {
    const { records } = this.#keys;
    for (const { bytes } of reader.readKeyed(this.#section)) {
      for (const [key, times] of decodePlain(bytes) as [unknown, number[]][]) {
        const record = records.of(key);
        for (const time of times) this.register(record, time);
      }
    }
  }

  #numberOf(record: KeyRecord): number | undefined {
    return record.slots[this.#slot] as number | undefined;
  }

  #add(record: KeyRecord): number {
    const key = this.#free.pop() ?? this.#owners.length;
    this.#owners[key] = record;
    this.#timers.reserve(key);
    this.#keys.records.set(record, this.#slot, key);
    this.#idle++;
    return key;
  }

  /** A key has no timers any more. Its number stays until such keys are many: most will have some again. */
  #leaveIfEmpty(key: number): void {
    if (!this.#timers.isEmpty(key)) return;
    if (++this.#idle <= TOLERATED || this.#idle * 2 <= this.#owners.length - this.#free.length) return;
    this.#idle = 0;
    for (const [idle, record] of this.#owners.entries()) {
      if (record === null || !this.#timers.isEmpty(idle)) continue;
      this.#keys.records.clear(record, this.#slot);
      this.#owners[idle] = null;
      this.#free.push(idle);
    }
  }

  /** Equal times of different keys change their order; nobody was promised one. */
  #rebuild(): void {
    const heap = new TimeHeap();
    for (const key of this.#owners.keys()) this.#timers.forEach(key, (time, timer) => heap.push(time, timer));
    this.#heap.forEach((timer) => {
      if (this.#timers.isDeleted(timer)) this.#timers.remove(timer);
    });
    this.#heap = heap;
    this.#deleted = 0;
  }
}
