/** The entry to the DataStream API: sources come from it, and it runs what hangs on them. */
import type { StreamSource } from '../dataflow/functions/source.ts';
import type { WatermarkStrategy } from '../dataflow/functions/watermark-strategy.ts';
import type { RuntimeExecutionMode } from '../dataflow/traits.ts';
import { Collected } from '../datastream/collected.ts';
import { Program } from '../datastream/program.ts';
import type { ProgramNode } from '../datastream/program-node.ts';
import { ArraySource, IndexedSource } from '../datastream/sources/indexed-source.ts';
import { IterableSource } from '../datastream/sources/iterable-source.ts';
import { TextLineSource } from '../datastream/sources/text-line-source.ts';
import { type DataStream, SingleOutputStreamOperator, type StreamEnvironment } from '../datastream/streams.ts';
import { executionPlanJson } from '../graph/plan-json.ts';
import type { JobResult } from '../runtime/job-master.ts';
import { openSession, type SessionOptions } from './open-session.ts';
import { explainProgram } from './program/explain-program.ts';
import { warnOfIgnored } from './program/ignored-settings.ts';
import { JobClient, skippedJob } from './program/job-client.ts';
import { planProgram } from './program/plan-program.ts';
import { refuseSharedFunctions } from './program/shared-functions.ts';
import { admitJob, type CurrentSubmission, currentSubmission } from './program/submission.ts';
import { ResultQueue } from './result-queue.ts';
import { runningProgram, startJob } from './run-job.ts';
import type { PrintStream, Session } from './session.ts';
import { checkOption, warnOfUnknownOption } from './session-statements.ts';
import { workerPool } from './worker-pool.ts';

const DEFAULT_NAME = 'Flink Streaming Job';

export class StreamExecutionEnvironment implements StreamEnvironment {
  readonly program = new Program();
  readonly #session: Session;
  readonly #submission: CurrentSubmission | null;

  constructor(session: Session, submission: CurrentSubmission | null = null) {
    this.#session = session;
    this.#submission = submission;
  }

  /**
   * In a program that `weir run` has started: with the options of the command line, which win over those of the code.
   *
   * @param options for a program that runs by itself
   */
  static getExecutionEnvironment(options: SessionOptions = {}): StreamExecutionEnvironment {
    const submission = currentSubmission();
    const flags = submission?.configuration ?? {};
    const library = submission?.library;
    const session = openSession({
      onPrint: printToProcess,
      ...(library === undefined ? {} : { workers: workerPool(library) }),
      ...options,
      ...submission,
      configuration: { ...options.configuration, ...flags },
      fixedOptions: [...(options.fixedOptions ?? []), ...Object.keys(flags)],
    });
    return new StreamExecutionEnvironment(session, submission);
  }

  get session(): Session {
    return this.#session;
  }

  /** Better left to the command line: `weir run -D execution.runtime-mode=BATCH`, which wins. */
  setRuntimeMode(mode: RuntimeExecutionMode): this {
    return this.configure({ 'execution.runtime-mode': mode });
  }

  /** Options as SET takes them. Those that the command line has set stay as they are. */
  configure(options: Readonly<Record<string, string>>): this {
    for (const [key, value] of Object.entries(options)) this.#set(key, value);
    return this;
  }

  setParallelism(parallelism: number): this {
    return this.configure({ 'parallelism.default': String(parallelism) });
  }

  getParallelism(): number {
    return this.#session.configuration.integer('parallelism.default');
  }

  setMaxParallelism(maxParallelism: number): this {
    return this.configure({ 'pipeline.max-parallelism': String(maxParallelism) });
  }

  disableOperatorChaining(): this {
    return this.configure({ 'pipeline.operator-chaining.enabled': 'false' });
  }

  /** Read in order, by one subtask. */
  fromElements<T>(...elements: readonly T[]): SingleOutputStreamOperator<T> {
    return this.fromCollection(elements);
  }

  /** Flink's newer name for `fromElements`. */
  fromData<T>(...elements: readonly T[]): SingleOutputStreamOperator<T> {
    return this.fromCollection(elements);
  }

  /** An array, or an (async) iterable that comes to an end; read in order, by one subtask. */
  fromCollection<T>(values: Iterable<T> | AsyncIterable<T>): SingleOutputStreamOperator<T> {
    const source = Array.isArray(values) ? new ArraySource<T>(values) : new IterableSource<T>(values);
    return this.#source(source, 'Collection Source').setParallelism(1);
  }

