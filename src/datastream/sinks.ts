/** Sinks that need nothing from outside. */
import type { StreamSink } from '../dataflow/functions/source.ts';

/** Takes everything and keeps nothing. */
export class DiscardingSink<T> implements StreamSink<T> {
  createWriter() {
    return { write: (): void => undefined };
  }
}
