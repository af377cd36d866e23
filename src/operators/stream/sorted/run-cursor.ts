/** Records in the order of key, timestamp, input and arrival, read from the front. */

/** Some records of one key, in order. */
export interface Piece {
  readonly values: unknown[];
  readonly timestamps: number[];
  /** By record: number of the input. */
  readonly inputs: number[];
}

export interface RunCursor {
  /** Nothing is left: the others must not be asked for. */
  readonly done: boolean;
  /** Of the first record. */
  readonly key: unknown;
  readonly timestamp: number;
  readonly input: number;
  /**
   * Takes the first record, and those of the same key after it that come before a place, into the piece.
   *
   * @param limit records at most
   * @param timestamp of the place, and `input` of it; records of just this place are taken too
   */
  take(piece: Piece, limit: number, timestamp: number, input: number): void;
  close(): void;
}

/** Does the first record of `a` come before that of `b`, in a run of the same key? */
export function comesBefore(a: RunCursor, b: RunCursor): boolean {
  return a.timestamp < b.timestamp || (a.timestamp === b.timestamp && a.input < b.input);
}
