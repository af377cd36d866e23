/**
 * Sources that can make any of their values from its number: sequences, arrays, generators. The numbers are cut into
 * ranges, which subtasks share.
 */
import type {
  StreamPolled,
  StreamReaderContext,
  StreamSource,
  StreamSourceReader,
} from '../../dataflow/functions/source.ts';
import type { Boundedness } from '../../dataflow/traits.ts';

/** Numbers from `from` up to, and without, `to`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** More than there are subtasks, so that these can be dealt out anew after a restore. */
const RANGES = 64;

export class IndexedSource<T> implements StreamSource<T> {
  readonly boundedness: Boundedness;
  readonly #count: number;
  readonly #valueAt: (index: number) => T;
  readonly #ordered: boolean;

  /**
   * @param count Infinity: it never ends
   * @param ordered one subtask reads everything in order
   */
  constructor(count: number, valueAt: (index: number) => T, ordered = false) {
    this.boundedness = Number.isFinite(count) ? 'BOUNDED' : 'CONTINUOUS_UNBOUNDED';
    this.#count = count;
    this.#valueAt = valueAt;
    this.#ordered = ordered;
  }

  splits(): readonly Range[] {
    const count = Math.min(this.#count, Number.MAX_SAFE_INTEGER);
    const ranges = this.#ordered ? 1 : Math.min(RANGES, count);
    const bound = (i: number): number => Math.floor((count / ranges) * i);
    return Array.from({ length: ranges }, (_, i) => ({ from: bound(i), to: i + 1 === ranges ? count : bound(i + 1) }));
  }

  createReader({ batchSize }: StreamReaderContext): StreamSourceReader<T> {
    return new RangeReader(this.#valueAt, batchSize);
  }
}

class RangeReader<T> implements StreamSourceReader<T> {
  readonly #valueAt: (index: number) => T;
  readonly #batchSize: number;
  #ranges: readonly Range[] = [];

  constructor(valueAt: (index: number) => T, batchSize: number) {
    this.#valueAt = valueAt;
    this.#batchSize = batchSize;
  }

  addSplits(splits: readonly unknown[]): void {
    this.#ranges = (splits as readonly Range[]).filter(({ from, to }) => from < to);
  }

  poll(): StreamPolled<T> {
    const [range, ...rest] = this.#ranges;
    if (range === undefined) return 'end-of-input';
    const to = Math.min(range.to, range.from + this.#batchSize);
    const values = new Array<T>(to - range.from);
    for (let i = range.from; i < to; i++) values[i - range.from] = this.#valueAt(i);
    this.#ranges = to < range.to ? [{ from: to, to: range.to }, ...rest] : rest;
    return { values };
  }

  snapshot(): readonly Range[] {
    return this.#ranges;
  }
}

/** An array, read in order by one subtask. */
export class ArraySource<T> extends IndexedSource<T> {
  readonly elements: readonly T[];

  constructor(elements: readonly T[]) {
    super(elements.length, (index) => elements[index] as T, true);
    this.elements = elements;
  }
}

/** Makes values of the numbers 0 … count - 1. Flink: DataGeneratorSource. */
export class DataGeneratorSource<T> extends IndexedSource<T> {
  /** @param count Infinity: an unbounded source */
  constructor(generator: (index: number) => T, count: number) {
    super(count, generator);
  }
}
