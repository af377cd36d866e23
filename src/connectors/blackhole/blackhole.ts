/** Connector `blackhole`: takes every change and keeps none; what is left is the cost of the query. */
import type { ConnectorFactory, Sink } from '../../dataflow/connector.ts';

export const blackholeConnector: ConnectorFactory = {
  connector: 'blackhole',
  sinkAbilities: ['partitioning'],
  options: [],
  createSink: (): Sink => ({
    accepts: (requested) => requested,
    createWriter: () => ({ write: () => undefined, finish: () => undefined, close: () => undefined }),
  }),
};
