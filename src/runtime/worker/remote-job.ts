/**
 * A job on several threads, as the main thread sees it: a gateway for each worker, the rings' ends that are here, and
 * the rows that come from afar.
 */
import { MAILBOX_BYTES } from '../../shuffle/threads/mailbox.ts';
import { ThreadExchange } from '../../shuffle/threads/thread-exchange.ts';
import type { RemoteExecutors, SpreadJob } from '../environment.ts';
import type { JobMasterGateway, TaskDeploymentDescriptor, TaskExecutorGateway } from '../task-executor-gateway.ts';
import { DeliveryReceiver } from './deliveries.ts';
import { errorFromPlain, type PlainError } from './error-transfer.ts';
import { gatheringOf } from './gathering.ts';
import type { FromWorker, SentDescriptor } from './messages.ts';
import type { WorkerPool, WorkerThread } from './worker-pool.ts';

export class RemoteJob implements RemoteExecutors {
  readonly exchange: ThreadExchange;
  readonly executors: readonly TaskExecutorGateway[];
  readonly #options: SpreadJob;
  readonly #mailboxes: number;
  readonly #receiver: DeliveryReceiver;
  readonly #remotes: readonly RemoteExecutor[];

  constructor(pool: WorkerPool, options: SpreadJob) {
    const { graph, environment, workers, master } = options;
    const { memory, configuration } = environment;
    this.#options = options;
    // Before anything is allocated that another thread may free.
    const threads = pool.threads(workers);
    const shared = threads.map(({ heap }) => memory.share(heap));
    this.#mailboxes = memory.allocateZeroed((workers + 2) * MAILBOX_BYTES);
    const gathering = gatheringOf(configuration, graph.profile);
    this.exchange = new ThreadExchange({ memory, mailboxes: this.#mailboxes, executor: 0, gathering });
    const deliveryMailbox = workers + 1;
    this.#receiver = new DeliveryReceiver(
      memory,
      this.exchange.mailboxOf(deliveryMailbox),
      environment.deliver,
      environment.throttle ?? (() => null),
    );
    this.#receiver.run().catch((error: unknown) => master.executorLost(1, error));
    this.#remotes = threads.map((thread, i) => {
      const remote = new RemoteExecutor(thread, i + 1, options, this.exchange, this.#receiver);
      thread.post({
        kind: 'open',
        job: options.job,
        graph,
        executor: i + 1,
        mailboxes: this.#mailboxes,
        deliveryMailbox,
        context: pool.contextOf(memory.memory),
        memory: shared[i]!,
        settings: options.settings,
        program: environment.programReference ?? null,
      });
      return remote;
    });
    this.executors = this.#remotes;
  }

  async close(): Promise<void> {
    await Promise.all(this.#remotes.map((remote) => remote.close()));
    this.#receiver.close();
  }

  release(): void {
    const { memory } = this.#options.environment;
    memory.free(this.#mailboxes);
    for (const remote of this.#remotes) remote.leave();
    memory.collect();
  }
}

/** A worker as the JobMaster sees it. */
class RemoteExecutor implements TaskExecutorGateway {
  readonly #thread: WorkerThread;
  readonly #number: number;
  readonly #options: SpreadJob;
  readonly #exchange: ThreadExchange;
  readonly #receiver: DeliveryReceiver;
  readonly #submitted: SentDescriptor[] = [];
  readonly #closed: Promise<void>;
  #settle!: () => void;

  constructor(
    thread: WorkerThread,
    number: number,
    options: SpreadJob,
    exchange: ThreadExchange,
    receiver: DeliveryReceiver,
  ) {
    this.#thread = thread;
    this.#number = number;
    this.#options = options;
    this.#exchange = exchange;
    this.#receiver = receiver;
    this.#closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    thread.join(options.job, {
      receive: (message) => this.#receive(message),
      lost: (error) => {
        options.environment.memory.markEnded(thread.heap);
        this.#settle();
        options.master.executorLost(number, error);
      },
    });
  }

  /** The worker has the graph: what is in it need not be sent again. */
  submitTask({ vertex: _vertex, ...descriptor }: TaskDeploymentDescriptor): void {
    // Tasks may read each other's results in any order: all are made before the first task begins.
    if (this.#submitted.length === 0) queueMicrotask(() => this.#submit());
    this.#submitted.push(descriptor);
  }

  cancelTask(...args: Parameters<TaskExecutorGateway['cancelTask']>): void {
    this.#receiver.hurry();
    this.#command('cancelTask', args);
  }

  triggerCheckpoint(...args: Parameters<TaskExecutorGateway['triggerCheckpoint']>): void {
    this.#command('triggerCheckpoint', args);
  }

  notifyCheckpointAborted(...args: Parameters<TaskExecutorGateway['notifyCheckpointAborted']>): void {
    this.#command('notifyCheckpointAborted', args);
  }

  releasePartitions(...args: Parameters<TaskExecutorGateway['releasePartitions']>): void {
    this.#command('releasePartitions', args);
  }

  async close(): Promise<void> {
    this.#thread.post({ kind: 'close', job: this.#options.job });
    if (!this.#thread.lost) await this.#closed;
  }

  leave(): void {
    if (this.#thread.lost) this.#options.environment.memory.reclaim(this.#thread.heap);
    this.#thread.leave(this.#options.job);
  }

  #submit(): void {
    if (this.#submitted.length === 0) return;
    const descriptors = JSON.stringify(this.#submitted.splice(0));
    this.#thread.post({ kind: 'submit', job: this.#options.job, descriptors });
  }

  #command(method: Exclude<keyof TaskExecutorGateway, 'submitTask'>, args: readonly unknown[]): void {
    this.#submit();
    this.#thread.post({ kind: 'command', job: this.#options.job, method, args });
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'event':
        this.#handle(message.method, message.args);
        return;
      case 'delivery':
        this.#receiver.open(message.channel, message.types, message.ring, this.#exchange.mailboxOf(this.#number));
        return;
      case 'log':
        this.#options.environment.log?.(message.message);
        return;
      case 'closed':
        this.#settle();
    }
  }

  #handle(method: keyof JobMasterGateway, args: readonly unknown[]): void {
    const master = this.#options.master as unknown as Record<string, (...args: readonly unknown[]) => void>;
    // Both carry an error in second place.
    const withError = method === 'taskFailed' || method === 'executorLost';
    master[method]!(...(withError ? args.with(1, errorFromPlain(args[1] as PlainError)) : args));
  }
}
