/**
 * A table environment with the connectors and operators of Weir: where the planning and the running side are tied
 * together.
 */
import { connectorFactory } from '../connectors/index.ts';
import { operatorFactory } from '../operators/index.ts';
import { fuseCalcs } from './fuse-chain.ts';
import { TableEnvironment, type TableEnvironmentOptions } from './table-environment.ts';

export function createTableEnvironment(options: TableEnvironmentOptions = {}): TableEnvironment {
  return new TableEnvironment({ connector: connectorFactory, operator: operatorFactory, fuse: fuseCalcs }, options);
}
