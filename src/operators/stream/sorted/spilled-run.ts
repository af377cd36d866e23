/** A sorted run on disk, in parts that are read one at a time. */
import type { RowReader } from '../../../columnar/records/record-column.ts';
import { fromColumns, type RecordColumns, toColumns } from '../../../columnar/records/record-columns.ts';
import { inferShape } from '../../../columnar/records/record-shape.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import type { SpillDirectory, SpillFile } from '../../../memory/spill-file.ts';
import { decodePlain, encodePlain } from '../../../state/plain-data.ts';
import type { BufferCursor } from './buffer-cursor.ts';
import type { RowLayout } from './row-layout.ts';
import { type Bound, NO_BOUND, Piece, type RunCursor } from './run-cursor.ts';

const PART_RECORDS = 8192;

interface PartHead {
  readonly keys: readonly unknown[];
  /** By key: the record after its last one. */
  readonly ends: readonly number[];
  /** null: the records are rows. */
  readonly columns: RecordColumns | null;
}

/** Where a part lies in the file: its rows, if it has some, and then its head. */
interface PartPlace {
  readonly offset: number;
  readonly rowBytes: number;
  readonly headBytes: number;
}

/** Writes all that a cursor gives, some of it at a time. */
export class RunWriter {
  readonly #run: BufferCursor;
  readonly #layout: RowLayout | null;
  readonly #memory: LinearMemory;
  readonly #file: SpillFile;
  readonly #parts: PartPlace[] = [];

  constructor(run: BufferCursor, memory: LinearMemory, spill: SpillDirectory) {
    this.#run = run;
    this.#layout = run.layout;
    this.#memory = memory;
    this.#file = spill.create('sorted-records');
  }

  /** Writes the next part. @returns what has been written, once that is all; null before */
  writePart(): RunCursor | null {
    const run = this.#run;
    if (!run.done) {
      if (this.#layout === null) this.#writeRecords();
      else this.#writeRows(this.#layout);
    }
    if (!run.done) return null;
    run.close();
    return new SpilledCursor(run.input, this.#layout, { file: this.#file, memory: this.#memory, parts: this.#parts });
  }

  /** Gives up. */
  close(): void {
    this.#run.close();
    this.#file.close();
  }

  #writeRecords(): void {
    const run = this.#run;
    const piece = new Piece(PART_RECORDS);
    const keys: unknown[] = [];
    const ends: number[] = [];
    while (!run.done && !piece.isFull) {
      keys.push(run.key);
      run.take(piece, NO_BOUND);
      ends.push(piece.length);
    }
    const values = piece.values.slice(0, piece.length);
    const timestamps = Array.from(piece.timestamps.subarray(0, piece.length));
    this.#append(0, 0, { keys, ends, columns: toColumns({ values, timestamps }, inferShape(values)) });
  }

  /** As they lie. */
  #writeRows({ words }: RowLayout): void {
    const run = this.#run;
    const addresses = new Uint32Array(PART_RECORDS);
    const keys: unknown[] = [];
    const ends: number[] = [];
    let count = 0;
    while (!run.done && count < PART_RECORDS) {
      keys.push(run.key);
      count += run.takeAddresses(addresses, count, PART_RECORDS - count);
      ends.push(count);
    }
    const bytes = count * words * 4;
    const rows = this.#memory.allocate(bytes);
    const { i32 } = this.#memory;
    for (let row = 0, to = rows >>> 2; row < count; row++) {
      const from = addresses[row]! >>> 2;
      for (let word = 0; word < words; word++) i32[to++] = i32[from + word]!;
    }
    this.#append(rows, bytes, { keys, ends, columns: null });
    this.#memory.free(rows);
  }

  #append(rows: number, rowBytes: number, head: PartHead): void {
    const offset = this.#file.write(rows, rowBytes);
    const bytes = encodePlain(head);
    const block = this.#memory.allocate(bytes.length);
    this.#memory.u8.set(bytes, block);
    this.#file.write(block, bytes.length);
    this.#memory.free(block);
    this.#parts.push({ offset, rowBytes, headBytes: bytes.length });
  }
}

interface WrittenRun {
  readonly file: SpillFile;
  readonly memory: LinearMemory;
  readonly parts: readonly PartPlace[];
}

class SpilledCursor implements RunCursor {
  readonly input: number;
  readonly #layout: RowLayout | null;
  readonly #run: WrittenRun;
  /** Of the records that are read. */
  readonly #current = { key: undefined as unknown };
  readonly #readRow: RowReader | null;
  #number = 0;
  #part: PartHead | null = null;
  /** Of the part: its rows in memory, or its records. */
  #rows = 0;
  #values: readonly unknown[] = [];
  #timestamps: ArrayLike<number> = [];
  /** Number of the key in the part. */
  #key = 0;
  #at = 0;

  constructor(input: number, layout: RowLayout | null, run: WrittenRun) {
    this.input = input;
    this.#layout = layout;
    this.#run = run;
    this.#readRow = layout === null ? null : layout.reader(this.#current, null);
    this.#nextPart();
  }

  get done(): boolean {
    return this.#part === null;
  }

  get key(): unknown {
    return this.#part!.keys[this.#key];
  }

  get timestamp(): number {
    return this.#timestampOf(this.#at);
  }

  take(piece: Piece, { timestamp, inclusive }: Bound): void {
    const end = this.#part!.ends[this.#key]!;
    this.#current.key = this.key;
    for (; this.#at < end && !piece.isFull; this.#at++) {
      const time = this.#timestampOf(this.#at);
      if (time > timestamp || (time === timestamp && !inclusive)) return;
      piece.push(this.#readRow === null ? this.#values[this.#at] : this.#readRow(this.#addressOf(this.#at)), time);
    }
    if (this.#at < end) return;
    this.#key++;
    if (this.#key === this.#part!.keys.length) this.#nextPart();
  }

  close(): void {
    this.#run.memory.free(this.#rows);
    this.#rows = 0;
    this.#run.file.close();
    this.#part = null;
    this.#values = [];
  }

  #addressOf(record: number): number {
    return this.#rows + record * this.#layout!.words * 4;
  }

  #timestampOf(record: number): number {
    return this.#layout === null ? this.#timestamps[record]! : this.#layout.timestampAt(this.#addressOf(record));
  }

  #nextPart(): void {
    const place = this.#run.parts[this.#number++];
    if (place === undefined) {
      this.close();
      return;
    }
    const { file, memory } = this.#run;
    const { offset, rowBytes, headBytes } = place;
    memory.free(this.#rows);
    this.#rows = memory.allocate(rowBytes);
    file.read(offset, this.#rows, rowBytes);
    const block = memory.allocate(headBytes);
    file.read(offset + rowBytes, block, headBytes);
    // A copy: decoders do not take shared memory.
    const part = decodePlain(Uint8Array.from(memory.bytes(block, headBytes))) as PartHead;
    memory.free(block);
    this.#part = part;
    if (part.columns !== null) {
      this.#values = fromColumns(part.columns).values;
      this.#timestamps = part.columns.timestamps!;
    }
    this.#key = 0;
    this.#at = 0;
  }
}
