/** Connectors of programs: their own sources and sinks, found by operator id, and the sink that prints. */

import { INSERT_ONLY } from '../connectors/changelog-mode.ts';
import { linePrinter } from '../connectors/print/print.ts';
import type {
  AnyBatch,
  ConnectorFactory,
  Polled,
  ReaderContext,
  Sink,
  SinkWriter,
  Source,
  SourceReader,
} from '../dataflow/connector.ts';
import type { StreamPolled, StreamSink, StreamSource, StreamSourceReader } from '../dataflow/functions/source.ts';
import type { ProgramRegistry } from '../dataflow/functions/stream-operator.ts';
import type { RecordBatch } from '../dataflow/records.ts';
import { NO_TIMESTAMP, RECORD_BATCH } from '../dataflow/records.ts';
import { printValue } from './print-value.ts';

/** `ConnectorSpec.table` is the id of the operator. */
export const PROGRAM_CONNECTOR = '$program';
export const PRINT_CONNECTOR = '$print-records';
/** Of `executeAndCollect`. The session has the connector. */
export const COLLECT_CONNECTOR = '$collect-records';

/** @returns null for connectors of tables */
export function programConnector(name: string, registry: ProgramRegistry): ConnectorFactory<AnyBatch> | null {
  switch (name) {
    case PROGRAM_CONNECTOR:
      return {
        connector: PROGRAM_CONNECTOR,
        options: [],
        createSource: ({ table }) => adaptSource(registry.source(table)),
        createSink: ({ table }) => adaptSink(registry.sink(table)),
      };
    case PRINT_CONNECTOR:
      return {
        connector: PRINT_CONNECTOR,
        options: [],
        createSink: ({ options }) => printSink(options['channel'] as string, options['identifier'] as string),
      };
    default:
      return null;
  }
}

function adaptSource(source: StreamSource<unknown>): Source<AnyBatch> {
  return {
    boundedness: source.boundedness,
    changelogMode: INSERT_ONLY,
    statistics: () => ({ rowCount: null, columns: {} }),
    splits: () => source.splits(),
    createReader: ({ subtaskIndex, parallelism, batchRows }) =>
      new ReaderAdapter(
        source.createReader({ subtaskIndex, parallelism, batchSize: Math.min(batchRows, RECORD_BATCH) }),
      ),
  };
}

class ReaderAdapter implements SourceReader<RecordBatch> {
  readonly #reader: StreamSourceReader<unknown>;

  constructor(reader: StreamSourceReader<unknown>) {
    this.#reader = reader;
  }

  addSplits(splits: readonly unknown[]): void {
    this.#reader.addSplits(splits);
  }

  poll(): Polled<RecordBatch> | Promise<Polled<RecordBatch>> {
    const polled = this.#reader.poll();
    return polled instanceof Promise ? polled.then(toRecords) : toRecords(polled);
  }

  snapshot(): readonly unknown[] {
    return this.#reader.snapshot();
  }

  async close(): Promise<void> {
    await this.#reader.close?.();
  }
}

function toRecords(polled: StreamPolled<unknown>): Polled<RecordBatch> {
  return typeof polled === 'string' ? polled : { values: polled.values, timestamps: polled.timestamps ?? null };
}

function adaptSink(sink: StreamSink<unknown>): Sink {
  const committer = sink.createCommitter?.bind(sink);
  return {
    accepts: (requested) => requested,
    createWriter: (context) => adaptWriter(sink, context),
    ...(committer === undefined
      ? {}
      : {
          createCommitter: () => {
            const made = committer();
            return {
              commit: (committables) => made.commit(committables),
              abort: (committables) => made.abort?.(committables),
            };
          },
        }),
  };
}

function adaptWriter(sink: StreamSink<unknown>, { subtaskIndex, parallelism }: ReaderContext): SinkWriter {
  const writer = sink.createWriter({ subtaskIndex, parallelism });
  const writeFrom = (records: RecordBatch, from: number): void | Promise<void> => {
    const { values, timestamps } = records;
    for (let i = from; i < values.length; i++) {
      const answer = writer.write(values[i], timestamps?.[i] ?? NO_TIMESTAMP);
      if (answer instanceof Promise) return answer.then(() => writeFrom(records, i + 1));
    }
  };
  return {
    ...recordsOnly((records) => writeFrom(records, 0)),
    ...(writer.prepareCommit === undefined ? {} : { prepareCommit: () => writer.prepareCommit!() }),
    flush: () => writer.flush?.(false),
    finish: () => writer.flush?.(true),
    close: () => writer.close?.(),
  };
}

function printSink(channel: string, identifier: string): Sink {
  return {
    accepts: (requested) => requested,
    createWriter: (context) => {
      const print = linePrinter(channel, identifier, context);
      return recordsOnly(({ values }) => print(values.length, (i) => printValue(values[i])));
    },
  };
}

function recordsOnly(writeRecords: (records: RecordBatch) => void | Promise<void>): SinkWriter {
  return {
    write: () => unreachableColumns(),
    writeRecords,
    finish: () => undefined,
    close: () => undefined,
  };
}

function unreachableColumns(): never {
  throw new Error('a sink of a program got columns');
}
