/**
 * Records of the keyed inputs of one operator, handed back key by key in the order of keys, and within a key by
 * timestamp; records of one timestamp by input, then as they came. Keys are grouped by hash, so that only the different
 * ones are sorted.
 */
import { NO_TIMESTAMP } from '../../dataflow/records.ts';
import { KeyMap } from '../../state/keyed/key-map.ts';
import { compareKeys } from '../../state/keyed/keys.ts';

export interface RecordsOfKey {
  readonly key: unknown;
  readonly values: readonly unknown[];
  /** By value. */
  readonly timestamps: readonly number[];
  /** By value: number of the input. */
  readonly inputs: readonly number[];
}

class Group implements RecordsOfKey {
  readonly key: unknown;
  values: unknown[] = [];
  timestamps: number[] = [];
  inputs: number[] = [];
  #ordered = true;

  constructor(key: unknown) {
    this.key = key;
  }

  add(value: unknown, timestamp: number, input: number): void {
    const last = this.values.length - 1;
    if (last >= 0) {
      const before = this.timestamps[last]!;
      if (timestamp < before || (timestamp === before && input < this.inputs[last]!)) this.#ordered = false;
    }
    this.values.push(value);
    this.timestamps.push(timestamp);
    this.inputs.push(input);
  }

  sort(): void {
    if (this.#ordered) return;
    const { values, timestamps, inputs } = this;
    const order = Array.from(values, (_, i) => i);
    order.sort((a, b) => timestamps[a]! - timestamps[b]! || inputs[a]! - inputs[b]! || a - b);
    this.values = order.map((i) => values[i]);
    this.timestamps = order.map((i) => timestamps[i]!);
    this.inputs = order.map((i) => inputs[i]!);
    this.#ordered = true;
  }
}

export class SortedRecords {
  readonly #groups = new KeyMap<Group>();
  #sorted: Group[] | null = null;

  add(key: unknown, value: unknown, timestamp: number | undefined, input: number): void {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Group(key);
      this.#groups.set(key, group);
    }
    group.add(value, timestamp ?? NO_TIMESTAMP, input);
  }

  /** The records of the next key, once all have been added; null: there is none. */
  next(): RecordsOfKey | null {
    this.#sorted ??= this.#sort();
    const group = this.#sorted.pop();
    group?.sort();
    return group ?? null;
  }

  close(): void {
    this.#groups.clear();
    this.#sorted = null;
  }

  /** Last key first, so that what was handed out can be forgotten. */
  #sort(): Group[] {
    const groups: Group[] = [];
    this.#groups.forEach((group) => {
      groups.push(group);
    });
    this.#groups.clear();
    return groups.sort((a, b) => compareKeys(b.key, a.key));
  }
}
