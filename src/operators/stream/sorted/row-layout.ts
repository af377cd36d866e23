/**
 * Where the parts of a record lie in its row of linear memory: the doubles first, then what has 32 bits, last the place
 * of the record in its columns, if some of it is there.
 */
import { assert } from '../../../base/assert.ts';
import type { Numbers, RowReader } from '../../../columnar/records/record-column.ts';
import { type RecordColumns, recordReader } from '../../../columnar/records/record-columns.ts';
import { NO_TIMESTAMP } from '../../../dataflow/records.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import type { PartForm, RowShape } from './row-shape.ts';

/** The place of a number in a row. */
interface Slot {
  /** In words of 32 bits. */
  readonly word: number;
  readonly form: 'integer' | 'number';
}

/** The key in hand. */
export interface CurrentKey {
  readonly key: unknown;
}

/** What stays in columns, as the row tells its place. */
export interface ColumnParts {
  /** The whole record. */
  read(place: number): unknown;
  readPart(place: number, part: number): unknown;
}

export class RowLayout {
  readonly shape: RowShape;
  /** Of a row, in words of 32 bits. */
  readonly words: number;
  readonly #memory: LinearMemory;
  readonly #time: Slot | null;
  /** By part; null: the part is not in the row. */
  readonly #slots: readonly (Slot | null)[];
  /** The word that tells where the record is in columns; -1: nothing of it is. */
  readonly #place: number;

  constructor(memory: LinearMemory, shape: RowShape) {
    this.#memory = memory;
    this.shape = shape;
    const parts = shape.parts ?? [];
    let words = 0;
    const slot = (form: 'integer' | 'number'): Slot => {
      const word = words;
      words += form === 'number' ? 2 : 1;
      return { word, form };
    };
    const slots: (Slot | null)[] = parts.map(() => null);
    let time: Slot | null = null;
    for (const form of ['number', 'integer'] as const) {
      if (shape.time === form) time = slot(form);
      for (const [i, part] of parts.entries()) if (part === form) slots[i] = slot(form);
    }
    this.#time = time;
    this.#slots = slots;
    this.#place = shape.parts === null || parts.includes('column') ? words++ : -1;
    const hasDoubles = shape.time === 'number' || parts.includes('number');
    // Doubles are read at multiples of their size; and a row has at least a word, so that no two have one address.
    this.words = hasDoubles ? (words + 1) & ~1 : Math.max(words, 1);
  }

  /** Nothing of a record is in columns. */
  get isWhole(): boolean {
    return this.#place < 0;
  }

  /** @param addresses of the rows */
  write({ columns, timestamps }: RecordColumns, addresses: Uint32Array, firstPlace: number): void {
    const { i32 } = this.#memory;
    for (const [i, slot] of this.#slots.entries()) {
      if (slot === null) continue;
      const column = columns[i]!;
      assert(column.type === 'number', 'a row has numbers');
      this.#writeNumbers(column.values, slot, 0, addresses);
    }
    if (this.#time !== null) {
      const times = timestamps ?? new Float64Array(addresses.length).fill(NO_TIMESTAMP);
      this.#writeNumbers(times, this.#time, this.shape.origin, addresses);
    }
    const at = this.#place;
    if (at >= 0) for (let i = 0; i < addresses.length; i++) i32[(addresses[i]! >>> 2) + at] = firstPlace + i;
  }

  /** Reads those of the rows from `start` to `end`. */
  timestampsAt(addresses: Uint32Array, timestamps: Float64Array, start: number, end: number): void {
    const time = this.#time;
    const { i32, f64 } = this.#memory;
    const { origin } = this.shape;
    if (time === null) timestamps.fill(NO_TIMESTAMP, start, end);
    else if (time.form === 'integer') {
      for (let i = start; i < end; i++) timestamps[i] = i32[(addresses[i]! >>> 2) + time.word]! + origin;
    } else {
      for (let i = start; i < end; i++) timestamps[i] = f64[((addresses[i]! >>> 2) + time.word) >>> 1]!;
    }
  }

  timestampAt(address: number): number {
    const time = this.#time;
    if (time === null) return NO_TIMESTAMP;
    const word = (address >>> 2) + time.word;
    return time.form === 'integer' ? this.#memory.i32[word]! + this.shape.origin : this.#memory.f64[word >>> 1]!;
  }

  /**
   * Reads the record at an address.
   *
   * @param current whose key is that of the record
   * @param parts null: the layout `isWhole`
   */
  reader(current: CurrentKey, parts: ColumnParts | null): RowReader {
    const { kind, names } = this.shape;
    if (this.shape.parts === null) return (address) => parts!.read(this.#placeOf(address));
    const readers = this.shape.parts.map((form, i) => this.#partReader(form, i, current, parts));
    return recordReader({ kind, names, columns: [], whole: null }, readers);
  }

  #partReader(form: PartForm, part: number, current: CurrentKey, parts: ColumnParts | null): RowReader {
    const memory = this.#memory;
    const word = this.#slots[part]?.word ?? 0;
    switch (form) {
      case 'key':
        return () => current.key;
      case 'timestamp':
        return (address) => this.timestampAt(address);
      case 'integer':
        return (address) => memory.i32[(address >>> 2) + word];
      case 'number':
        return (address) => memory.f64[((address >>> 2) + word) >>> 1];
      case 'column':
        return (address) => parts!.readPart(this.#placeOf(address), part);
    }
  }

  #placeOf(address: number): number {
    return this.#memory.i32[(address >>> 2) + this.#place]!;
  }

  #writeNumbers(values: Numbers, { word, form }: Slot, origin: number, addresses: Uint32Array): void {
    const { i32, f64 } = this.#memory;
    if (form === 'integer') {
      for (let i = 0; i < values.length; i++) i32[(addresses[i]! >>> 2) + word] = values[i]! - origin;
    } else {
      for (let i = 0; i < values.length; i++) f64[((addresses[i]! >>> 2) + word) >>> 1] = values[i]!;
    }
  }
}
