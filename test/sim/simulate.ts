/**
 * One run: a job over files, on a disk and in a time that are simulated, with faults drawn from a seed. A process that is
 * killed, or whose job fails, is followed by another one that runs the same job under the same name, until it is done.
 * Then every row must be there exactly once.
 */
import { Configuration } from '../../src/base/config.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { CatalogManager } from '../../src/catalog/catalog-manager.ts';
import { registries } from '../../src/session/open-session.ts';
import { Session } from '../../src/session/session.ts';
import { StreamExecutionEnvironment } from '../../src/session/stream-execution-environment.ts';
import { TableEnvironment } from '../../src/session/table-environment.ts';
import { drawFaults, type Fault, FaultInjector } from './faults.ts';
import { diskWithInput, JOBS, type Job } from './jobs.ts';
import { PROGRAMS, type Program } from './programs.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedTime } from './simulated-time.ts';

export interface Simulation {
  readonly seed: number;
  /** Of the job or program, with its mode. */
  readonly name: string;
  readonly parallelism: number;
  readonly faults: readonly Fault[];
  /** What happened, in order. */
  readonly events: readonly string[];
  /** null: everything was right. */
  readonly problem: string | null;
}

/** More processes than any run has faults. */
const MOST_PROCESSES = 12;

export async function simulate(seed: number): Promise<Simulation> {
  const random = seededRandom(seed * 2654435761);
  const chosen = random.below(JOBS.length + PROGRAMS.length);
  const parallelism = 1 + random.below(3);
  const faults = drawFaults(random);
  const disk = diskWithInput();
  const injector = new FaultInjector(disk, random, faults);
  const job = JOBS[chosen];
  const of = { seed, parallelism, faults, events: injector.happened };
  const failed = (error: unknown): string => String(error);
  if (job !== undefined) {
    const problem = await runToTheEnd(job, parallelism, disk, injector, random).then(
      () => checkOutput(disk, job),
      failed,
    );
    return { ...of, name: `${job.name} in ${job.mode}`, problem };
  }
  const program = PROGRAMS[chosen - JOBS.length]!;
  const mode = random.below(2) === 0 ? 'BATCH' : 'STREAMING';
  const problem = await runProgram(program, mode, parallelism, disk, injector, random).then(
    (lines) => differenceOf(lines, program.expected[mode]),
    failed,
  );
  return { ...of, name: `${program.name} in ${mode}`, problem };
}

async function runToTheEnd(
  job: Job,
  parallelism: number,
  disk: SimulatedDisk,
  injector: FaultInjector,
  random: Random,
): Promise<void> {
  for (let process = 0; process < MOST_PROCESSES; process++) {
    const failure = await runProcess(job, parallelism, disk, injector, random);
    if (failure === null) return;
    injector.happened.push(injector.dead ? 'the process has died' : `the job has failed: ${failure}`);
    if (injector.dead) disk.crash(random);
  }
  throw new Error(`the job did not end with ${MOST_PROCESSES} processes`);
}

/** @returns what the job failed with, or null */
async function runProcess(
  job: Job,
  parallelism: number,
  disk: SimulatedDisk,
  injector: FaultInjector,
  random: Random,
): Promise<string | null> {
  const session = openSession(disk, injector, random, {
    'execution.runtime-mode': job.mode,
    'parallelism.default': String(parallelism),
    'restart-strategy.fixed-delay.attempts': '3',
    'table.dml-sync': 'true',
    'weir.job-id': 'simulated',
  });
  injector.begin(() => {
    for (const { control } of session.jobs) control.cancel();
  });
  const environment = new TableEnvironment(session);
  try {
    for (const statement of job.statements) await environment.executeSql(statement);
    return injector.dead ? 'killed' : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    disk.onOperation = () => undefined;
  }
}

/** A process that is not killed, on a disk that has room: crashes alone, as often as they come. */
async function runProgram(
  program: Program,
  mode: 'BATCH' | 'STREAMING',
  parallelism: number,
  disk: SimulatedDisk,
  injector: FaultInjector,
  random: Random,
): Promise<readonly string[]> {
  const session = openSession(disk, injector, random, {
    'execution.runtime-mode': mode,
    'parallelism.default': String(parallelism),
    'restart-strategy.fixed-delay.attempts': '9',
  });
  const environment = new StreamExecutionEnvironment(session);
  const lines: string[] = [];
  injector.crashOnly();
  for await (const line of program.run(environment, () => injector.onCall(program.name))) lines.push(line);
  return lines;
}

function openSession(
  disk: SimulatedDisk,
  injector: FaultInjector,
  random: Random,
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
      'cluster.intermediate.keep-bytes': random.below(2) === 0 ? '0' : '1 gb',
      ...options,
    }),
    fileSystem: disk,
    clock: time,
    timers: time,
    random,
    workers: null,
  });
}

function checkOutput(disk: SimulatedDisk, { expected }: Job): string | null {
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
