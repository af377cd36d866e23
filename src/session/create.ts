/**
 * A table environment with the connectors and operators of Weir: where the planning and the running side are tied
 * together.
 */
import { connectorFactory, connectorNames, memoryConnector } from '../connectors/index.ts';
import { operatorFactory } from '../operators/index.ts';
import { fuseCalcs } from './fuse-chain.ts';
import { TableEnvironment, type TableEnvironmentOptions } from './table-environment.ts';

export function createTableEnvironment(options: TableEnvironmentOptions = {}): TableEnvironment {
  const memory = memoryConnector();
  const connector = (name: string) => (name === memory.connector ? memory : connectorFactory(name));
  const connectors = [...connectorNames(), memory.connector];
  return new TableEnvironment({ connector, connectors, operator: operatorFactory, fuse: fuseCalcs }, options);
}
