/**
 * Records of the keyed inputs of one operator, handed back key by key in the order of keys, and within a key by
 * timestamp; records of one timestamp by input, then as they came. What goes beyond the budget is sorted and written to
 * disk in runs, which are merged in the end.
 */
import type { RecordBatch } from '../../../dataflow/records.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import type { SpillDirectory } from '../../../memory/spill-file.ts';
import { compareKeys } from '../../../state/keyed/keys.ts';
import { comesBefore, type Piece, type RunCursor } from './run-cursor.ts';
import { type BufferCursor, type Combine, SortBuffer } from './sort-buffer.ts';
import { RunWriter } from './spilled-run.ts';

export interface SortedRecordsOptions {
  /** Bytes to keep in memory: `execution.sorted-inputs.memory`. */
  readonly memoryBytes: number;
  readonly memory: LinearMemory;
  readonly spill: SpillDirectory;
  /** Of two records of a key without a timestamp, which may then be handed back as one; null: all are handed back. */
  readonly combine: Combine | null;
}

export class SortedRecords {
  readonly #options: SortedRecordsOptions;
  #buffer: SortBuffer;
  #writer: RunWriter | null = null;
  /** As they were filled, so that records of one place keep their order. */
  #runs: RunCursor[] = [];
  /** Those that have the current key. */
  #heads: RunCursor[] = [];
  #key: unknown;

  constructor(options: SortedRecordsOptions) {
    this.#options = options;
    this.#buffer = new SortBuffer(options.combine);
  }

  /** @throws EngineError STATE-KEY */
  add(records: RecordBatch, keyOf: (value: unknown) => unknown, input: number): void {
    this.#buffer.add(records, keyOf, input);
    // One half of the memory is filled while the other is written.
    if (this.#buffer.bytes * 2 <= this.#options.memoryBytes) return;
    while (this.spilling) this.spillPart();
    const { memory, spill } = this.#options;
    this.#writer = new RunWriter(this.#takeBuffer(), memory, spill);
  }

  /** A run is being written; others may be added meanwhile. */
  get spilling(): boolean {
    return this.#writer !== null;
  }

  /** Writes the next part of it. */
  spillPart(): void {
    const run = this.#writer!.writePart();
    if (run === null) return;
    this.#runs.push(run);
    this.#writer = null;
  }

  /** All have been added, and no run is being written. */
  finish(): void {
    if (!this.#buffer.isEmpty) this.#runs.push(this.#takeBuffer());
  }

  /** Goes on to the next key. @returns false if there is none */
  nextKey(): boolean {
    this.#runs = this.#runs.filter((run) => !run.done);
    const [first, ...others] = this.#runs;
    if (first === undefined) return false;
    let heads = [first];
    for (const run of others) {
      const order = compareKeys(run.key, heads[0]!.key);
      if (order < 0) heads = [run];
      else if (order === 0) heads.push(run);
    }
    this.#heads = heads;
    this.#key = heads[0]!.key;
    return true;
  }

  get key(): unknown {
    return this.#key;
  }

  /** The next records of the current key, at most so many. @returns false if there are none */
  nextPiece(piece: Piece, limit: number): boolean {
    while (piece.values.length < limit) {
      this.#heads = this.#heads.filter((run) => !run.done && compareKeys(run.key, this.#key) === 0);
      const [first, ...others] = this.#heads;
      if (first === undefined) break;
      let run = first;
      for (const other of others) if (comesBefore(other, run)) run = other;
      const [timestamp, input] = this.#bound(run);
      run.take(piece, limit, timestamp, input);
    }
    return piece.values.length > 0;
  }

  close(): void {
    this.#writer?.close();
    this.#writer = null;
    for (const run of this.#runs) run.close();
    this.#runs = [];
    this.#heads = [];
    this.#buffer = new SortBuffer(null);
  }

  /** How far the run may be read before another one has to be: an earlier one comes first at the same place. */
  #bound(run: RunCursor): readonly [timestamp: number, input: number] {
    let timestamp = Number.POSITIVE_INFINITY;
    let input = Number.POSITIVE_INFINITY;
    const at = this.#heads.indexOf(run);
    for (const [i, other] of this.#heads.entries()) {
      if (other === run) continue;
      // Just before the place of an earlier run, up to that of a later one.
      const place = i < at ? other.input - 0.5 : other.input;
      if (other.timestamp > timestamp || (other.timestamp === timestamp && place >= input)) continue;
      timestamp = other.timestamp;
      input = place;
    }
    return [timestamp, input];
  }

  #takeBuffer(): BufferCursor {
    const run = this.#buffer.sorted();
    // Later records must be combined with those before them, one after another, which only the consumer can do.
    this.#buffer = new SortBuffer(null);
    return run;
  }
}
