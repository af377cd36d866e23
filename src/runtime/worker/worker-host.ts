/**
 * The thread's side of a worker: takes part in jobs, each with a TaskExecutor over the shared memory. It has compiled
 * modules, a heap and connectors of its own; commands and events come and go as messages.
 */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { systemClock } from '../../base/clock.ts';
import { Configuration } from '../../base/config.ts';
import { nodeFileSystem, restrictedFileSystem } from '../../base/fs.ts';
import type { AnyBatch, ConnectorFactory } from '../../dataflow/connector.ts';
import type { OperatorFactory } from '../../dataflow/operator.ts';
import { ModuleCache } from '../../kernel/cache.ts';
import { type Backend, type KernelCompiler, kernelCompiler } from '../../kernel/program.ts';
import { LinearMemory, type SharedLinearMemory } from '../../memory/arena.ts';
import { MemoryBudget } from '../../memory/budget.ts';
import { ShuffleEnvironment } from '../../shuffle/shuffle-environment.ts';
import { ThreadExchange } from '../../shuffle/threads/thread-exchange.ts';
import { Deployer } from '../deploy.ts';
import type { RuntimeEnvironment } from '../environment.ts';
import type { Fuse } from '../fuse.ts';
import { TaskExecutor } from '../task-executor.ts';
import type { ExecutionAttemptId, JobMasterGateway } from '../task-executor-gateway.ts';
import { Deliveries } from './deliveries.ts';
import { errorToPlain } from './error-transfer.ts';
import { gatheringOf } from './gathering.ts';
import type { FromWorker, OpenJob, SentDescriptor, ToWorker } from './messages.ts';

/** What the composition root gives every worker. */
export interface WorkerRegistries {
  readonly operator: (kind: string) => OperatorFactory;
  readonly connector: (name: string) => ConnectorFactory<AnyBatch>;
  readonly fuse: Fuse;
  /** The same with the functions of a program. @throws EngineError if they are not found */
  readonly withProgram: (reference: unknown, configuration: Configuration) => Promise<Implementations>;
}

type Implementations = Pick<RuntimeEnvironment, 'operator' | 'connector' | 'program'>;

/** Sessions whose memory a worker keeps attached. */
const MOST_CONTEXTS = 4;

interface Context {
  readonly memory: LinearMemory;
  readonly compiler: (backend: Backend) => KernelCompiler;
}

interface HostedJob {
  readonly executor: TaskExecutor;
  readonly submit: (descriptor: SentDescriptor) => void;
  readonly close: () => Promise<void>;
}

/** To be called once, by the module that the thread starts with. */
export function serveWorker(registries: WorkerRegistries): void {
  assert(parentPort !== null, 'a worker is served in a thread of its own');
  const host = new WorkerHost(parentPort, registries);
  parentPort.on('message', (message: ToWorker) => host.receive(message));
}

class WorkerHost {
  readonly #port: MessagePort;
  readonly #registries: WorkerRegistries;
  readonly #contexts = new Map<number, Context>();
  /** Rejected: the functions of the program were not found. */
  readonly #jobs = new Map<string, Promise<HostedJob>>();

  constructor(port: MessagePort, registries: WorkerRegistries) {
    this.#port = port;
    this.#registries = registries;
  }

