/**
 * Several executors on one thread: each has tasks, results and rings of its own, as a worker has, and its turns come in
 * an order that a seed decides. One of them may die in the middle of a call: nothing that it does afterwards is seen.
 */
import { EngineError } from '../../src/base/errors.ts';
import type { File, FileSystem } from '../../src/base/fs.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { Deployer } from '../../src/runtime/deploy.ts';
import type { RemoteExecutors, RuntimeEnvironment, SpreadJob, Workers } from '../../src/runtime/environment.ts';
import { TaskExecutor } from '../../src/runtime/task-executor.ts';
import type {
  JobMasterGateway,
  TaskDeploymentDescriptor,
  TaskExecutorGateway,
} from '../../src/runtime/task-executor-gateway.ts';
import { gatheringOf } from '../../src/runtime/worker/gathering.ts';
import { ShuffleEnvironment } from '../../src/shuffle/shuffle-environment.ts';
import { MAILBOX_BYTES } from '../../src/shuffle/threads/mailbox.ts';
import { ThreadExchange } from '../../src/shuffle/threads/thread-exchange.ts';
import type { FaultInjector } from './faults.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** Milliseconds between two looks at a mailbox. */
const LOOK_INTERVAL = 2;

export function simulatedWorkers(injector: FaultInjector, time: SimulatedTime): Workers {
  return { allowedPaths: null, anyProgram: true, open: (job) => new SimulatedExecutors(job, injector, time) };
}

class SimulatedExecutors implements RemoteExecutors {
  readonly exchange: ThreadExchange;
  readonly executors: readonly SimulatedExecutor[];
  readonly #environment: RuntimeEnvironment;
  readonly #mailboxes: number;

  constructor(job: SpreadJob, injector: FaultInjector, time: SimulatedTime) {
    const { environment, graph, workers } = job;
    const { memory, configuration } = environment;
    this.#environment = environment;
    const mailboxes = memory.allocateZeroed((workers + 1) * MAILBOX_BYTES);
    this.#mailboxes = mailboxes;
    const gathering = gatheringOf(configuration, graph.profile);
    // What wakes another thread need not wake this one at the same instant every time.
    const wait = (): Promise<void> => new Promise((resolve) => time.after(LOOK_INTERVAL, resolve));
    const exchangeOf = (executor: number) => new ThreadExchange({ memory, mailboxes, executor, gathering, wait });
    this.exchange = exchangeOf(0);
    this.executors = Array.from({ length: workers }, (_, i) => {
      return new SimulatedExecutor(i + 1, job, exchangeOf(i + 1), injector, time);
    });
  }

  async close(): Promise<void> {
    for (const executor of this.executors) await executor.close();
  }

  release(): void {
    this.#environment.memory.free(this.#mailboxes);
  }
}

class SimulatedExecutor implements TaskExecutorGateway {
  readonly #number: number;
  readonly #job: SpreadJob;
  readonly #time: SimulatedTime;
  readonly #executor: TaskExecutor;
  readonly #shuffle: ShuffleEnvironment;
  readonly #running: Promise<void>;
  #dead = false;

  constructor(number: number, job: SpreadJob, exchange: ThreadExchange, injector: FaultInjector, time: SimulatedTime) {
    this.#number = number;
    this.#job = job;
    this.#time = time;
    const { graph, settings } = job;
    const environment: RuntimeEnvironment = {
      ...job.environment,
      budget: new MemoryBudget(settings.managedMemory),
      fileSystem: this.#untilDeath(job.environment.fileSystem),
      operator: injector.watchExecutor(job.environment.operator, () => this.#die()),
    };
    const { memory, fileSystem, compiler } = environment;
    this.#shuffle = new ShuffleEnvironment(
      ...([job.job, memory, fileSystem, compiler, undefined, exchange, settings.resultDirectory] as const),
    );
    const deployer = new Deployer(graph, environment, this.#shuffle);
    this.#executor = new TaskExecutor(number, environment, this.#shuffle, deployer, this.#events(), exchange);
    this.#running = this.#executor.run().catch((error: unknown) => {
      this.#send((master) => master.executorLost(number, error));
    });
  }

  /** Through the form in which it reaches a worker. */
  submitTask({ vertex, ...descriptor }: TaskDeploymentDescriptor): void {
    const sent = JSON.parse(JSON.stringify(descriptor)) as Omit<TaskDeploymentDescriptor, 'vertex'>;
    this.#command(() => this.#executor.submitTask({ ...sent, vertex }));
  }

  cancelTask(...args: Parameters<TaskExecutorGateway['cancelTask']>): void {
    this.#command(() => this.#executor.cancelTask(...args));
  }

  triggerCheckpoint(...args: Parameters<TaskExecutorGateway['triggerCheckpoint']>): void {
    this.#command(() => this.#executor.triggerCheckpoint(...args));
  }

  notifyCheckpointAborted(...args: Parameters<TaskExecutorGateway['notifyCheckpointAborted']>): void {
    this.#command(() => this.#executor.notifyCheckpointAborted(...args));
  }

  releasePartitions(...args: Parameters<TaskExecutorGateway['releasePartitions']>): void {
    this.#command(() => this.#executor.releasePartitions(...args));
  }

  async close(): Promise<void> {
    this.#executor.close();
    await this.#running;
    try {
      this.#shuffle.close();
    } catch {
      // The process has been killed: its disk answers nobody any more.
    }
  }

  #command(command: () => void): void {
    if (!this.#dead) command();
  }

  #die(): void {
    this.#dead = true;
    this.#executor.close();
    const error = new EngineError('RUN-WORKER-LOST', 'a worker thread has died: on purpose', { retriable: true });
    this.#send((master) => master.executorLost(this.#number, error));
  }

  /** What was sent before a death arrives after it. */
  #send(event: (master: JobMasterGateway) => void): void {
    void this.#time.turn().then(() => event(this.#job.master));
  }

  #events(): JobMasterGateway {
    const send = (event: (master: JobMasterGateway) => void): void => {
      if (!this.#dead) this.#send(event);
    };
    return {
      taskFinished: (...args) => send((master) => master.taskFinished(...args)),
      taskFailed: (...args) => send((master) => master.taskFailed(...args)),
      taskCancelled: (...args) => send((master) => master.taskCancelled(...args)),
      acknowledgeCheckpoint: (...args) => send((master) => master.acknowledgeCheckpoint(...args)),
      declineCheckpoint: (...args) => send((master) => master.declineCheckpoint(...args)),
      executorLost: (...args) => send((master) => master.executorLost(...args)),
    };
  }

  /** The dead do nothing to the disk; that their files are closed is only seen by who counts them. */
  #untilDeath<T extends FileSystem | File>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member = target[name as keyof T];
        if (typeof member !== 'function') return member;
        return (...args: readonly unknown[]): unknown => {
          if (this.#dead && name !== 'close') return undefined;
          const answer: unknown = member.apply(target, args);
          return name === 'open' ? this.#untilDeath(answer as File) : answer;
        };
      },
    });
  }
}
