/**
 * Sources whose rows have numbers: a split is a range of numbers, a reader goes through its ranges in order, and where
 * it stands is the first number not yet read. Generators and tables in memory are read this way.
 */
import type { Batch } from '../columnar/batch.ts';
import type { SourceReader } from '../dataflow/connector.ts';

/** From `from` up to but not including `to`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The numbers from `from` to at most `to`, of which it makes as many as it likes; `next` is the first it did not make.
 */
export type MakeRows = (from: number, to: number) => { readonly batch: Batch | null; readonly next: number };

/** Cuts `total` numbers into ranges of `length`; one empty range where there are none. */
export function cutIntoRanges(total: number, length: number): readonly RowRange[] {
  const count = Math.max(1, Math.ceil(total / length));
  return Array.from({ length: count }, (_, i) => ({ from: i * length, to: Math.min(total, (i + 1) * length) }));
}

export interface RangeReaderOptions {
  readonly make: MakeRows;
  /** Rows that are enough, or null. */
  readonly limit: number | null;
  /** How many rows may have been made by now: holds back a source with a rate. Default: any number. */
  readonly allowance?: () => number;
  readonly close?: () => void;
}

export class RangeReader implements SourceReader {
  readonly #options: RangeReaderOptions;
  readonly #ranges: { from: number; to: number }[] = [];
  #left: number;
  #made = 0;

  constructor(options: RangeReaderOptions) {
    this.#options = options;
    this.#left = options.limit ?? Number.POSITIVE_INFINITY;
  }

  addSplits(splits: readonly unknown[]): void {
    for (const { from, to } of splits as readonly RowRange[]) this.#ranges.push({ from, to });
  }

  poll(): Batch | 'nothing-yet' | 'end-of-input' {
    while (this.#left > 0) {
      const range = this.#ranges.find(({ from, to }) => from < to);
      if (range === undefined) return 'end-of-input';
      const allowed = (this.#options.allowance?.() ?? Number.POSITIVE_INFINITY) - this.#made;
      if (allowed <= 0) return 'nothing-yet';
      const { batch, next } = this.#options.make(range.from, Math.min(range.to, range.from + allowed));
      this.#made += next - range.from;
      range.from = next;
      if (batch === null) continue;
      this.#left -= batch.rowCount;
      return batch;
    }
    return 'end-of-input';
  }

  snapshot(): readonly RowRange[] {
    return this.#ranges.filter(({ from, to }) => from < to).map(({ from, to }) => ({ from, to }));
  }

  close(): void {
    this.#options.close?.();
  }
}
