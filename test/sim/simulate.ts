/**
 * One run: a job over files, on a disk and in a time that are simulated, with faults drawn from a seed. A process that is
 * killed, or whose job fails, is followed by another one that runs the same job under the same name, until it is done.
 * Then every row must be there exactly once, and in BATCH no stage may have run again without need.
 */
import { assert } from '../../src/base/assert.ts';
import { Configuration } from '../../src/base/config.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { CatalogManager } from '../../src/catalog/catalog-manager.ts';
import type { JobGraph } from '../../src/graph/job-graph.ts';
import { registries } from '../../src/session/open-session.ts';
import { bindStatement, planJob } from '../../src/session/planning.ts';
import { jobGraphOf } from '../../src/session/run-job.ts';
import { Session } from '../../src/session/session.ts';
import { StreamExecutionEnvironment } from '../../src/session/stream-execution-environment.ts';
import { StreamTableEnvironment } from '../../src/session/stream-table-environment.ts';
import { TableEnvironment } from '../../src/session/table-environment.ts';
import { parse } from '../../src/sql/parse.ts';
import { spread as spreadOver } from '../tools/spread.ts';
import { drawFaults, type Fault, FaultInjector } from './faults.ts';
import { diskWithInput, JOBS, type Job, type Part, sink } from './jobs.ts';
import { PROGRAMS, type Program } from './programs.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { simulatedWorkers } from './simulated-executors.ts';
import { SimulatedTime } from './simulated-time.ts';
import { ranInVain } from './untouched.ts';

export interface Simulation {
  readonly seed: number;
  /** Of the job or program, with its mode. */
  readonly name: string;
  readonly parallelism: number;
  /** Subtasks run on executors of their own, as on threads. */
  readonly spread: boolean;
  readonly faults: readonly Fault[];
  /** What happened, in order. */
  readonly events: readonly string[];
  /** null: everything was right. */
  readonly problem: string | null;
}

type Mode = 'BATCH' | 'STREAMING';

/** A job that leaves its rows in files of /out. */
interface Workload {
  readonly name: string;
  readonly mode: Mode;
  /** Runs the job to its end, in a process. */
  readonly run: (session: Session, part: Part) => Promise<void>;
  /** What it runs, as it would be planned; missing: that is not known. */
  readonly graph?: (session: Session) => Promise<JobGraph>;
  /** The rows may be read by two jobs, of which the second goes on from the savepoint of the first. */
  readonly goesOn: boolean;
  readonly expected: readonly string[];
}

/** What all processes of one run have in common. */
interface Surroundings {
  readonly disk: SimulatedDisk;
  readonly injector: FaultInjector;
  readonly random: Random;
  readonly parallelism: number;
  readonly spread: boolean;
  readonly keepsResults: boolean;
}

/** More processes than any run has faults. */
const MOST_PROCESSES = 12;
const JOB_ID = 'simulated';
const SAVEPOINT = '/savepoint';

export async function simulate(seed: number): Promise<Simulation> {
  const random = seededRandom(seed * 2654435761);
  const chosen = random.below(JOBS.length + 2 * PROGRAMS.length);
  const parallelism = 1 + random.below(3);
  const [spread, keepsResults] = [random.below(2) === 0, random.below(2) === 0];
  const mode = random.below(2) === 0 ? 'BATCH' : 'STREAMING';
  const [collected, inParts] = [random.below(3) === 0, random.below(2) === 0];
  const faults = drawFaults(random);
  const disk = diskWithInput();
  const injector = new FaultInjector(disk, random, faults);
  const surroundings = { disk, injector, random, parallelism, spread, keepsResults };
  const job = JOBS[chosen];
  const program = PROGRAMS[(chosen - JOBS.length) % PROGRAMS.length];
  const of = { seed, parallelism, spread, faults, events: injector.happened };
  const failed = (error: unknown): string => String(error);
  if (job === undefined && collected) {
    const problem = await collect(program!, mode, surroundings).then(
      (lines) => differenceOf(lines, program!.expected[mode]),
      failed,
    );
    return { ...of, name: `${program!.name} in ${mode}, collected`, problem };
  }
  const workload: Workload =
    job === undefined
      ? workloadOf(program!, mode, injector)
      : { goesOn: false, ...job, run: runScript(job), graph: graphOf(job) };
  const parts: readonly Part[] = inParts && workload.goesOn ? ['past', 'rest'] : ['in'];
  const problem = await runParts(workload, parts, surroundings).then(async (undisturbed) => {
    return checkOutput(disk, workload.expected) ?? (undisturbed ? await checkUntouched(workload, surroundings) : null);
  }, failed);
  const continued = parts.length > 1 ? ', continued in STREAMING' : '';
  return { ...of, name: `${workload.name} in ${workload.mode}${continued}`, problem };
}

/** @returns whether no process had to be followed by another one */
async function runParts(workload: Workload, parts: readonly Part[], surroundings: Surroundings): Promise<boolean> {
  let undisturbed = true;
  for (const part of parts) undisturbed = (await runToTheEnd(workload, part, surroundings)) && undisturbed;
  return undisturbed;
}

function runScript({ statements }: Job): Workload['run'] {
  return async (session, part) => {
    const environment = new TableEnvironment(session);
    for (const statement of statements) await environment.executeSql(statement.replace("'/in'", `'/${part}'`));
  };
}

