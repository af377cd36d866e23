/** A session with the connectors and operators of Weir: where the planning and the running side are tied together. */
import { type Clock, systemClock } from '../base/clock.ts';
import { Configuration } from '../base/config.ts';
import { type FileSystem, nodeFileSystem, restrictedFileSystem } from '../base/fs.ts';
import { removeLeftovers } from '../base/leftovers.ts';
import { type Random, systemRandom } from '../base/random.ts';
import { CatalogManager } from '../catalog/catalog-manager.ts';
import { ConnectorRegistry, memoryConnector } from '../connectors/index.ts';
import { operatorFactory } from '../operators/index.ts';
import type { Workers } from '../runtime/environment.ts';
import { RemoteJob } from '../runtime/worker/remote-job.ts';
import type { WorkerPool } from '../runtime/worker/worker-pool.ts';
import { fuseCalcs } from './fuse-chain.ts';
import { type PrintStream, type Registries, Session, type SinkChanges, type Warning } from './session.ts';
import { checkOption, warnOfUnknownOption } from './session-statements.ts';

export interface SessionOptions {
  /** Options as SET takes them. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** Keys of `configuration` that SET leaves as they are. */
  readonly fixedOptions?: Iterable<string>;
  /** Managed memory, as `taskmanager.memory.managed.size`: `512 mb`. */
  readonly memory?: string;
  /** Default: the disk. */
  readonly fileSystem?: FileSystem;
  /** Files and directories that SQL may read and write; default: all. */
  readonly allowedPaths?: readonly string[];
  readonly clock?: Clock;
  readonly random?: Random;
  /** Threads for jobs with several subtasks, which sessions may share; default: everything runs on this one. */
  readonly workers?: WorkerPool;
  /** Gets what the user should know and is no error: options without effect. Default: it goes nowhere. */
  readonly onWarning?: (warning: Warning) => void;
  /** Gets what reaches sinks of the connector `values`. */
  readonly onSinkChanges?: (delivered: SinkChanges) => void;
  /** Gets the lines of sinks of the connector `print`. Default: they go nowhere. */
  readonly onPrint?: (stream: PrintStream, line: string) => void;
}

/** @throws EngineError for options that cannot be set so */
export function openSession(options: SessionOptions = {}): Session {
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  if (options.fileSystem === undefined) {
    removeLeftovers(fileSystem, options.configuration?.['io.tmp.dirs'] ?? fileSystem.temporaryDirectory);
  }
  const values = { ...options.configuration };
  if (options.memory !== undefined) values['taskmanager.memory.managed.size'] = options.memory;
  for (const [key, value] of Object.entries(values)) checkOption(key, value);
  const session = new Session({
    registries: registries(),
    catalogs: new CatalogManager(),
    configuration: new Configuration(values),
    fileSystem:
      options.allowedPaths === undefined ? fileSystem : restrictedFileSystem(fileSystem, options.allowedPaths),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom(),
    workers: workersOf(options),
  });
  session.fixedOptions = new Set(options.fixedOptions);
  if (options.onWarning !== undefined) session.onWarning = options.onWarning;
  for (const key of Object.keys(values)) warnOfUnknownOption(session, key);
  if (options.onSinkChanges !== undefined) session.onSinkChanges = options.onSinkChanges;
  if (options.onPrint !== undefined) session.onPrint = options.onPrint;
  return session;
}

/** Workers have the disk and the clock of the system: a session with others stays on its thread. */
function workersOf({ workers, fileSystem, clock, allowedPaths }: SessionOptions): Workers | null {
  if (workers === undefined || fileSystem !== undefined || clock !== undefined) return null;
  return {
    allowedPaths: allowedPaths ?? null,
    anyProgram: false,
    open: (job) => new RemoteJob(workers, job),
  };
}

/** The connectors, with tables in memory of their own, and the operators. */
export function registries(): Registries {
  const connectors = new ConnectorRegistry([memoryConnector()]);
  const connector = connectors.find.bind(connectors);
  return { connector, connectors: connectors.names, operator: operatorFactory, fuse: fuseCalcs };
}
