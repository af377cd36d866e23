/** What a session holds between statements, and what it hands to those who work for it. */
import { type Clock, systemTimers, type Timers } from '../base/clock.ts';
import type { Configuration } from '../base/config.ts';
import type { Span } from '../base/errors.ts';
import type { FileSystem } from '../base/fs.ts';
import type { Random } from '../base/random.ts';
import type { CatalogManager } from '../catalog/catalog-manager.ts';
import type { ConnectorContext, ConnectorFactory } from '../dataflow/connector.ts';
import type { OperatorFactory } from '../dataflow/operator.ts';
import type { ResolvedMode } from '../dataflow/traits.ts';
import type { EvaluationContext } from '../expr/functions/define.ts';
import { ModuleCache } from '../kernel/cache.ts';
import { type Backend, type KernelCompiler, kernelCompiler } from '../kernel/program.ts';
import { LinearMemory } from '../memory/arena.ts';
import type { BindContext } from '../planner/bind/context.ts';
import type { Workers } from '../runtime/environment.ts';
import type { Fuse } from '../runtime/fuse.ts';
import type { VertexMetrics } from '../runtime/metrics.ts';
import type { Insert } from '../sql/ast.ts';
import type { Schema } from '../types/schema.ts';
import { type TimeZone, zoneWhenUsed } from '../types/time-zone.ts';
import type { Change } from './changelog-view.ts';
import { collectConnectors } from './collect-sink.ts';
import { HeldDeliveries } from './held-deliveries.ts';
import { stageFiles } from './job-directory.ts';
import { STREAM_TABLE_CONNECTOR, StreamTables } from './program/stream-tables.ts';

/** The registries that the composition root (src/index.ts) fills in. */
export interface Registries {
  /** @throws EngineError CONNECTOR-UNKNOWN */
  readonly connector: (name: string) => ConnectorFactory;
  /** Names of all connectors. */
  readonly connectors: readonly string[];
  readonly operator: (kind: string) => OperatorFactory;
  readonly fuse?: Fuse;
}

/** Where a `print` sink writes. */
export type PrintStream = 'stdout' | 'stderr';

/** Rows that reached a sink of the connector `values`. */
export interface SinkChanges {
  /** catalog.database.table */
  readonly table: string;
  readonly schema: Schema;
  readonly mode: ResolvedMode;
  readonly changes: readonly Change[];
}

/** Something that the user should know and that is no error. */
export interface Warning {
  readonly message: string;
  readonly hint: string | null;
  /** Where in the text of the statement. */
  readonly span: Span | null;
}

export interface SessionParts {
  readonly registries: Registries;
  readonly catalogs: CatalogManager;
  readonly configuration: Configuration;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  /** Default: those of the system. */
  readonly timers?: Timers;
  readonly random: Random;
  /** Threads that jobs may use; null: none. */
  readonly workers: Workers | null;
}

export interface JobStatus {
  readonly id: string;
  readonly name: string;
  status: 'RUNNING' | 'FINISHED' | 'FAILED' | 'CANCELED';
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  readonly control: JobControls;
}

/** What can be done to a running job. */
export interface JobControls {
  cancel(): void;
  /**
   * @param directory default: `execution.checkpointing.savepoint-dir`; the savepoint gets a directory of its own in it
   * @returns the path of the savepoint, when it is whole
   */
  triggerSavepoint(directory?: string): Promise<string>;
  /** The same, and the job ends. @param drain inputs are ended first, and everything is worked off */
  stopWithSavepoint(options?: { readonly directory?: string; readonly drain?: boolean }): Promise<string>;
  /** What tasks that have ended have counted, by vertex. */
  metrics(): readonly VertexMetrics[];
  /** Arrow files with the results of a vertex, as far as they are whole and on disk. */
  stageFiles(vertex: string): readonly string[];
}

