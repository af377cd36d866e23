/** Records of one input in the order of key, timestamp and arrival, read from the front. */

/** Some records of one key and one input, in order. */
export class Piece {
  readonly values: unknown[];
  readonly timestamps: Float64Array;
  input = 0;
  /** How many records are there; what lies behind them means nothing. */
  length = 0;

  /** @param limit records at most */
  constructor(limit: number) {
    this.values = new Array(limit).fill(undefined);
    this.timestamps = new Float64Array(limit);
  }

  get isFull(): boolean {
    return this.length === this.timestamps.length;
  }

  push(value: unknown, timestamp: number): void {
    this.values[this.length] = value;
    this.timestamps[this.length++] = timestamp;
  }
}

/** A place in time. */
export interface Bound {
  readonly timestamp: number;
  /** Records of just this time come before it. */
  readonly inclusive: boolean;
}

export const NO_BOUND: Bound = { timestamp: Number.POSITIVE_INFINITY, inclusive: true };

export interface RunCursor {
  /** Nothing is left: the others must not be asked for. */
  readonly done: boolean;
  /** Of all records. */
  readonly input: number;
  /** Of the first record. */
  readonly key: unknown;
  readonly timestamp: number;
  /** Takes the first record, and those of the same key after it that come before the bound, as far as there is room. */
  take(piece: Piece, bound: Bound): void;
  close(): void;
}
