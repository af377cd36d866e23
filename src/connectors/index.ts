/** The registry of connectors: what `'connector' = '…'` in WITH may name. */
import { EngineError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import type { ConnectorFactory } from '../dataflow/connector.ts';
import { blackholeConnector } from './blackhole/blackhole.ts';
import { collectionConnector } from './collection/collection.ts';
import { datagenConnector } from './datagen/datagen.ts';
import { filesystemConnector } from './filesystem/index.ts';
import { nexmarkConnector } from './nexmark/nexmark.ts';
import { printConnector } from './print/print.ts';
import { stdinConnector } from './stdin/stdin.ts';
import { tpchConnector } from './tpch/tpch.ts';
import { valuesConnector } from './values/values.ts';

export { printScalar } from './formats/text-values.ts';
export { memoryConnector } from './memory/memory.ts';
export { applyDefaults, type Options, validateOptions } from './options.ts';
export { ARRIVAL_SCHEDULE, ArrivalSchedule } from './values/arrival.ts';

const STATELESS: readonly ConnectorFactory[] = [
  blackholeConnector,
  collectionConnector,
  datagenConnector,
  nexmarkConnector,
  printConnector,
  stdinConnector,
  tpchConnector,
  valuesConnector,
];

/** The connectors of a session, or of one of its threads. */
export class ConnectorRegistry {
  readonly #byName: ReadonlyMap<string, ConnectorFactory>;

  /** @param own further ones */
  constructor(own: readonly ConnectorFactory[] = []) {
    const all = [...STATELESS, filesystemConnector(), ...own];
    this.#byName = new Map(all.map((factory) => [factory.connector, factory]));
  }

  /** In order of the alphabet. */
  get names(): readonly string[] {
    return [...this.#byName.keys()].sort();
  }

  /** @throws EngineError CONNECTOR-UNKNOWN, with the nearest name and the list */
  find(name: string): ConnectorFactory {
    const factory = this.#byName.get(name);
    if (factory !== undefined) return factory;
    const nearest = didYouMean(name, this.names);
    throw new EngineError('CONNECTOR-UNKNOWN', `there is no connector '${name}'`, {
      hint: `${nearest === undefined ? '' : `${nearest} `}connectors are ${this.names.join(', ')}`,
    });
  }
}