export class Session {
  readonly registries: Registries;
  readonly timers: Timers;
  readonly catalogs: CatalogManager;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly workers: Workers | null;
  readonly memory = new LinearMemory();
  /** Rows of in-process tables, by the name of their collection. */
  readonly collections = new Map<string, unknown>();
  /** Streams of programs that have become tables. */
  readonly streams = new StreamTables();
  readonly jobs: JobStatus[] = [];
  /** Modules in the order of resolution. */
  modules: readonly string[] = ['core'];
  configuration: Configuration;
  /** Options that SET and RESET leave as they are: what the command line said. */
  fixedOptions: ReadonlySet<string> = new Set();
  onWarning: (warning: Warning) => void = () => undefined;
  /** Called with what reaches sinks of the connector `values`. */
  onSinkChanges: (delivered: SinkChanges) => void = () => undefined;
  /** Called with the lines of sinks of the connector `print`. */
  onPrint: (stream: PrintStream, line: string) => void = () => undefined;
  /** INSERTs between BEGIN STATEMENT SET and END; null outside. */
  statementSet: Insert[] | null = null;
  readonly #initial: Configuration;
  readonly #collect = collectConnectors(new HeldDeliveries());
  readonly #modules = new ModuleCache();
  readonly #compilers = new Map<Backend, KernelCompiler>();
  #systemZoneName: string | null = null;

  constructor(parts: SessionParts) {
    this.registries = parts.registries;
    this.catalogs = parts.catalogs;
    this.configuration = parts.configuration;
    this.#initial = parts.configuration;
    this.fileSystem = parts.fileSystem;
    this.clock = parts.clock;
    this.timers = parts.timers ?? systemTimers;
    this.random = parts.random;
    this.workers = parts.workers;
  }

  /** RESET: what the session began with. */
  resetConfiguration(key?: string): void {
    if (key === undefined) {
      this.configuration = this.#initial;
      return;
    }
    const initial = this.#initial.raw(key);
    this.configuration = initial === null ? this.configuration.without(key) : this.configuration.with(key, initial);
  }

  /** `table.local-time-zone`; `default` is the system's, which is looked up when it is first used: that takes long. */
  get zone(): TimeZone {
    return zoneWhenUsed(this.#zoneName);
  }

  get #zoneName(): () => string {
    const name = this.configuration.string('table.local-time-zone');
    return () => (name === 'default' ? this.#systemZone : name);
  }

  get #systemZone(): string {
    this.#systemZoneName ??= new Intl.DateTimeFormat().resolvedOptions().timeZone;
    return this.#systemZoneName;
  }

  get compiler(): KernelCompiler {
    const backend = this.configuration.string('weir.codegen.backend').toLowerCase() as Backend;
    const known = this.#compilers.get(backend);
    if (known !== undefined) return known;
    const made = kernelCompiler(this.memory, this.#modules, backend);
    this.#compilers.set(backend, made);
    return made;
  }

  get connectorContext(): ConnectorContext {
    return { fileSystem: this.fileSystem, clock: this.clock, configuration: this.configuration };
  }

  get evaluation(): EvaluationContext {
    const zoneName = this.#zoneName;
    return {
      get timeZone() {
        return zoneName();
      },
      now: BigInt(Math.round(this.clock.now() * 1000)) * 1000n,
      random: () => this.random.next(),
      currentDatabase: this.catalogs.currentDatabase,
    };
  }

  /** @param text that the statement's spans point into */
  bindContext(text: string): BindContext {
    return {
      catalogs: this.catalogs,
      configuration: this.configuration,
      text,
      connectorFactory: (name) => this.connector(name),
      connectorContext: this.connectorContext,
      evaluation: this.evaluation,
      stageFiles: (stage) => stageFiles(this, stage),
    };
  }

  connector(name: string): ConnectorFactory {
    if (name === STREAM_TABLE_CONNECTOR) return this.streams.connector;
    return this.#collect.find(({ connector }) => connector === name) ?? this.registries.connector(name);
  }

  /** 32 hexadecimal digits. */
  newJobId(): string {
    let id = '';
    while (id.length < 32) id += this.random.below(0x10000).toString(16).padStart(4, '0');
    return id;
  }
}
