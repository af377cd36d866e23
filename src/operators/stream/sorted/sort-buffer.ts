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
import { BufferCursor, NOTHING } from './buffer-cursor.ts';
import { GroupTable } from './group-table.ts';
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
  readonly #groups = new GroupTable();
  /** By group: what records without a timestamp have been combined to, or NOTHING. */
  readonly #combined: unknown[] = [];
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
    return this.#groups.keys.length === 0;
  }

  get shape(): RowShape | null {
    return this.#shape;
  }

  get bytes(): number {
    const rows = this.#sections.reduce((sum, section) => sum + section.bytes, 0);
    return rows + this.#groups.keys.length * GROUP_BYTES;
  }

  /** @throws EngineError STATE-KEY */
  add({ values, timestamps, columns }: RecordBatch, keyOf: (value: unknown) => unknown): void {
    const { combine } = this.#options;
    const keys = new Array<unknown>(values.length);
    for (let i = 0; i < keys.length; i++) keys[i] = keyOf(values[i]);
    const groups = this.#groups.groupsOf(keys, columns);
    if (combine !== null) {
      for (let group = this.#combined.length; group < this.#groups.keys.length; group++) this.#combined.push(NOTHING);
      if (timestamps === null) {
        for (let i = 0; i < groups.length; i++) this.#combineInto(groups[i]!, values[i], combine);
        return;
      }
    }
    if (
      columns !== undefined &&
      values.length <= CHUNK_RECORDS &&
      (combine === null || !timestamps!.includes(NO_TIMESTAMP))
    ) {
      this.#flush();
      this.#addColumns(columns, values, keys, groups);
      return;
    }
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const group = groups[i]!;
      const timestamp = timestamps === null ? NO_TIMESTAMP : timestamps[i]!;
      if (combine !== null && timestamp === NO_TIMESTAMP) this.#combineInto(group, value, combine);
      else {
        this.#pendingKeys.push(keys[i]);
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
      keys: this.#groups.keys,
      combined: this.#combined,
      sections: this.#sections,
      current: this.#current,
    });
  }

  /** Gives up. */
  close(): void {
    for (const section of this.#sections) section.close();
  }

  #combineInto(group: number, value: unknown, combine: Combine): void {
    const before = this.#combined[group];
    this.#combined[group] = before === NOTHING ? value : combine(before, value);
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
    const keyRead = (record: number): unknown => this.#groups.keys[groups[record]!];
    const shape = shapeOf({ columns, values, keys, keyRead }, this.#shape);
    this.#shape = shape;
    let section = this.#sections.at(-1);
    if (section?.shape !== shape) {
      const { memory, consumer } = this.#options;
      section = new RowSection(memory, consumer, shape, this.#current);
      this.#sections.push(section);
    }
    section.append(columns, groups, this.#groups.keys.length);
  }
}
