/** The registry of connectors: what `'connector' = '…'` in WITH may name. */
import { EngineError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import type { ConnectorFactory } from '../dataflow/connector.ts';
import { blackholeConnector } from './blackhole/blackhole.ts';
import { collectionConnector } from './collection/collection.ts';
import { datagenConnector } from './datagen/datagen.ts';
import { filesystem } from './filesystem/index.ts';
import { nexmarkConnector } from './nexmark/nexmark.ts';
import { printConnector } from './print/print.ts';
import { stdinConnector } from './stdin/stdin.ts';
import { tpchConnector } from './tpch/tpch.ts';
import { valuesConnector } from './values/values.ts';

export { printScalar } from './formats/text-values.ts';
export { memoryConnector } from './memory/memory.ts';
export { applyDefaults, type Options, validateOptions } from './options.ts';
export { ARRIVAL_SCHEDULE, ArrivalSchedule } from './values/arrival.ts';

const FACTORIES: readonly ConnectorFactory[] = [
  blackholeConnector,
  collectionConnector,
  datagenConnector,
  filesystem,
  nexmarkConnector,
  printConnector,
  stdinConnector,
  tpchConnector,
  valuesConnector,
];

const BY_NAME: ReadonlyMap<string, ConnectorFactory> = new Map(
  FACTORIES.map((factory) => [factory.connector, factory]),
);

/** Names of all connectors, in order of the alphabet. */
export function connectorNames(): readonly string[] {
  return [...BY_NAME.keys()].sort();
}

/** @throws EngineError CONNECTOR-UNKNOWN, with the nearest name and the list */
export function connectorFactory(name: string): ConnectorFactory {
  const factory = BY_NAME.get(name);
  if (factory !== undefined) return factory;
  const names = connectorNames();
  const nearest = didYouMean(name, names);
  throw new EngineError('CONNECTOR-UNKNOWN', `there is no connector '${name}'`, {
    hint: `${nearest === undefined ? '' : `${nearest} `}connectors are ${names.join(', ')}`,
  });
}
