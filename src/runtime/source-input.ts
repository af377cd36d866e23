/** The source of a task as one of its inputs. A reader may answer later; between two answers its position is known. */
import { Batch } from '../columnar/batch.ts';
import type { AnyBatch, Polled, SourceReader } from '../dataflow/connector.ts';
import { MAX_WATERMARK } from '../dataflow/traits.ts';
import type { StreamElement } from '../shuffle/stream-element.ts';
import type { TaskInput } from './input-processor.ts';
import type { Counters } from './metrics.ts';

export class SourceInput implements TaskInput {
  readonly uid: string;
  readonly #reader: SourceReader<AnyBatch>;
  readonly #receive: (element: StreamElement) => void;
  readonly #counters: Counters;
  #finished = false;
  #waiting: Promise<void> | null = null;
  #arrived: { readonly polled: Polled<AnyBatch> } | { readonly error: unknown } | null = null;
  /** Set while the source is draining: its splits as they were. */
  #drained: readonly unknown[] | null = null;
  #draining = false;
  #holding = false;
  #exhausted = false;
  #closed = false;

  /** @param receive is lent batches for the time of the call */
  constructor(
    uid: string,
    reader: SourceReader<AnyBatch>,
    receive: (element: StreamElement) => void,
    counters: Counters,
  ) {
    this.uid = uid;
    this.#reader = reader;
    this.#receive = receive;
    this.#counters = counters;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Nothing is under way from the reader: what it has given was handed on. */
  get settled(): boolean {
    return this.#waiting === null && this.#arrived === null;
  }

  /** What is left to read; only while settled. Of a drained source: what was left when it ended. */
  splits(): readonly unknown[] {
    return this.#drained ?? this.#reader.snapshot();
  }

  /** Ends the input as soon as nothing is under way, whatever the reader still has. */
  drain(): void {
    this.#draining = true;
  }

  /** Stays open when the reader has come to its end. */
  holdAtEnd(): void {
    this.#holding = true;
  }

  /** The reader has come to its end, and the input is held open. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#arrived !== null && 'polled' in this.#arrived) release(this.#arrived.polled);
    this.#arrived = null;
    await this.#reader.close();
  }

  poll(): boolean | Promise<void> {
    if (this.#arrived !== null) {
      const answer = this.#arrived;
      this.#arrived = null;
      if ('error' in answer) throw answer.error;
      return this.#take(answer.polled);
    }
    if (this.#waiting !== null) return this.#waiting;
    if (this.#exhausted) return false;
    if (this.#draining) {
      this.#drained = this.#reader.snapshot();
      return this.#take('end-of-input');
    }
    const polled = this.#reader.poll();
    if (!(polled instanceof Promise)) return this.#take(polled);
    this.#waiting = polled.then(
      (value) => {
        this.#waiting = null;
        if (this.#closed) release(value);
        else this.#arrived = { polled: value };
      },
      (error: unknown) => {
        this.#waiting = null;
        this.#arrived = { error };
      },
    );
    return this.#waiting;
  }

  #take(polled: Polled<AnyBatch>): boolean {
    if (polled === 'nothing-yet') return false;
    if (polled === 'end-of-input' && this.#holding && !this.#draining) {
      this.#exhausted = true;
      return true;
    }
    if (polled === 'end-of-input') {
      this.#finished = true;
      this.#receive({ kind: 'watermark', timestamp: MAX_WATERMARK });
      this.#receive({ kind: 'end' });
      return true;
    }
    if (!(polled instanceof Batch)) {
      this.#counters.add('numRecordsIn', polled.values.length);
      if (polled.values.length > 0) this.#receive({ kind: 'records', records: polled });
      return true;
    }
    this.#counters.add('numRecordsIn', polled.rowCount);
    try {
      if (polled.rowCount > 0) this.#receive({ kind: 'batch', batch: polled });
    } finally {
      polled.release();
    }
    return true;
  }
}

function release(polled: Polled<AnyBatch>): void {
  if (polled instanceof Batch) polled.release();
}
