/**
 * The sinks of a SELECT and of `executeAndCollect`: they hand everything to whoever reads the result. They ask for all
 * kinds of changes, as Flink's does.
 */
import type { Batch } from '../columnar/batch.ts';
import type { ConnectorFactory, ConnectorSpec, ReaderContext, SinkWriter } from '../dataflow/connector.ts';
import type { RecordBatch } from '../dataflow/records.ts';
import { COLLECT_CONNECTOR } from '../datastream/connectors.ts';
import type { Schema } from '../types/schema.ts';
import type { HeldDeliveries, HeldDelivery } from './held-deliveries.ts';

/** The channel that results are delivered on. */
export const RESULT_CHANNEL = '$result';

const CONNECTOR = '$collect';

/** @param held where results wait that must not be seen twice */
export function collectConnectors(held: HeldDeliveries): readonly ConnectorFactory[] {
  return [CONNECTOR, COLLECT_CONNECTOR].map((connector) => ({
    connector,
    mainThread: ['sink'],
    options: [],
    createSink: (spec) => ({
      accepts: (requested) => requested,
      createWriter: (context) =>
        context.transactional === true ? new HeldWriter(spec, context, held) : writer(spec, context),
      createCommitter: () => held,
    }),
  }));
}

function writer({ table, schema }: ConnectorSpec, context: ReaderContext): SinkWriter {
  const types = schema.fields.map(({ type }) => type);
  return {
    write: (batch) => context.deliver(table, batch, types),
    writeRecords: ({ values }) => context.deliverRecords?.(table, values),
    finish: () => undefined,
    close: () => undefined,
  };
}

/** Delivers nothing before it is committed. */
class HeldWriter implements SinkWriter {
  readonly #spec: ConnectorSpec;
  readonly #context: ReaderContext;
  readonly #held: HeldDeliveries;
  #deliveries: HeldDelivery[] = [];

  constructor(spec: ConnectorSpec, context: ReaderContext, held: HeldDeliveries) {
    this.#spec = spec;
    this.#context = context;
    this.#held = held;
  }

  write(batch: Batch): void {
    const { table, schema } = this.#spec;
    const types = schema.fields.map(({ type }) => type);
    batch.retain();
    this.#deliveries.push({
      deliver: () => this.#context.deliver(table, batch, types),
      drop: () => batch.release(),
    });
  }

  writeRecords({ values }: RecordBatch): void {
    this.#deliveries.push({
      deliver: () => this.#context.deliverRecords?.(this.#spec.table, values),
      drop: () => undefined,
    });
  }

  prepareCommit(): readonly number[] {
    if (this.#deliveries.length === 0) return [];
    const transaction = this.#held.prepare(this.#deliveries);
    this.#deliveries = [];
    return [transaction];
  }

  finish(): void {}

  close(): void {
    for (const { drop } of this.#deliveries.splice(0)) drop();
  }
}

export function collectSpec(schema: Schema): ConnectorSpec {
  return {
    connector: CONNECTOR,
    table: RESULT_CHANNEL,
    options: {},
    schema,
    projection: schema.fields.map((_, i) => i),
    filters: [],
    limit: null,
  };
}
