/** Flows with the rows: what came before it belongs to the checkpoint, what comes after it does not. Plain data. */
export interface CheckpointBarrier {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** drain: MAX_WATERMARK goes first and inputs end; suspend: the job stops after it; none: it goes on. */
  readonly stop: 'none' | 'suspend' | 'drain';
  /** Directory for the files of state. */
  readonly directory: string;
  /** The checkpoint whose pages may be referred to; null: there is none; undefined: all state is written whole. */
  readonly base?: number | null;
}