  receive(message: ToWorker): void {
    const { job } = message;
    switch (message.kind) {
      case 'open': {
        const opened = this.#open(message);
        opened.catch(() => undefined);
        this.#jobs.set(job, opened);
        return;
      }
      case 'submit': {
        const descriptors = JSON.parse(message.descriptors) as readonly SentDescriptor[];
        void this.#jobs.get(job)?.then(
          ({ submit }) => descriptors.forEach(submit),
          (error: unknown) => {
            for (const { id } of descriptors) this.#refuse(job, id, error);
          },
        );
        return;
      }
      case 'command':
        void this.#jobs.get(job)?.then(
          ({ executor }) => {
            const gateway = executor as unknown as Record<string, (...args: unknown[]) => void>;
            gateway[message.method]!(...message.args);
          },
          () => undefined,
        );
        return;
      case 'close': {
        const opened = this.#jobs.get(job);
        this.#jobs.delete(job);
        const closed = (): void => this.#post({ kind: 'closed', job });
        void opened?.then(({ close }) => close()).then(closed, closed);
      }
    }
  }

  /** Tasks of a job that could not be opened fail with what it failed with. */
  #refuse(job: string, id: ExecutionAttemptId, error: unknown): void {
    this.#post({ kind: 'event', job, method: 'taskFailed', args: [id, errorToPlain(error), {}] });
  }

  async #open({
    job,
    graph,
    executor: number,
    mailboxes,
    deliveryMailbox,
    context,
    memory: shared,
    settings,
    program,
  }: OpenJob): Promise<HostedJob> {
    const { memory, compiler } = this.#context(context, shared);
    const configuration = new Configuration(new Map(settings.configuration));
    const { fuse, withProgram } = this.#registries;
    const implementations: Implementations =
      program === null ? this.#registries : await withProgram(program, configuration);
    const { operator, connector } = implementations;
    const gathering = gatheringOf(configuration, graph.profile);
    const exchange = new ThreadExchange({ memory, mailboxes, executor: number, gathering });
    const deliveries = new Deliveries(memory, exchange, deliveryMailbox, (channel, types, ring) =>
      this.#post({ kind: 'delivery', job, channel, types, ring }),
    );
    const environment: RuntimeEnvironment = {
      memory,
      budget: new MemoryBudget(settings.managedMemory),
      compiler: compiler(configuration.string('weir.codegen.backend').toLowerCase() as Backend),
      fileSystem:
        settings.allowedPaths === null ? nodeFileSystem : restrictedFileSystem(nodeFileSystem, settings.allowedPaths),
      clock: systemClock,
      configuration,
      operator,
      connector,
      ...(implementations.program === undefined ? {} : { program: implementations.program }),
      collections: new Map(),
      deliver: (channel, batch, types) => deliveries.deliver(channel, batch, types),
      fuse,
      log: (text) => this.#post({ kind: 'log', job, message: text }),
      throttle: () => deliveries.throttle(),
    };
    const directory = configuration.raw('io.tmp.dirs') ?? undefined;
    const { fileSystem } = environment;
    const { compiler: own } = environment;
    const lasting = settings.resultDirectory;
    const shuffle = new ShuffleEnvironment(job, memory, fileSystem, own, directory, exchange, lasting);
    const held: (() => void)[] = [];
    const master = this.#masterOf(job, (post) => (deliveries.drained ? post() : held.push(post)));
    const pump = (now: number, idle: boolean): void => {
      exchange.pump(now, idle);
      deliveries.pump();
      if (held.length > 0 && deliveries.drained) for (const post of held.splice(0)) post();
    };
    const traffic = { mailbox: exchange.mailbox, pump };
    const deployer = new Deployer(graph, environment, shuffle);
    const executor = new TaskExecutor(number, environment, shuffle, deployer, master, traffic);
    const running = executor.run().catch((error: unknown) => master.executorLost(number, error));
    const close = async (): Promise<void> => {
      executor.close();
      await running;
      shuffle.close();
      deliveries.close();
      memory.collect();
    };
    const vertices = new Map(graph.vertices.map((vertex) => [vertex.id, vertex]));
    const submit = (descriptor: SentDescriptor): void =>
      executor.submitTask({ ...descriptor, vertex: vertices.get(descriptor.id.vertex)! });
    return { executor, submit, close };
  }

  /** Events are messages. A task is finished when the rows that it delivered have been taken. */
  #masterOf(job: string, whenDelivered: (post: () => void) => void): JobMasterGateway {
    const send = (method: keyof JobMasterGateway, ...args: readonly unknown[]): void =>
      this.#post({ kind: 'event', job, method, args });
    return {
      taskFinished: (...args) => whenDelivered(() => send('taskFinished', ...args)),
      taskFailed: (id, error, counters) => send('taskFailed', id, errorToPlain(error), counters),
      taskCancelled: (...args) => send('taskCancelled', ...args),
      acknowledgeCheckpoint: (...args) => send('acknowledgeCheckpoint', ...args),
      declineCheckpoint: (...args) => send('declineCheckpoint', ...args),
      executorLost: (executor, error) => send('executorLost', executor, errorToPlain(error)),
    };
  }

  #context(id: number, shared: SharedLinearMemory): Context {
    let context = this.#contexts.get(id);
    if (context === undefined) {
      const memory = new LinearMemory(shared);
      const modules = new ModuleCache();
      const compilers = new Map<Backend, KernelCompiler>();
      const compiler = (backend: Backend): KernelCompiler => {
        const made = compilers.get(backend) ?? kernelCompiler(memory, modules, backend);
        compilers.set(backend, made);
        return made;
      };
      context = { memory, compiler };
    }
    // The least recently used go first, unless a job runs.
    this.#contexts.delete(id);
    if (this.#jobs.size === 0 && this.#contexts.size >= MOST_CONTEXTS) {
      this.#contexts.delete(this.#contexts.keys().next().value!);
    }
    this.#contexts.set(id, context);
    return context;
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}
