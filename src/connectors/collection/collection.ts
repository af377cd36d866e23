/**
 * Connector `collection`: rows of the program itself, an array or an (async) iterable that the library's caller
 * registered under a name. Rows are lists of values or objects by column name.
 */
import { EngineError } from '../../base/errors.ts';
import type { Batch } from '../../columnar/batch.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import type { ConnectorFactory, ConnectorSpec, ReaderContext, SourceReader } from '../../dataflow/connector.ts';
import { INSERT_ONLY } from '../changelog-mode.ts';
import { OptionReader } from '../options.ts';
import { RangeReader } from '../row-range.ts';
import { type AnyIterable, IterablePuller, isIterable } from './iterable-puller.ts';
import { Misfit, toFields } from './to-value.ts';

/** The split of a collection: rows before `position` have been read. */
interface CollectionSplit {
  readonly position: number;
}

export const collectionConnector: ConnectorFactory = {
  connector: 'collection',
  mainThread: ['source'],
  options: [
    { key: 'collection', required: false, doc: 'Name under which the rows are registered; default: the table’s name.' },
    { key: 'bounded', required: false, default: 'true', doc: 'Whether the rows come to an end.' },
  ],

  createSource(spec) {
    const options = new OptionReader('collection', spec.options);
    return {
      boundedness: options.boolean('bounded', true) ? 'BOUNDED' : 'CONTINUOUS_UNBOUNDED',
      changelogMode: INSERT_ONLY,
      statistics: () => ({ rowCount: null, columns: {} }),
      splits: (): readonly CollectionSplit[] => [{ position: 0 }],
      createReader: (context) => createReader(spec, options, context),
    };
  },
};

function createReader(spec: ConnectorSpec, options: OptionReader, context: ReaderContext): SourceReader {
  const tableName = spec.table.slice(spec.table.lastIndexOf('.') + 1);
  const name = options.textOr('collection', tableName);
  const rows = context.collections.get(name) ?? context.collections.get(spec.table);
  const writer = new RowWriter(spec, context);
  if (Array.isArray(rows)) return new ArrayReader(rows, spec.limit, writer);
  if (isIterable(rows)) return new IterableReader(rows, spec.limit, writer);
  throw new EngineError('CONNECTOR-COLLECTION', `no rows are registered as '${name}' for table ${spec.table}`, {
    hint: 'register an array or an iterable of rows under this name',
  });
}

/** Checks rows and writes their projected columns to batches. */
class RowWriter {
  readonly builder: BatchBuilder;
  readonly #spec: ConnectorSpec;

  constructor(spec: ConnectorSpec, context: ReaderContext) {
    this.#spec = spec;
    this.builder = new BatchBuilder(
      context.memory,
      spec.projection.map((column) => spec.schema.fields[column]!.type),
      context.batchRows,
    );
  }

  /** @param number of the row, from 0, for messages */
  append(row: unknown, number: number): void {
    let column = '';
    try {
      const values = toFields(row, this.#spec.schema.fields, (field) => {
        column = `, column '${field.name}'`;
      });
      this.builder.append(this.#spec.projection.map((index) => values[index]!));
    } catch (cause) {
      if (!(cause instanceof Misfit)) throw cause;
      const where = `row ${number + 1} of table ${this.#spec.table}${column}`;
      throw new EngineError('CONNECTOR-VALUE', `${where}: ${cause.message}`);
    }
  }
}

class ArrayReader implements SourceReader {
  readonly #length: number;
  readonly #reader: RangeReader;

  constructor(rows: readonly unknown[], limit: number | null, writer: RowWriter) {
    this.#length = rows.length;
    this.#reader = new RangeReader({
      limit,
      make: (from, to) => {
        const next = Math.min(to, from + writer.builder.capacity);
        for (let i = from; i < next; i++) writer.append(rows[i], i);
        return { batch: writer.builder.finish(), next };
      },
      close: () => writer.builder.close(),
    });
  }

  addSplits(splits: readonly unknown[]): void {
    const ranges = (splits as readonly CollectionSplit[]).map(({ position }) => ({ from: position, to: this.#length }));
    this.#reader.addSplits(ranges);
  }

  poll(): Batch | 'nothing-yet' | 'end-of-input' {
    return this.#reader.poll();
  }

  snapshot(): readonly CollectionSplit[] {
    return this.#reader.snapshot().map(({ from }) => ({ position: from }));
  }

  close(): void {
    this.#reader.close();
  }
}

class IterableReader implements SourceReader {
  readonly #rows: AnyIterable;
  readonly #writer: RowWriter;
  #puller: IterablePuller | null = null;
  #left: number;

  constructor(rows: AnyIterable, limit: number | null, writer: RowWriter) {
    this.#rows = rows;
    this.#left = limit ?? Number.POSITIVE_INFINITY;
    this.#writer = writer;
  }

  addSplits(splits: readonly unknown[]): void {
    for (const { position } of splits as readonly CollectionSplit[]) {
      this.#puller = new IterablePuller(this.#rows, position);
    }
  }

  async poll(): Promise<Batch | 'nothing-yet' | 'end-of-input'> {
    if (this.#puller === null) return 'end-of-input';
    const { builder } = this.#writer;
    const wanted = Math.min(builder.capacity, this.#left);
    await this.#puller.pull(wanted, (row, number) => this.#writer.append(row, number));
    if (builder.rowCount === 0) return this.#done ? 'end-of-input' : 'nothing-yet';
    this.#left -= builder.rowCount;
    return builder.finish();
  }

  get #done(): boolean {
    return this.#puller === null || this.#puller.ended || this.#left <= 0;
  }

  snapshot(): readonly CollectionSplit[] {
    return this.#puller === null || this.#done ? [] : [{ position: this.#puller.position }];
  }

  async close(): Promise<void> {
    await this.#puller?.close();
    this.#writer.builder.close();
  }
}
