/**
 * The threads that help the main one: started when a job first needs them, kept for the next, and ended after a while
 * without work. They do not keep the process alive, unless a job runs.
 */
import { Worker } from 'node:worker_threads';
import { EngineError } from '../../base/errors.ts';
import type { SharedLinearMemory } from '../../memory/arena.ts';
import { HEAP_LIMIT } from '../../memory/page-table.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** Milliseconds without a job after which threads end. */
const IDLE_TIMEOUT = 30_000;
/** Twice what V8 takes by default: it collects garbage with threads of its own, which want the same processors. */
const YOUNG_GENERATION_MB = 96;

/** Hears what a worker says about one job. */
export interface WorkerListener {
  receive(message: FromWorker): void;
  /** The thread is gone; nothing more will come. */
  lost(error: EngineError): void;
}

export class WorkerPool {
  readonly #entry: URL;
  readonly #execArgv: readonly string[] | undefined;
  readonly #threads: WorkerThread[] = [];
  readonly #heaps = new Set<number>();
  readonly #contexts = new WeakMap<SharedLinearMemory['memory'], number>();
  #contextCount = 0;
  #idle: NodeJS.Timeout | undefined;

  /**
   * @param entry the module that every thread starts with; it calls serveWorker
   * @param execArgv options of node, for entries that need a loader
   */
  constructor(entry: URL, execArgv?: readonly string[]) {
    this.#entry = entry;
    this.#execArgv = execArgv;
  }

  /** As many threads, the same ones at each call as long as they live. */
  threads(count: number): readonly WorkerThread[] {
    clearTimeout(this.#idle);
    while (this.#threads.length < count) this.#threads.push(this.#start());
    return this.#threads.slice(0, count);
  }

  /** Names a memory towards the threads. */
  contextOf(memory: SharedLinearMemory['memory']): number {
    let context = this.#contexts.get(memory);
    if (context === undefined) {
      context = this.#contextCount++;
      this.#contexts.set(memory, context);
    }
    return context;
  }

  /** Ends the threads that no job runs on. */
  close(): void {
    clearTimeout(this.#idle);
    for (const thread of [...this.#threads]) if (!thread.busy) thread.end();
  }

  #start(): WorkerThread {
    let heap = 1;
    while (this.#heaps.has(heap)) heap++;
    if (heap >= HEAP_LIMIT) {
      throw new EngineError(
        'RUN-WORKER-LOST',
        `${heap} threads of this session run or have died in the jobs that run`,
        {
          hint: "lower 'parallelism.default', or wait until a job has ended",
        },
      );
    }
    this.#heaps.add(heap);
    const worker = new Worker(this.#entry, {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      ...(this.#execArgv === undefined ? {} : { execArgv: [...this.#execArgv] }),
    });
    return new WorkerThread(worker, heap, {
      gone: (thread) => {
        const at = this.#threads.indexOf(thread);
        if (at >= 0) this.#threads.splice(at, 1);
      },
      forgotten: () => this.#heaps.delete(heap),
      idle: () => this.#rest(),
    });
  }

  #rest(): void {
    if (this.#threads.some(({ busy }) => busy)) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), IDLE_TIMEOUT).unref();
  }
}

interface PoolEvents {
  gone(thread: WorkerThread): void;
  /** Gone, and no job has anything of it any more: its heap may be another's. */
  forgotten(): void;
  idle(): void;
}

export class WorkerThread {
  /** Number of its heap in every memory. */
  readonly heap: number;
  readonly #worker: Worker;
  readonly #events: PoolEvents;
  readonly #listeners = new Map<string, WorkerListener>();
  #lost: EngineError | null = null;

  constructor(worker: Worker, heap: number, events: PoolEvents) {
    this.heap = heap;
    this.#worker = worker;
    this.#events = events;
    worker.unref();
    worker.on('message', (message: FromWorker) => this.#listeners.get(message.job)?.receive(message));
    worker.on('error', (cause) => this.#lose(cause.message, cause));
    worker.on('messageerror', (cause) => this.#lose(cause.message, cause));
    worker.on('exit', (code) => this.#lose(`it ended with code ${code}`));
  }

  get busy(): boolean {
    return this.#listeners.size > 0;
  }

  get lost(): boolean {
    return this.#lost !== null;
  }

  /** Must be followed by `leave`. */
  join(job: string, listener: WorkerListener): void {
    this.#listeners.set(job, listener);
    this.#worker.ref();
  }

  leave(job: string): void {
    this.#listeners.delete(job);
    if (this.busy) return;
    this.#worker.unref();
    if (this.lost) this.#events.forgotten();
    else this.#events.idle();
  }

  post(message: ToWorker): void {
    if (!this.lost) this.#worker.postMessage(message);
  }

  /** Ends the thread, whatever it does. */
  end(): void {
    void this.#worker.terminate();
    this.#lose('it was ended');
  }

  #lose(reason: string, cause?: unknown): void {
    if (this.lost) return;
    this.#lost = new EngineError('RUN-WORKER-LOST', `a worker thread has died: ${reason}`, { cause, retriable: true });
    this.#events.gone(this);
    if (!this.busy) this.#events.forgotten();
    for (const listener of [...this.#listeners.values()]) listener.lost(this.#lost);
  }
}
