/**
 * Records of one input that wait to be sorted: in linear memory and in columns, so that they are no burden to the
 * garbage collector. Keys are grouped by hash, so that only the different ones are compared. Records without a
 * timestamp may be combined as they come, since nothing that comes later is before them.
 */
import { type RecordColumns, toColumns } from '../../../columnar/records/record-columns.ts';
import { inferShape } from '../../../columnar/records/record-shape.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../../dataflow/records.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import type { MemoryConsumer } from '../../../memory/budget.ts';
import { KeyMap } from '../../../state/keyed/key-map.ts';
import { checkKey } from '../../../state/keyed/keys.ts';
import { BufferCursor } from './buffer-cursor.ts';
import { CHUNK_RECORDS, RowSection } from './row-section.ts';
import { type RowShape, shapeOf } from './row-shape.ts';

/** A guess at what the heap needs for a key. */
const GROUP_BYTES = 200;

export type Combine = (first: unknown, second: unknown) => unknown;

export interface SortBufferOptions {
  readonly input: number;
  readonly memory: LinearMemory;
  readonly consumer: MemoryConsumer;
  /** Of two records of a key without a timestamp, which may then be kept as one; null: all of them are kept. */
  readonly combine: Combine | null;
  /** Of records of this input that came before; null: nothing is known. */
  readonly shape: RowShape | null;
}

export class SortBuffer {
  readonly #options: SortBufferOptions;
  readonly #groups = new KeyMap<number>();
  readonly #keys: unknown[] = [];
  /** By group: what records without a timestamp have been combined to. */
  readonly #combined: unknown[] = [];
  /** By group: 1 if there is something. */
  #hasCombined = new Uint8Array(64);
  /** Rows of one shape each, as they came. */
  readonly #sections: RowSection[] = [];
  /** Of the records that are read. */
  readonly #current = { key: undefined as unknown };
  /** The last shape. */
  #shape: RowShape | null;
  #pending: unknown[] = [];
  #pendingKeys: unknown[] = [];
  #pendingTimestamps: number[] = [];
  #pendingGroups: number[] = [];

  constructor(options: SortBufferOptions) {
    this.#options = options;
    this.#shape = options.shape;
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  get shape(): RowShape | null {
    return this.#shape;
  }

  get bytes(): number {
    const rows = this.#sections.reduce((sum, section) => sum + section.bytes, 0);
    return rows + this.#keys.length * GROUP_BYTES;
  }

  /** @throws EngineError STATE-KEY */
  add({ values, timestamps, columns }: RecordBatch, keyOf: (value: unknown) => unknown): void {
    const { combine } = this.#options;
    if (combine !== null && timestamps === null) {
      for (const value of values) this.#combineInto(this.#groupOf(keyOf(value)), value, combine);
      return;
    }
    if (
      columns !== undefined &&
      values.length <= CHUNK_RECORDS &&
      (combine === null || !timestamps!.includes(NO_TIMESTAMP))
    ) {
      this.#flush();
      const keys = new Array<unknown>(values.length);
      const groups = new Int32Array(values.length);
      for (let i = 0; i < values.length; i++) {
        const key = keyOf(values[i]);
        keys[i] = key;
        groups[i] = this.#groupOf(key);
      }
      this.#addColumns(columns, values, keys, groups);
      return;
    }
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const key = keyOf(value);
      const group = this.#groupOf(key);
      const timestamp = timestamps === null ? NO_TIMESTAMP : timestamps[i]!;
      if (combine !== null && timestamp === NO_TIMESTAMP) this.#combineInto(group, value, combine);
      else {
        this.#pendingKeys.push(key);
        this.#pendingGroups.push(group);
        this.#pendingTimestamps.push(timestamp);
        if (this.#pending.push(value) === CHUNK_RECORDS) this.#flush();
      }
    }
  }

  /** What has been added, sorted. Nothing may be added afterwards, and the cursor is to be closed. */
  sorted(): BufferCursor {
    this.#flush();
    return new BufferCursor({
      input: this.#options.input,
      keys: this.#keys,
      combined: this.#combined,
      hasCombined: this.#hasCombined,
      sections: this.#sections,
      current: this.#current,
    });
  }

  /** Gives up. */
  close(): void {
    for (const section of this.#sections) section.close();
  }

  #groupOf(key: unknown): number {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (key === undefined || key === null) checkKey(key);
    const kept = typeof key === 'string' ? flatCopy(key) : key;
    const group = this.#keys.push(kept) - 1;
    this.#groups.set(kept, group);
    if (group === this.#hasCombined.length) {
      const longer = new Uint8Array(group * 2);
      longer.set(this.#hasCombined);
      this.#hasCombined = longer;
    }
    return group;
  }

  #combineInto(group: number, value: unknown, combine: Combine): void {
    if (this.#hasCombined[group] === 1) this.#combined[group] = combine(this.#combined[group], value);
    else {
      this.#combined[group] = value;
      this.#hasCombined[group] = 1;
    }
  }

  #flush(): void {
    const values = this.#pending;
    if (values.length === 0) return;
    const times = this.#pendingTimestamps;
    const timestamps = times.some((time) => time !== NO_TIMESTAMP) ? times : null;
    const columns = toColumns({ values, timestamps }, inferShape(values));
    this.#addColumns(columns, values, this.#pendingKeys, Int32Array.from(this.#pendingGroups));
    this.#pending = [];
    this.#pendingKeys = [];
    this.#pendingTimestamps = [];
    this.#pendingGroups = [];
  }

  #addColumns(columns: RecordColumns, values: readonly unknown[], keys: readonly unknown[], groups: Int32Array): void {
    const keyRead = (record: number): unknown => this.#keys[groups[record]!];
    const shape = shapeOf({ columns, values, keys, keyRead }, this.#shape);
    this.#shape = shape;
    let section = this.#sections.at(-1);
    if (section?.shape !== shape) {
      const { memory, consumer } = this.#options;
      section = new RowSection(memory, consumer, shape, this.#current);
      this.#sections.push(section);
    }
    section.append(columns, groups, this.#keys.length);
  }
}

/** A key may be a cut of the text of a whole column, which it would keep in memory. */
function flatCopy(key: string): string {
  return Buffer.from(key, 'utf16le').toString('utf16le');
}
