/** A sorted run on disk, in parts that are read one at a time. */
import {
  fromColumns,
  type RecordColumns,
  type RowReader,
  toColumns,
} from '../../../columnar/records/record-columns.ts';
import { inferShape } from '../../../columnar/records/record-shape.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import type { SpillDirectory, SpillFile } from '../../../memory/spill-file.ts';
import { decodePlain, encodePlain } from '../../../state/plain-data.ts';
import { packedReader, timestampAt } from './packed-rows.ts';
import type { Piece, RunCursor } from './run-cursor.ts';
import type { BufferCursor, PackedPart } from './sort-buffer.ts';

const PART_ROWS = 8192;

type PartOfRecords = Omit<PackedPart, 'layout' | 'numbers'> & { readonly columns: RecordColumns };
type Part = PackedPart | PartOfRecords;

/** Where a part lies in the file. */
interface PartPlace {
  readonly offset: number;
  readonly length: number;
}

/** Writes all that a cursor gives, some of it at a time. */
export class RunWriter {
  readonly #run: BufferCursor;
  readonly #memory: LinearMemory;
  readonly #file: SpillFile;
  readonly #parts: PartPlace[] = [];
  #piece: Piece = { values: [], timestamps: [], inputs: [] };
  #keys: unknown[] = [];
  #ends: number[] = [];

  constructor(run: BufferCursor, memory: LinearMemory, spill: SpillDirectory) {
    this.#run = run;
    this.#memory = memory;
    this.#file = spill.create('sorted-records');
  }

  /** Writes the next part. @returns what has been written, once that is all; null before */
  writePart(): RunCursor | null {
    const run = this.#run;
    while (!run.done) {
      const packed = run.takePacked(PART_ROWS);
      if (packed !== null) {
        this.#append(packed);
        return null;
      }
      const { key } = run;
      run.take(this.#piece, PART_ROWS, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
      this.#keys.push(key);
      this.#ends.push(this.#piece.values.length);
      if (this.#piece.values.length < PART_ROWS) continue;
      this.#flush();
      return null;
    }
    this.#flush();
    run.close();
    return new SpilledCursor(this.#file, this.#memory, this.#parts);
  }

  /** Gives up. */
  close(): void {
    this.#run.close();
    this.#file.close();
  }

  #flush(): void {
    const piece = this.#piece;
    if (piece.values.length === 0) return;
    const columns = toColumns(piece, inferShape(piece.values));
    const inputs = Uint8Array.from(piece.inputs);
    this.#append({ columns, inputs, keys: this.#keys, ends: Uint32Array.from(this.#ends) });
    this.#piece = { values: [], timestamps: [], inputs: [] };
    this.#keys = [];
    this.#ends = [];
  }

  #append(part: Part): void {
    const bytes = encodePlain(part);
    const block = this.#memory.allocate(bytes.length);
    this.#memory.u8.set(bytes, block);
    this.#parts.push({ offset: this.#file.write(block, bytes.length), length: bytes.length });
    this.#memory.free(block);
  }
}

class SpilledCursor implements RunCursor {
  readonly #file: SpillFile;
  readonly #memory: LinearMemory;
  readonly #parts: readonly PartPlace[];
  #number = 0;
  #part: Part | null = null;
  /** Of the part. */
  #read: RowReader = () => undefined;
  #timestampOf: (row: number) => number = () => 0;
  /** Of the records that are read. */
  readonly #current = { key: undefined as unknown };
  /** Number of the key in the part. */
  #key = 0;
  #row = 0;

  constructor(file: SpillFile, memory: LinearMemory, parts: readonly PartPlace[]) {
    this.#file = file;
    this.#memory = memory;
    this.#parts = parts;
    this.#nextPart();
  }

  get done(): boolean {
    return this.#part === null;
  }

  get key(): unknown {
    return this.#part!.keys[this.#key];
  }

  get timestamp(): number {
    return this.#timestampOf(this.#row);
  }

  get input(): number {
    return this.#part!.inputs[this.#row]!;
  }

  take({ values, timestamps, inputs }: Piece, limit: number, timestamp: number, input: number): void {
    const part = this.#part!;
    const end = part.ends[this.#key]!;
    this.#current.key = this.key;
    while (this.#row < end && values.length < limit) {
      const time = this.#timestampOf(this.#row);
      const of = part.inputs[this.#row]!;
      if (time > timestamp || (time === timestamp && of > input)) return;
      values.push(this.#read(this.#row));
      timestamps.push(time);
      inputs.push(of);
      this.#row++;
    }
    if (this.#row < end) return;
    this.#key++;
    if (this.#row === part.inputs.length) this.#nextPart();
  }

  close(): void {
    this.#file.close();
    this.#part = null;
    this.#read = () => undefined;
  }

  #nextPart(): void {
    const place = this.#parts[this.#number++];
    if (place === undefined) {
      this.close();
      return;
    }
    const { offset, length } = place;
    const block = this.#memory.allocate(length);
    this.#file.read(offset, block, length);
    const part = decodePlain(Uint8Array.from(this.#memory.bytes(block, length))) as Part;
    this.#memory.free(block);
    this.#part = part;
    if ('layout' in part) {
      const rows = { ...part.layout, numbers: part.numbers };
      this.#read = packedReader(part.layout, part.numbers, this.#current);
      this.#timestampOf = (row) => timestampAt(rows, row);
    } else {
      const { values } = fromColumns(part.columns);
      const timestamps = part.columns.timestamps!;
      this.#read = (row) => values[row];
      this.#timestampOf = (row) => timestamps[row]!;
    }
    this.#key = 0;
    this.#row = 0;
  }
}
