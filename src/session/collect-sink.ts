/** The sink of a SELECT: hands every change to whoever reads the result. It asks for all kinds, as Flink's does. */
import type { ConnectorFactory, ConnectorSpec } from '../dataflow/connector.ts';
import type { Schema } from '../types/schema.ts';

/** The channel that results are delivered on. */
export const RESULT_CHANNEL = '$result';

export const collectConnector: ConnectorFactory = {
  connector: '$collect',
  options: [],
  createSink: (spec) => {
    const types = spec.schema.fields.map(({ type }) => type);
    return {
      accepts: (requested) => requested,
      createWriter: (context) => ({
        write: (batch) => context.deliver(spec.table, batch, types),
        finish: () => undefined,
        close: () => undefined,
      }),
    };
  },
};

export function collectSpec(schema: Schema): ConnectorSpec {
  return {
    connector: collectConnector.connector,
    table: RESULT_CHANNEL,
    options: {},
    schema,
    projection: schema.fields.map((_, i) => i),
    filters: [],
    limit: null,
  };
}