  /** Whole numbers, both bounds included; subtasks share them. */
  fromSequence(from: number, to: number): SingleOutputStreamOperator<number> {
    return this.#source(new IndexedSource(Math.max(to - from + 1, 0), (index) => from + index), 'Sequence Source');
  }

  fromSource<T>(source: StreamSource<T>, strategy: WatermarkStrategy<T>, name: string): SingleOutputStreamOperator<T> {
    const stream = this.#source(source, name);
    return strategy.isEmpty ? stream : stream.assignTimestampsAndWatermarks(strategy);
  }

  /** Lines of a file, of the files in a directory, or of those that a glob names. */
  readTextFile(path: string): SingleOutputStreamOperator<string> {
    return this.#source(new TextLineSource(this.#session.fileSystem, path), 'Text File Source');
  }

  /** Runs what was written since the last job, to its end. */
  async execute(jobName = DEFAULT_NAME): Promise<JobResult> {
    const client = await this.executeAsync(jobName);
    return client.getJobExecutionResult();
  }

  async executeAsync(jobName = DEFAULT_NAME): Promise<JobClient> {
    return this.#start(this.program.takeSinks(), jobName, null);
  }

  /** What would run, in the form of Flink's plan viewer. */
  getExecutionPlan(): string {
    const { roots } = planProgram(this.#session, this.program.sinks, DEFAULT_NAME);
    return executionPlanJson(roots, this.getParallelism());
  }

  /** Stream graph, chains, stages and shuffles, in both modes side by side. */
  explain(): string {
    return explainProgram(this.#session, this.program.sinks, DEFAULT_NAME);
  }

  collect<T>(stream: DataStream<T>, jobName: string): Collected<T> {
    const input = { upstreams: stream.upstreams, inputClass: 'regular' as const };
    this.program.addSink('Collect: Writer', input, { kind: 'collect' }).parallelism = 1;
    let client: JobClient | null = null;
    const queue = new ResultQueue<T>(() => void client?.cancel());
    const run = async (sinks: readonly ProgramNode[]): Promise<void> => {
      client = await this.#start(sinks, jobName, queue as ResultQueue<unknown>);
      await client.getJobExecutionResult();
    };
    const ended = run(this.program.takeSinks()).then(
      () => queue.end(),
      (error: unknown) => queue.fail(error),
    );
    return new Collected(queue, ended);
  }

  #source<T>(source: StreamSource<T>, name: string): SingleOutputStreamOperator<T> {
    const node = this.program.add(`Source: ${name}`, [], { kind: 'source', source });
    return new SingleOutputStreamOperator<T>(this, node);
  }

  async #start(
    sinks: readonly ProgramNode[],
    jobName: string,
    collected: ResultQueue<unknown> | null,
  ): Promise<JobClient> {
    const session = this.#session;
    const planned = planProgram(session, sinks, jobName);
    const { graph, registry } = planned;
    const submission = this.#submission;
    const admitted = admitJob(submission, { registry, explain: () => explainProgram(session, sinks, jobName) });
    if (admitted === 'skip') return skippedJob(graph.name);
    warnOfIgnored(session, planned);
    const reference =
      submission?.file === undefined
        ? null
        : {
            file: submission.file,
            job: admitted.number,
            load: session.newJobId(),
            configuration: submission.configuration ?? {},
          };
    refuseSharedFunctions(session, planned, reference);
    const program = await runningProgram(session, registry, reference);
    const job = startJob(session, graph, {
      deliver: (channel, lines) => {
        for (const { row } of lines) session.onPrint(channel as PrintStream, String(row[0]));
      },
      deliverRecords: (_channel, values) => collected?.push(values),
      throttle: () => collected?.throttle() ?? null,
      program,
      signal: submission?.signal,
    });
    return new JobClient(job, () => session.jobs.find(({ id }) => id === job.id)!.status);
  }

  #set(key: string, value: string): void {
    checkOption(key, value);
    const session = this.#session;
    if (session.fixedOptions.has(key)) {
      const fixed = session.configuration.raw(key);
      if (fixed?.toUpperCase() !== value.toUpperCase()) {
        session.onWarning({
          message: `the program sets '${key}' to '${value}', but the command line says '${fixed}', which wins`,
          hint: 'leave it out of the program, so that the same program runs either way',
          span: null,
        });
      }
      return;
    }
    warnOfUnknownOption(session, key);
    session.configuration = session.configuration.with(key, value);
  }
}

/** Where a program that runs by itself prints. */
function printToProcess(stream: PrintStream, line: string): void {
  process[stream].write(`${line}\n`);
}
