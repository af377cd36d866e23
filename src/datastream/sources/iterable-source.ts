/** Values of an (async) iterable of the program, read by one subtask. */
import { EngineError } from '../../base/errors.ts';
import { type AnyIterable, IterablePuller } from '../../connectors/collection/iterable-puller.ts';
import type {
  StreamPolled,
  StreamReaderContext,
  StreamSource,
  StreamSourceReader,
} from '../../dataflow/functions/source.ts';
import type { Boundedness } from '../../dataflow/traits.ts';

interface Position {
  readonly position: number;
}

export class IterableSource<T> implements StreamSource<T> {
  readonly boundedness: Boundedness;
  readonly #iterable: () => Iterable<T> | AsyncIterable<T>;

  /** @param iterable one that can be read again, by another job and after a failure; else a function that makes one */
  constructor(
    iterable: Iterable<T> | AsyncIterable<T> | (() => Iterable<T> | AsyncIterable<T>),
    boundedness: Boundedness = 'BOUNDED',
  ) {
    this.boundedness = boundedness;
    this.#iterable = typeof iterable === 'function' ? iterable : reading(iterable);
  }

  splits(): readonly Position[] {
    return [{ position: 0 }];
  }

  createReader({ batchSize }: StreamReaderContext): StreamSourceReader<T> {
    return new IterableReader(this.#iterable, batchSize);
  }
}

/** A generator gives its values once; after a restart some of them would be missing. */
function reading<I extends AnyIterable>(iterable: I): () => I {
  let isRead = false;
  return () => {
    if (isRead && isGenerator(iterable)) {
      throw new EngineError('STREAM-SOURCE', 'a generator gives its values once, and this one has been read', {
        hint: 'give new IterableSource(function), which makes another one each time',
      });
    }
    isRead = true;
    return iterable;
  };
}

function isGenerator(iterable: AnyIterable): boolean {
  const iterator = Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  return (iterator as unknown) === iterable;
}

class IterableReader<T> implements StreamSourceReader<T> {
  readonly #iterable: () => AnyIterable;
  readonly #batchSize: number;
  #puller: IterablePuller | null = null;

  constructor(iterable: () => AnyIterable, batchSize: number) {
    this.#iterable = iterable;
    this.#batchSize = batchSize;
  }

  addSplits(splits: readonly unknown[]): void {
    const [split] = splits as readonly Position[];
    if (split !== undefined) this.#puller = new IterablePuller(this.#iterable(), split.position);
  }

  async poll(): Promise<StreamPolled<T>> {
    if (this.#puller === null) return 'end-of-input';
    const values: T[] = [];
    await this.#puller.pull(this.#batchSize, (value) => values.push(value as T));
    if (values.length > 0) return { values };
    return this.#puller.ended ? 'end-of-input' : 'nothing-yet';
  }

  snapshot(): readonly Position[] {
    return this.#puller === null || this.#puller.ended ? [] : [{ position: this.#puller.position }];
  }

  async close(): Promise<void> {
    await this.#puller?.close();
  }
}
