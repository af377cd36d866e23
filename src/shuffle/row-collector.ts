/**
 * Collects the rows of one subpartition: they are copied as they come, while the processor has them in its cache, into
 * a batch that is handed on when it is full.
 */
import type { Batch } from '../columnar/batch.ts';
import type { PartMaker } from './part-maker.ts';
import type { RowGatherer } from './row-gatherer.ts';

/** Rows that there is room for at first: many subpartitions of small results have few. */
const FIRST_ROOM = 512;

export class RowCollector {
  readonly #parts: PartMaker;
  readonly #capacity: number;
  readonly #emit: (batch: Batch) => void;
  /** Rows that a new batch has room for: as many as one has needed. */
  #room: number;
  #open: { readonly gatherer: RowGatherer; readonly withKinds: boolean } | null = null;

  /**
   * @param capacity rows of a full batch
   * @param emit is lent each batch for the time of the call
   */
  constructor(parts: PartMaker, capacity: number, emit: (batch: Batch) => void) {
    this.#parts = parts;
    this.#capacity = capacity;
    this.#emit = emit;
    this.#room = Math.min(FIRST_ROOM, capacity);
  }

  /** Rows that wait. */
  get rowCount(): number {
    return this.#open?.gatherer.rowCount ?? 0;
  }

  /** Appends `count` rows of the batch, whose numbers are 32 bits each at `rows`. */
  addRows(batch: Batch, rows: number, count: number): void {
    for (let done = 0; done < count; ) {
      const gatherer = this.#gatherer(batch);
      const part = Math.min(count - done, this.#capacity - gatherer.rowCount);
      gatherer.append(batch, rows + done * 4, part);
      done += part;
      if (gatherer.rowCount === this.#capacity) this.flush();
    }
  }

  /** Appends the whole batch; a large one is handed on as it is. */
  addBatch(batch: Batch): void {
    const { rowCount } = batch;
    if (this.rowCount + rowCount > this.#capacity) this.flush();
    if (rowCount * 2 > this.#capacity) {
      this.flush();
      this.#emit(batch);
    } else this.#gatherer(batch).append(batch, 0, rowCount);
  }

  /** Hands on what waits. */
  flush(): void {
    const batch = this.#take();
    if (batch === null) return;
    try {
      this.#emit(batch);
    } finally {
      batch.release();
    }
  }

  /** Forgets what waits. */
  drop(): void {
    this.#take()?.release();
  }

  #take(): Batch | null {
    const open = this.#open;
    this.#open = null;
    if (open === null) return null;
    this.#room = Math.min(open.gatherer.capacity, this.#capacity);
    return open.gatherer.finish();
  }

  #gatherer(batch: Batch): RowGatherer {
    const withKinds = batch.kinds !== 0;
    if (withKinds && this.#open?.withKinds === false) this.flush();
    this.#open ??= { gatherer: this.#parts.gatherer(this.#room, withKinds), withKinds };
    return this.#open.gatherer;
  }
}
