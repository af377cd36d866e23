/**
 * What is kept for the keys of one operator: a record per key, by key group. State and timers share it, so that a key
 * is looked up once for each record of the stream, however much there is to it.
 */
import { keyGroupOf } from '../key-groups.ts';
import { KeyMap } from './key-map.ts';

/** Slots of a record that state leaves to timers. */
export const TIMER_SLOTS = 2;

export class KeyRecord {
  readonly key: unknown;
  readonly keyGroup: number;
  /** What is kept, by number; undefined: nothing. */
  readonly slots: unknown[];
  /** Slots that hold something; 0: the record is not among the others. */
  used = 0;

  constructor(key: unknown, keyGroup: number, slotCount: number) {
    this.key = key;
    this.keyGroup = keyGroup;
    this.slots = new Array(slotCount).fill(undefined);
  }
}

export class KeyRecords {
  /** Of new records; others have more when something is kept there. */
  slotCount = TIMER_SLOTS;
  readonly #maxParallelism: number;
  readonly #groups: (KeyMap<KeyRecord> | undefined)[];

  constructor(maxParallelism: number) {
    this.#maxParallelism = maxParallelism;
    this.#groups = new Array(maxParallelism);
  }

  /** The record of a key; a new one stays only if something is `set`. */
  of(key: unknown): KeyRecord {
    const keyGroup = keyGroupOf(key, this.#maxParallelism);
    return this.#groups[keyGroup]?.get(key) ?? new KeyRecord(key, keyGroup, this.slotCount);
  }

  /** @param value not undefined */
  set(record: KeyRecord, slot: number, value: unknown): void {
    const { slots } = record;
    if (slots[slot] === undefined && record.used++ === 0) this.#add(record);
    slots[slot] = value;
  }

  clear(record: KeyRecord, slot: number): void {
    if (record.slots[slot] === undefined) return;
    record.slots[slot] = undefined;
    if (--record.used === 0) this.#groups[record.keyGroup]!.delete(record.key);
  }

  /** The records of a key group. undefined: there never were any. */
  group(keyGroup: number): KeyMap<KeyRecord> | undefined {
    return this.#groups[keyGroup];
  }

  close(): void {
    this.#groups.length = 0;
  }

  #add(record: KeyRecord): void {
    let group = this.#groups[record.keyGroup];
    if (group === undefined) {
      group = new KeyMap();
      this.#groups[record.keyGroup] = group;
    }
    group.set(record.key, record);
  }
}