/** The job of the last statement, planned once more. */
function graphOf({ statements }: Job): (session: Session) => Promise<JobGraph> {
  return async (session) => {
    const environment = new TableEnvironment(session);
    for (const statement of statements.slice(0, -1)) await environment.executeSql(statement);
    const text = statements.at(-1)!;
    const bound = bindStatement(parse(text).statements[0]!, session.bindContext(text));
    assert(bound.kind === 'insert', 'the last statement of a job writes');
    const { roots, profile } = planJob(session, bound);
    return jobGraphOf(session, 'simulated', roots, profile);
  };
}

/** A program whose lines go to files. */
function workloadOf({ name, build, goesOn, expected }: Program, mode: Mode, injector: FaultInjector): Workload {
  const run = async (session: Session, part: Part): Promise<void> => {
    const streams = new StreamExecutionEnvironment(session);
    const tables = StreamTableEnvironment.create(streams);
    tables.createTemporaryView(
      'lines',
      build(streams, () => injector.onCall(name), part),
      'line STRING',
    );
    await tables.executeSql(sink('line STRING'));
    await tables.executeSql('INSERT INTO sink SELECT line FROM lines');
  };
  return { name, mode, run, goesOn, expected: expected[mode] };
}

/** @returns whether the first process was the last */
async function runToTheEnd(workload: Workload, part: Part, surroundings: Surroundings): Promise<boolean> {
  const { injector, disk, random } = surroundings;
  for (let process = 1; process <= MOST_PROCESSES; process++) {
    const failure = await runProcess(workload, part, surroundings);
    if (failure === null) return process === 1;
    injector.happened.push(injector.dead ? 'the process has died' : `the job has failed: ${failure}`);
    if (injector.dead) disk.crash(random);
  }
  throw new Error(`the job did not end with ${MOST_PROCESSES} processes`);
}

/** @returns what the job failed with, or null */
async function runProcess({ mode, run }: Workload, part: Part, surroundings: Surroundings): Promise<string | null> {
  const { injector, disk } = surroundings;
  const session = openSession(surroundings, {
    'execution.runtime-mode': part === 'rest' ? 'STREAMING' : mode,
    'restart-strategy.fixed-delay.attempts': '3',
    'table.dml-sync': 'true',
    'weir.job-id': part === 'rest' ? `${JOB_ID}-rest` : JOB_ID,
    ...(part === 'past' ? { 'weir.savepoint-at-end': SAVEPOINT } : {}),
    ...(part === 'rest' ? { 'execution.state-recovery.path': SAVEPOINT } : {}),
  });
  injector.begin(() => {
    for (const { control } of session.jobs) control.cancel();
  });
  try {
    await run(session, part);
    return injector.dead ? 'killed' : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    disk.onOperation = () => undefined;
  }
}

/** A program whose lines are handed to this process, which therefore must not die. */
async function collect(program: Program, mode: Mode, surroundings: Surroundings): Promise<readonly string[]> {
  const { injector, disk } = surroundings;
  const session = openSession(surroundings, {
    'execution.runtime-mode': mode,
    'restart-strategy.fixed-delay.attempts': '9',
  });
  injector.spareProcess();
  injector.begin(() => undefined);
  const lines: string[] = [];
  const stream = program.build(new StreamExecutionEnvironment(session), () => injector.onCall(program.name), 'in');
  try {
    for await (const line of stream.executeAndCollect()) lines.push(line);
    return lines;
  } finally {
    disk.onOperation = () => undefined;
  }
}

function openSession(
  { disk, injector, random, parallelism, spread, keepsResults }: Surroundings,
  options: Readonly<Record<string, string>>,
): Session {
  const time = new SimulatedTime(random);
  const real = registries();
  return new Session({
    registries: { ...real, operator: injector.wrap(real.operator) },
    catalogs: new CatalogManager(),
    configuration: new Configuration({
      'execution.checkpointing.interval': `${5 + random.below(30)} ms`,
      'execution.checkpointing.tolerable-failed-checkpoints': String(random.below(2)),
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.delay': '10 ms',
      ...spreadOver(parallelism),
      'cluster.intermediate.keep-bytes': keepsResults ? '1 gb' : '0',
      ...options,
    }),
    fileSystem: disk,
    clock: time,
    timers: time,
    random,
    workers: spread ? simulatedWorkers(injector, time) : null,
  });
}

/** Faults that leave whole results where they were. */
const SPARES_RESULTS = /^(crash|lose|damage|executor lost) /;

/** In BATCH, what has finished does not run again without need. */
async function checkUntouched({ mode, graph }: Workload, surroundings: Surroundings): Promise<string | null> {
  const { disk, injector, keepsResults } = surroundings;
  const comparable = keepsResults && injector.happened.every((event) => SPARES_RESULTS.test(event));
  if (mode !== 'BATCH' || !comparable) return null;
  const planned = (await graph?.(openSession(surroundings, { 'execution.runtime-mode': mode }))) ?? null;
  return ranInVain(disk, `${disk.temporaryDirectory}/weir-job-${JOB_ID}`, injector.lost, planned);
}

function checkOutput(disk: SimulatedDisk, expected: readonly string[]): string | null {
  const visible = disk.files('/out').filter((path) => !path.split('/').at(-1)!.startsWith('.'));
  const lines = visible.flatMap((path) => {
    return disk
      .readText(path)
      .split('\n')
      .filter((line) => line !== '');
  });
  return differenceOf(lines, expected);
}

function differenceOf(lines: readonly string[], expected: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of expected) counts.set(line, (counts.get(line) ?? 0) - 1);
  const wrong = [...counts].filter(([, count]) => count !== 0);
  if (wrong.length === 0) return null;
  const shown = wrong.slice(0, 3).map(([line, count]) => `${line}: ${count > 0 ? `${count} too many` : 'missing'}`);
  return `${wrong.length} rows are wrong: ${shown.join('; ')}`;
}
