/** The sink of a SELECT: hands every change to whoever reads the result. It asks for all kinds, as Flink's does. */
import type { Batch } from '../columnar/batch.ts';
import type { ConnectorFactory, ConnectorSpec, ReaderContext, SinkWriter } from '../dataflow/connector.ts';
import type { Schema } from '../types/schema.ts';
import type { HeldDeliveries, HeldDelivery } from './held-deliveries.ts';

/** The channel that results are delivered on. */
export const RESULT_CHANNEL = '$result';

const CONNECTOR = '$collect';

/** @param held where results wait that must not be seen twice */
export function collectConnector(held: HeldDeliveries): ConnectorFactory {
  return {
    connector: CONNECTOR,
    mainThread: ['sink'],
    options: [],
    createSink: (spec) => ({
      accepts: (requested) => requested,
      createWriter: (context) =>
        context.transactional === true ? new HeldWriter(spec, context, held) : writer(spec, context),
      createCommitter: () => held,
    }),
  };
}

function writer({ table, schema }: ConnectorSpec, context: ReaderContext): SinkWriter {
  const types = schema.fields.map(({ type }) => type);
  return {
    write: (batch) => context.deliver(table, batch, types),
    finish: () => undefined,
    close: () => undefined,
  };
}

/** Delivers nothing before it is committed. */
class HeldWriter implements SinkWriter {
  readonly #spec: ConnectorSpec;
  readonly #context: ReaderContext;
  readonly #held: HeldDeliveries;
  #batches: HeldDelivery[] = [];

  constructor(spec: ConnectorSpec, context: ReaderContext, held: HeldDeliveries) {
    this.#spec = spec;
    this.#context = context;
    this.#held = held;
  }

  write(batch: Batch): void {
    const { table, schema } = this.#spec;
    const types = schema.fields.map(({ type }) => type);
    batch.retain();
    this.#batches.push({
      deliver: () => this.#context.deliver(table, batch, types),
      drop: () => batch.release(),
    });
  }

  prepareCommit(): readonly number[] {
    if (this.#batches.length === 0) return [];
    const transaction = this.#held.prepare(this.#batches);
    this.#batches = [];
    return [transaction];
  }

  finish(): void {}

  close(): void {
    for (const { drop } of this.#batches.splice(0)) drop();
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
