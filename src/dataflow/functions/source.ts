/** Sources and sinks that a program brings along: JS values in and out. */
import type { Boundedness } from '../traits.ts';

export interface StreamSource<T> {
  readonly boundedness: Boundedness;
  /** Plain data, in order. Subtask i of n reads those with number ≡ i (mod n). */
  splits(): readonly unknown[];
  createReader(context: StreamReaderContext): StreamSourceReader<T>;
}

export interface StreamReaderContext {
  readonly subtaskIndex: number;
  readonly parallelism: number;
  /** Values per answer to aim at. */
  readonly batchSize: number;
}

export interface StreamSourceReader<T> {
  /** Called once, with the splits of this subtask or with what `snapshot` gave. */
  addSplits(splits: readonly unknown[]): void;
  /** The next values. */
  poll(): StreamPolled<T> | Promise<StreamPolled<T>>;
  /** Splits with positions: what a restored reader goes on from. */
  snapshot(): readonly unknown[];
  close?(): void | Promise<void>;
}

export type StreamPolled<T> =
  | { readonly values: readonly T[]; readonly timestamps?: readonly number[] }
  | 'nothing-yet'
  | 'end-of-input';

/** Flink: Sink. With a committer it is written in two phases: visible only when a checkpoint, or the job, is whole. */
export interface StreamSink<T> {
  createWriter(context: StreamWriterContext): StreamSinkWriter<T>;
  createCommitter?(): StreamCommitter;
}

export interface StreamWriterContext {
  readonly subtaskIndex: number;
  readonly parallelism: number;
}

export interface StreamSinkWriter<T> {
  /** @param timestamp NO_TIMESTAMP if the value has none */
  write(value: T, timestamp: number): void | Promise<void>;
  /** At a checkpoint, and at the end of the input: everything taken so far must have left the process. */
  flush?(endOfInput: boolean): void | Promise<void>;
  /** What the committer needs, plain data. Called after `flush`. */
  prepareCommit?(): readonly unknown[];
  close?(): void | Promise<void>;
}

export interface StreamCommitter {
  /** Must not mind being asked again for what it has committed. */
  commit(committables: readonly unknown[]): void | Promise<void>;
  /** These will never be committed. */
  abort?(committables: readonly unknown[]): void;
}
