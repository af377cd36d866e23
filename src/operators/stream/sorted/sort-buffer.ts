/**
 * Records that wait to be sorted: in columns, so that they are no burden to the garbage collector. Keys are grouped by
 * hash, so that only the different ones are compared. Records without a timestamp may be combined as they come, since
 * nothing that comes later is before them.
 */
import { type RecordColumns, toColumns } from '../../../columnar/records/record-columns.ts';
import { inferShape } from '../../../columnar/records/record-shape.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../../dataflow/records.ts';
import { KeyMap } from '../../../state/keyed/key-map.ts';
import { checkKey, compareKeys } from '../../../state/keyed/keys.ts';
import { type PackedLayout, type PackedRows, packRows, sameLayout, timestampAt } from './packed-rows.ts';
import type { Piece, RunCursor } from './run-cursor.ts';

/** Rows that are made into columns together; the place of a record is chunk and row in one number. */
const CHUNK_BITS = 14;
const CHUNK_ROWS = 1 << CHUNK_BITS;
/** A guess at what the heap needs for a key. */
const GROUP_BYTES = 200;

export type Combine = (first: unknown, second: unknown) => unknown;

interface Chunk {
  readonly rows: PackedRows;
  readonly input: number;
  /** By row. */
  readonly groups: Int32Array;
}

export class SortBuffer {
  readonly #combine: Combine | null;
  readonly #groups = new KeyMap<number>();
  readonly #keys: unknown[] = [];
  /** By group: what records without a timestamp have been combined to. */
  readonly #combined: unknown[] = [];
  readonly #hasCombined: boolean[] = [];
  readonly #chunks: Chunk[] = [];
  /** Of the records that are read. */
  readonly #current = { key: undefined as unknown };
  #pending: unknown[] = [];
  #pendingKeys: unknown[] = [];
  #pendingTimestamps: number[] = [];
  #pendingGroups: number[] = [];
  #pendingInput = 0;
  #bytes = 0;

