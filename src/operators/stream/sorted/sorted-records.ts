/**
 * Records of the keyed inputs of one operator, handed back key by key in the order of keys, and within a key by
 * timestamp; records of one timestamp by input, then as they came. What goes beyond the memory is sorted and written to
 * disk in runs, which are merged in the end.
 */
import type { RecordBatch } from '../../../dataflow/records.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import type { MemoryBudget, MemoryConsumer } from '../../../memory/budget.ts';
import type { SpillDirectory } from '../../../memory/spill-file.ts';
import { compareKeys } from '../../../state/keyed/keys.ts';
import type { BufferCursor } from './buffer-cursor.ts';
import { type Bound, NO_BOUND, type Piece, type RunCursor } from './run-cursor.ts';
import { type Combine, SortBuffer } from './sort-buffer.ts';
import { RunWriter } from './spilled-run.ts';

/** Of the memory: what is kept where others have taken that of the job, so that runs do not become many. */
const LEAST_SHARE = 1 / 16;

export interface SortedRecordsOptions {
  /** Bytes to keep in memory: `execution.sorted-inputs.memory`. */
  readonly memoryBytes: number;
  readonly memory: LinearMemory;
  readonly budget: MemoryBudget;
  readonly spill: SpillDirectory;
  /** Of two records of a key without a timestamp, which may then be handed back as one; null: all are handed back. */
  readonly combine: Combine | null;
}

export class SortedRecords {
  readonly #options: SortedRecordsOptions;
  readonly #consumer: MemoryConsumer;
  /** By input. */
  readonly #buffers: (SortBuffer | undefined)[] = [];
  /** Sorted, to be written to disk. */
  #unwritten: BufferCursor[] = [];
  #writer: RunWriter | null = null;
  /** As they were filled, so that records of one place keep their order. */
  #runs: RunCursor[] = [];
  /** Those that have the current key. */
  #heads: RunCursor[] = [];
  #key: unknown;

  constructor(options: SortedRecordsOptions) {
    this.#options = options;
    this.#consumer = options.budget.spillingConsumer('records sorted by key', () => undefined);
  }

  /** @throws EngineError STATE-KEY */
  add(records: RecordBatch, keyOf: (value: unknown) => unknown, input: number): void {
    const buffer = this.#buffers[input] ?? this.#createBuffer(input, null);
    buffer.add(records, keyOf);
    const bytes = this.#buffers.reduce((sum, each) => sum + (each?.bytes ?? 0), 0);
    const { memoryBytes } = this.#options;
    if (bytes <= (this.#consumer.debt === 0 ? memoryBytes : memoryBytes * LEAST_SHARE)) return;
    while (this.spilling) this.spillPart();
    this.#unwritten = this.#takeBuffers();
  }

  /** A run is to be written. Others may be added meanwhile, but it is better not to: they take memory too. */
  get spilling(): boolean {
    return this.#writer !== null || this.#unwritten.length > 0;
  }

  /** Writes the next part of it. */
  spillPart(): void {
    const { memory, spill } = this.#options;
    this.#writer ??= new RunWriter(this.#unwritten.shift()!, memory, spill);
    const run = this.#writer.writePart();
    if (run === null) return;
    this.#runs.push(run);
    this.#writer = null;
  }

  /** All have been added, and no run is being written. */
  finish(): void {
    this.#runs.push(...this.#takeBuffers());
  }

  /** Goes on to the next key. @returns false if there is none */
  nextKey(): boolean {
    const heads: RunCursor[] = [];
    for (const run of this.#runs) {
      if (run.done) continue;
      const order = heads.length === 0 ? 0 : compareKeys(run.key, heads[0]!.key);
      if (order < 0) heads.length = 0;
      if (order <= 0) heads.push(run);
    }
    this.#heads = heads;
    if (heads.length === 0) return false;
    this.#key = heads[0]!.key;
    return true;
  }

  get key(): unknown {
    return this.#key;
  }

  /** The next records of the current key, all of one input, as far as there is room. @returns false: there are none */
  nextPiece(piece: Piece): boolean {
    piece.length = 0;
    const first = this.#firstHead();
    if (first === null) return false;
    piece.input = first.input;
    first.take(piece, this.#heads.length === 1 ? NO_BOUND : this.#boundOf(first));
    return true;
  }

  close(): void {
    this.#writer?.close();
    this.#writer = null;
    for (const run of [...this.#unwritten, ...this.#runs]) run.close();
    for (const buffer of this.#buffers) buffer?.close();
    this.#unwritten = [];
    this.#runs = [];
    this.#heads = [];
    this.#buffers.length = 0;
    this.#consumer.close();
  }

  /** The one whose first record comes next; those without any of the key are left out from now on. */
  #firstHead(): RunCursor | null {
    const heads = this.#heads;
    let first: RunCursor | null = null;
    let left = 0;
    for (const run of heads) {
      if (run.done || compareKeys(run.key, this.#key) !== 0) continue;
      heads[left++] = run;
      if (first === null || comesBefore(run, first)) first = run;
    }
    if (left < heads.length) heads.length = left;
    return first;
  }

  /** How far the first head may be read before another one has to be. */
  #boundOf(first: RunCursor): Bound {
    let timestamp = Number.POSITIVE_INFINITY;
    let inclusive = true;
    let isAfterFirst = false;
    for (const other of this.#heads) {
      if (other === first) {
        isAfterFirst = true;
        continue;
      }
      if (other.timestamp > timestamp) continue;
      const yields = first.input < other.input || (first.input === other.input && isAfterFirst);
      inclusive = other.timestamp < timestamp ? yields : inclusive && yields;
      timestamp = other.timestamp;
    }
    return { timestamp, inclusive };
  }

  #createBuffer(input: number, before: SortBuffer | null): SortBuffer {
    const { memory, combine } = this.#options;
    const buffer = new SortBuffer({
      input,
      memory,
      consumer: this.#consumer,
      // Later records must be combined with those before them, one after another, which only the consumer can do.
      combine: before === null ? combine : null,
      shape: before?.shape ?? null,
    });
    this.#buffers[input] = buffer;
    return buffer;
  }

  /** Sorted; new ones take their place. */
  #takeBuffers(): BufferCursor[] {
    const taken: BufferCursor[] = [];
    for (const [input, buffer] of this.#buffers.entries()) {
      if (buffer === undefined || buffer.isEmpty) continue;
      taken.push(buffer.sorted());
      this.#createBuffer(input, buffer);
    }
    return taken;
  }
}

/** Does the first record of `a` come before that of `b`, in a run of the same key? */
function comesBefore(a: RunCursor, b: RunCursor): boolean {
  return a.timestamp < b.timestamp || (a.timestamp === b.timestamp && a.input < b.input);
}
