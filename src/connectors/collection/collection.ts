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
import { Misfit, toFields } from './to-value.ts';

/** The split of a collection: rows before `position` have been read. */
interface CollectionSplit {
  readonly position: number;
}

export const collectionConnector: ConnectorFactory = {
  connector: 'collection',
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

type Rows = Iterable<unknown> | AsyncIterable<unknown>;

function isIterable(rows: unknown): rows is Rows {
  return typeof rows === 'object' && rows !== null && (Symbol.iterator in rows || Symbol.asyncIterator in rows);
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

/** Reads on from a position by skipping what comes before: the iterable must give the same rows again. */
class IterableReader implements SourceReader {
  readonly #rows: Rows;
  readonly #writer: RowWriter;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | null = null;
  #pending: IteratorResult<unknown> | Promise<IteratorResult<unknown>> | null = null;
  #assigned = false;
  #ended = false;
  #position = 0;
  #left: number;
  #skip = 0;

  constructor(rows: Rows, limit: number | null, writer: RowWriter) {
    this.#rows = rows;
    this.#left = limit ?? Number.POSITIVE_INFINITY;
    this.#writer = writer;
  }

  addSplits(splits: readonly unknown[]): void {
    for (const { position } of splits as readonly CollectionSplit[]) {
      this.#assigned = true;
      this.#skip = position;
    }
  }

  async poll(): Promise<Batch | 'nothing-yet' | 'end-of-input'> {
    if (!this.#assigned) return 'end-of-input';
    const { builder } = this.#writer;
    const rowsWanted = Math.min(builder.capacity, this.#left);
    // A row may be long in coming: when the event loop has turned once, what is there goes out.
    const turned = new Promise<'turned'>((resolve) => setImmediate(resolve, 'turned'));
    while (!this.#ended && builder.rowCount < rowsWanted) {
      this.#pending ??= this.#next();
      const step = await (this.#pending instanceof Promise ? Promise.race([this.#pending, turned]) : this.#pending);
      if (step === 'turned') break;
      this.#pending = null;
      if (step.done === true) this.#ended = true;
      else if (this.#position++ >= this.#skip) this.#writer.append(step.value, this.#position - 1);
    }
    if (builder.rowCount === 0) return this.#ended ? 'end-of-input' : 'nothing-yet';
    this.#left -= builder.rowCount;
    if (this.#left <= 0) this.#ended = true;
    return builder.finish();
  }

  #next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>> {
    const rows = this.#rows;
    this.#iterator ??= Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
    return this.#iterator.next();
  }

  snapshot(): readonly CollectionSplit[] {
    return this.#assigned && !this.#ended ? [{ position: Math.max(this.#position, this.#skip) }] : [];
  }

  async close(): Promise<void> {
    await this.#iterator?.return?.();
    this.#writer.builder.close();
  }
}