  /** @param combine of two records of a key; null: all of them are kept */
  constructor(combine: Combine | null) {
    this.#combine = combine;
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  get bytes(): number {
    return this.#bytes + this.#keys.length * GROUP_BYTES;
  }

  /** @throws EngineError STATE-KEY */
  add(records: RecordBatch, keyOf: (value: unknown) => unknown, input: number): void {
    if (input !== this.#pendingInput) this.#flush();
    this.#pendingInput = input;
    const { values, timestamps, columns } = records;
    if (columns !== undefined && values.length <= CHUNK_ROWS && (this.#combine === null || timestamps !== null)) {
      this.#flush();
      const keys = values.map(keyOf);
      const groups = new Int32Array(keys.length);
      for (let i = 0; i < keys.length; i++) groups[i] = this.#groupOf(keys[i]);
      this.#addColumns(columns, values, keys, groups);
      return;
    }
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const key = keyOf(value);
      const group = this.#groupOf(key);
      const timestamp = timestamps === null ? NO_TIMESTAMP : timestamps[i]!;
      if (this.#combine !== null && timestamp === NO_TIMESTAMP) this.#combineInto(group, value, this.#combine);
      else {
        this.#pendingKeys.push(key);
        this.#pendingGroups.push(group);
        this.#pendingTimestamps.push(timestamp);
        if (this.#pending.push(value) === CHUNK_ROWS) this.#flush();
      }
    }
  }

  /** What has been added, sorted. Nothing may be added afterwards. */
  sorted(): BufferCursor {
    this.#flush();
    const groups = this.#keys.map((_, group) => group);
    groups.sort((a, b) => compareKeys(this.#keys[a], this.#keys[b]));
    return new BufferCursor(groups, this.#places(), this.#chunks, {
      keys: this.#keys,
      combined: this.#combined,
      hasCombined: this.#hasCombined,
      current: this.#current,
      layout: this.#commonLayout(),
    });
  }

  /** How all rows lie, if they lie alike; null: they do not, or there is something else than rows. */
  #commonLayout(): PackedLayout | null {
    const first = this.#chunks[0]?.rows.layout ?? null;
    if (first === null || this.#hasCombined.includes(true)) return null;
    const isCommon = this.#chunks.every(({ rows: { layout } }) => layout !== null && sameLayout(layout, first));
    return isCommon ? first : null;
  }

  #groupOf(key: unknown): number {
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (key === undefined || key === null) checkKey(key);
      group = this.#keys.push(typeof key === 'string' ? flatCopy(key) : key) - 1;
      this.#hasCombined.push(false);
      this.#combined.push(undefined);
      this.#groups.set(this.#keys[group], group);
    }
    return group;
  }

  #combineInto(group: number, value: unknown, combine: Combine): void {
    if (this.#hasCombined[group]) this.#combined[group] = combine(this.#combined[group], value);
    else {
      this.#combined[group] = value;
      this.#hasCombined[group] = true;
    }
  }

  #flush(): void {
    const values = this.#pending;
    if (values.length === 0) return;
    const columns = toColumns({ values, timestamps: this.#pendingTimestamps }, inferShape(values));
    this.#addColumns(columns, values, this.#pendingKeys, Int32Array.from(this.#pendingGroups));
    this.#pending = [];
    this.#pendingKeys = [];
    this.#pendingTimestamps = [];
    this.#pendingGroups = [];
  }

  #addColumns(columns: RecordColumns, values: readonly unknown[], keys: readonly unknown[], groups: Int32Array): void {
    const rows = packRows(columns, values, keys, this.#current);
    this.#chunks.push({ rows, input: this.#pendingInput, groups });
    // The group and the place of each record.
    this.#bytes += rows.bytes + groups.length * 8;
  }

  /** The places of all records by group, each group's as they came: a counting sort. */
  #places(): { readonly places: Int32Array; readonly starts: Int32Array } {
    const starts = new Int32Array(this.#keys.length + 1);
    for (const { groups } of this.#chunks) for (let i = 0; i < groups.length; i++) starts[groups[i]! + 1]!++;
    for (let group = 0; group < this.#keys.length; group++) starts[group + 1]! += starts[group]!;
    const next = starts.slice();
    const places = new Int32Array(starts.at(-1)!);
    for (const [chunk, { groups }] of this.#chunks.entries()) {
      for (let row = 0; row < groups.length; row++) places[next[groups[row]!]!++] = (chunk << CHUNK_BITS) | row;
    }
    return { places, starts };
  }
}

/** A key may be a cut of the text of a whole column, which it would keep in memory. */
function flatCopy(key: string): string {
  return Buffer.from(key, 'utf16le').toString('utf16le');
}

interface Groups {
  readonly keys: readonly unknown[];
  readonly combined: readonly unknown[];
  readonly hasCombined: readonly boolean[];
  readonly current: { key: unknown };
  readonly layout: PackedLayout | null;
}

/** Rows as they lie, in order. */
export interface PackedPart {
  readonly layout: PackedLayout;
  readonly numbers: Float64Array;
  /** By row: number of the input. */
  readonly inputs: Uint8Array;
  readonly keys: readonly unknown[];
  /** By key: the row after its last one. */
  readonly ends: Uint32Array;
}

export class BufferCursor implements RunCursor {
  readonly #order: readonly number[];
  readonly #places: Int32Array;
  readonly #starts: Int32Array;
  readonly #chunks: readonly Chunk[];
  readonly #groups: Groups;
  /** By chunk. */
  readonly #numbers: readonly Float64Array[];
  /** All rows have timestamps, lie alike, and are of one input. */
  readonly #isAlike: boolean;
  #group = -1;
  #number = -1;
  #at = 0;
  #end = 0;
  /** The combined record of the group comes next. */
  #first = false;

  constructor(
    order: readonly number[],
    { places, starts }: { readonly places: Int32Array; readonly starts: Int32Array },
    chunks: readonly Chunk[],
    groups: Groups,
  ) {
    this.#order = order;
    this.#places = places;
    this.#starts = starts;
    this.#chunks = chunks;
    this.#groups = groups;
    this.#numbers = chunks.map(({ rows }) => rows.numbers);
    this.#isAlike = groups.layout?.timed === true && chunks.every(({ input }) => input === chunks[0]!.input);
    this.#nextGroup();
  }

  get done(): boolean {
    return this.#number >= this.#order.length;
  }

  get key(): unknown {
    return this.#groups.keys[this.#group];
  }

  get timestamp(): number {
    return this.#first ? NO_TIMESTAMP : this.#timestampAt(this.#places[this.#at]!);
  }

  get input(): number {
    return this.#first ? 0 : this.#chunks[this.#places[this.#at]! >>> CHUNK_BITS]!.input;
  }

  take({ values, timestamps, inputs }: Piece, limit: number, timestamp: number, input: number): void {
    if (this.#first) {
      this.#first = false;
      values.push(this.#groups.combined[this.#group]);
      timestamps.push(NO_TIMESTAMP);
      inputs.push(0);
    }
    while (this.#at < this.#end && values.length < limit) {
      const place = this.#places[this.#at]!;
      const chunk = this.#chunks[place >>> CHUNK_BITS]!;
      const row = place & (CHUNK_ROWS - 1);
      const time = timestampAt(chunk.rows, row);
      if (time > timestamp || (time === timestamp && chunk.input > input)) return;
      values.push(chunk.rows.read(row));
      timestamps.push(time);
      inputs.push(chunk.input);
      this.#at++;
    }
    if (this.#at === this.#end) this.#nextGroup();
  }

  /** Takes the next rows, at most so many, without making records of them. null: they are not all alike. */
  takePacked(limit: number): PackedPart | null {
    const { layout } = this.#groups;
    if (layout === null) return null;
    const { stride } = layout;
    const numbers = new Float64Array(limit * stride);
    const inputs = new Uint8Array(limit);
    const keys: unknown[] = [];
    const ends: number[] = [];
    let count = 0;
    while (count < limit && !this.done) {
      keys.push(this.key);
      const end = Math.min(this.#end, this.#at + limit - count);
      for (; this.#at < end; this.#at++, count++) {
        const place = this.#places[this.#at]!;
        const { rows, input } = this.#chunks[place >>> CHUNK_BITS]!;
        const from = (place & (CHUNK_ROWS - 1)) * stride;
        for (let i = 0; i < stride; i++) numbers[count * stride + i] = rows.numbers[from + i]!;
        inputs[count] = input;
      }
      ends.push(count);
      if (this.#at === this.#end) this.#nextGroup();
    }
    return {
      layout,
      numbers: numbers.slice(0, count * stride),
      inputs: inputs.slice(0, count),
      keys,
      ends: Uint32Array.from(ends),
    };
  }

  close(): void {}

  #nextGroup(): void {
    this.#number++;
    if (this.#number >= this.#order.length) return;
    const group = this.#order[this.#number]!;
    this.#group = group;
    this.#groups.current.key = this.key;
    this.#at = this.#starts[group]!;
    this.#end = this.#starts[group + 1]!;
    this.#first = this.#groups.hasCombined[group]!;
    this.#sortGroup();
  }

  /** The same for rows that lie alike, of one input. */
  #isInOrderOfTime(): boolean {
    const places = this.#places;
    const numbers = this.#numbers;
    const { stride } = this.#groups.layout!;
    let last = Number.NEGATIVE_INFINITY;
    let sorted = 1;
    for (let i = this.#at; i < this.#end; i++) {
      const place = places[i]!;
      const time = numbers[place >>> CHUNK_BITS]![(place & (CHUNK_ROWS - 1)) * stride]!;
      sorted &= Number(time >= last);
      last = time;
    }
    return sorted === 1;
  }

  #timestampAt(place: number): number {
    return timestampAt(this.#chunks[place >>> CHUNK_BITS]!.rows, place & (CHUNK_ROWS - 1));
  }

  /** By timestamp, then input, then place, which rises as records came. */
  #sortGroup(): void {
    if (this.#isSorted()) return;
    this.#places
      .subarray(this.#at, this.#end)
      .sort(
        (a, b) =>
          this.#timestampAt(a) - this.#timestampAt(b) ||
          this.#chunks[a >>> CHUNK_BITS]!.input - this.#chunks[b >>> CHUNK_BITS]!.input ||
          a - b,
      );
  }

  /** Often they are. Nothing else is done here, so that the accesses to memory overlap: they take the time. */
  #isSorted(): boolean {
    const places = this.#places;
    const chunks = this.#chunks;
    if (this.#isAlike) return this.#isInOrderOfTime();
    let lastTime = Number.NEGATIVE_INFINITY;
    let lastInput = 0;
    let sorted = true;
    for (let i = this.#at; i < this.#end; i++) {
      const place = places[i]!;
      const { rows, input } = chunks[place >>> CHUNK_BITS]!;
      const time = timestampAt(rows, place & (CHUNK_ROWS - 1));
      if (time < lastTime || (time === lastTime && input < lastInput)) sorted = false;
      lastTime = time;
      lastInput = input;
    }
    return sorted;
  }
}
