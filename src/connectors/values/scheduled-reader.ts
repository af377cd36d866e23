/**
 * Holds a reader back until the arrival schedule gives its table the turn: one row at a time, and the end when it is
 * due.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { SourceReader } from '../../dataflow/connector.ts';
import type { RangeReader } from '../row-range.ts';
import type { Turn } from './arrival.ts';

export class ScheduledReader implements SourceReader {
  readonly #reader: RangeReader;
  readonly #turn: Turn;
  #ended = false;

  /** @param reader makes batches of one row */
  constructor(reader: RangeReader, turn: Turn) {
    this.#reader = reader;
    this.#turn = turn;
  }

  addSplits(splits: readonly unknown[]): void {
    this.#reader.addSplits(splits);
  }

  poll(): Batch | 'nothing-yet' | 'end-of-input' {
    if (this.#ended) return 'end-of-input';
    const now = this.#turn.now();
    if (now === 'wait') return 'nothing-yet';
    this.#turn.take();
    if (now === 'end') {
      this.#ended = true;
      return 'end-of-input';
    }
    const batch = this.#reader.poll();
    return batch === 'end-of-input' ? 'nothing-yet' : batch;
  }

  snapshot(): readonly unknown[] {
    return this.#reader.snapshot();
  }

  close(): void | Promise<void> {
    return this.#reader.close();
  }
}
