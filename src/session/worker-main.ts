/** The module that worker threads start with. */
import { connectorFactory, memoryConnector } from '../connectors/index.ts';
import type { ConnectorFactory } from '../dataflow/connector.ts';
import { operatorFactory } from '../operators/index.ts';
import { serveWorker } from '../runtime/worker/worker-host.ts';
import { fuseCalcs } from './fuse-chain.ts';

// Of the session's tables it can read what lies in linear memory.
const memory = memoryConnector();
const connector = (name: string): ConnectorFactory => (name === memory.connector ? memory : connectorFactory(name));

serveWorker({ operator: operatorFactory, connector, fuse: fuseCalcs });
