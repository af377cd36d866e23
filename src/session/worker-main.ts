/** The module that worker threads start with. */
import { ConnectorRegistry, memoryConnector } from '../connectors/index.ts';
import { operatorFactory } from '../operators/index.ts';
import { serveWorker } from '../runtime/worker/worker-host.ts';
import { loadStateBackend } from '../state/keyed/registry.ts';
import { fuseCalcs } from './fuse-chain.ts';
import { type ProgramReference, programImplementations } from './program/implementations.ts';
import { loadAgain } from './program/load-again.ts';

// Of the session's tables it can read what lies in linear memory.
const connectors = new ConnectorRegistry([memoryConnector()]);
const connector = connectors.find.bind(connectors);
/** The library lies beside this module, and shares its code. */
const library = new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : './index.js', import.meta.url).href;

serveWorker({
  operator: operatorFactory,
  connector,
  fuse: fuseCalcs,
  withProgram: async (reference, configuration) => {
    const registry = await loadAgain(reference as ProgramReference, { library, import: (url) => import(url) });
    const stateBackend = await loadStateBackend(configuration.string('state.backend.type'));
    return programImplementations({ registry, stateBackend }, { operator: operatorFactory, connector });
  },
});
