/**
 * What happens to the job with a savepoint. none: it goes on; suspend: it stops; drain: its inputs are ended first;
 * exhaust: sources let the barrier in when they have nothing more to read, instead of ending, and the job stops.
 */
export type StopMode = 'none' | 'suspend' | 'drain' | 'exhaust';

/** Flows with the rows: what came before it belongs to the checkpoint, what comes after it does not. Plain data. */
export interface CheckpointBarrier {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly stop: StopMode;
  /** Directory for the files of state. */
  readonly directory: string;
  /** The checkpoint whose pages may be referred to; null: there is none; undefined: all state is written whole. */
  readonly base?: number | null;
}
