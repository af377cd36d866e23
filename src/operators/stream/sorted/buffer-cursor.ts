/** Reads what a buffer has gathered, key by key; the records of a key are sorted when their turn comes. */

import { NO_TIMESTAMP } from '../../../dataflow/records.ts';
import { orderOfKeys } from './key-order.ts';
import { radixOrder, wordsOfNumbers } from './radix-order.ts';
import type { RowLayout } from './row-layout.ts';
import type { RowSection } from './row-section.ts';
import type { Bound, Piece, RunCursor } from './run-cursor.ts';

/** Rows that are sorted by moving each to its place. */
const FEW_ROWS = 24;

/** No record. */
export const NOTHING = Symbol('nothing');

/** What a buffer hands over; groups are numbered. */
export interface GroupedRecords {
  readonly input: number;
  readonly keys: readonly unknown[];
  /** By group: a record that comes before the rows, or NOTHING; none are missing if there are some. */
  readonly combined: readonly unknown[];
  /** Rows of a later section came later. */
  readonly sections: readonly RowSection[];
  /** Gets the key of the group that is read. */
  readonly current: { key: unknown };
}

export class BufferCursor implements RunCursor {
  readonly #records: GroupedRecords;
  readonly #order: ArrayLike<number>;
  /** Place of the group in the order. */
  #turn = -1;
  #group = -1;
  /** The combined record of the group comes next. */
  #combinedNext = false;
  /** Of the rows of the group, in order. */
  #addresses = new Uint32Array(64);
  #timestamps = new Float64Array(64);
  /** By row: the number of its section; null: all are in the same one. */
  #sections: Uint8Array | null = null;
  #at = 0;
  #end = 0;

  constructor(records: GroupedRecords) {
    this.#records = records;
    this.#order = orderOfKeys(records.keys);
    this.#nextGroup();
  }

  get done(): boolean {
    return this.#turn >= this.#order.length;
  }

  get input(): number {
    return this.#records.input;
  }

  get key(): unknown {
    return this.#records.keys[this.#group];
  }

  get timestamp(): number {
    return this.#combinedNext ? NO_TIMESTAMP : this.#timestamps[this.#at]!;
  }

  /** How all rows lie, if there is nothing else than rows that lie alike. */
  get layout(): RowLayout | null {
    const { sections, combined } = this.#records;
    const [only] = sections;
    if (sections.length !== 1 || !only!.layout.isWhole || combined.some((record) => record !== NOTHING)) return null;
    return only!.layout;
  }

  take(piece: Piece, { timestamp, inclusive }: Bound): void {
    if (this.#combinedNext) {
      this.#combinedNext = false;
      piece.push(this.#records.combined[this.#group], NO_TIMESTAMP);
    }
    const { sections } = this.#records;
    const timestamps = this.#timestamps;
    const addresses = this.#addresses;
    const sectionOf = this.#sections;
    let section = sections[0];
    let at = this.#at;
    for (; at < this.#end && !piece.isFull; at++) {
      const time = timestamps[at]!;
      if (time > timestamp || (time === timestamp && !inclusive)) break;
      if (sectionOf !== null) section = sections[sectionOf[at]!];
      piece.push(section!.read(addresses[at]!), time);
    }
    this.#at = at;
    if (at === this.#end) this.#nextGroup();
  }

  /**
   * Takes the addresses of the next rows of the key, at most so many, where there is a `layout`.
   *
   * @param addresses gets them, from `start` on
   * @returns how many
   */
  takeAddresses(addresses: Uint32Array, start: number, limit: number): number {
    const count = Math.min(this.#end - this.#at, limit);
    addresses.set(this.#addresses.subarray(this.#at, this.#at + count), start);
    this.#at += count;
    if (this.#at === this.#end) this.#nextGroup();
    return count;
  }

  close(): void {
    for (const section of this.#records.sections) section.close();
  }

  #nextGroup(): void {
    this.#turn++;
    if (this.done) return;
    const { combined } = this.#records;
    const group = this.#order[this.#turn]!;
    this.#group = group;
    this.#records.current.key = this.key;
    this.#combinedNext = combined.length > 0 && combined[group] !== NOTHING;
    this.#at = 0;
    this.#gather(group);
    if (!this.#isSorted()) this.#sort();
  }

  /** The rows of the group, as they came. */
  #gather(group: number): void {
    const { sections } = this.#records;
    let end = 0;
    for (const { rows } of sections) end += rows.countOf(group);
    this.#end = end;
    if (end > this.#addresses.length) {
      const length = Math.max(end, this.#addresses.length * 2);
      this.#addresses = new Uint32Array(length);
      this.#timestamps = new Float64Array(length);
    }
    this.#sections = sections.length > 1 ? new Uint8Array(end) : null;
    let start = 0;
    for (const [number, { rows, layout }] of sections.entries()) {
      const count = rows.countOf(group);
      rows.addressesOf(group, this.#addresses, start);
      layout.timestampsAt(this.#addresses, this.#timestamps, start, start + count);
      this.#sections?.fill(number, start, start + count);
      start += count;
    }
  }

  /** Often they are. */
  #isSorted(): boolean {
    const timestamps = this.#timestamps;
    for (let i = 1; i < this.#end; i++) if (timestamps[i]! < timestamps[i - 1]!) return false;
    return true;
  }

  /** By timestamp; what has the same one stays as it came. */
  #sort(): void {
    const end = this.#end;
    const addresses = this.#addresses.subarray(0, end);
    const timestamps = this.#timestamps.subarray(0, end);
    if (end <= FEW_ROWS && this.#sections === null) {
      insertionSort(timestamps, addresses);
      return;
    }
    const order = radixOrder(wordsOfNumbers(timestamps));
    permute(addresses, order);
    permute(timestamps, order);
    if (this.#sections !== null) permute(this.#sections, order);
  }
}

function permute(values: Uint32Array | Float64Array | Uint8Array, order: Uint32Array): void {
  const before = values.slice();
  for (let i = 0; i < order.length; i++) values[i] = before[order[i]!]!;
}

function insertionSort(timestamps: Float64Array, addresses: Uint32Array): void {
  for (let i = 1; i < timestamps.length; i++) {
    const time = timestamps[i]!;
    const address = addresses[i]!;
    let at = i;
    for (; at > 0 && timestamps[at - 1]! > time; at--) {
      timestamps[at] = timestamps[at - 1]!;
      addresses[at] = addresses[at - 1]!;
    }
    timestamps[at] = time;
    addresses[at] = address;
  }
}
