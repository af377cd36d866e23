/**
 * What `weir run` and `weir explain` say to the program that they load. The program is a module that imports the
 * library on its own, perhaps from another bundle than the command; the two meet at a property of the global object.
 * Flink: the context environment that the command line client sets.
 */
import type { ProgramRegistry } from '../../dataflow/functions/stream-operator.ts';
import type { SessionOptions } from '../open-session.ts';

export interface Submission extends Pick<SessionOptions, 'configuration' | 'onWarning' | 'onPrint' | 'onSinkChanges'> {
  /** Cancels the jobs of the program. */
  readonly signal?: AbortSignal;
  /** File of the program, for those who must load it again. */
  readonly file?: string;
  /** URL of the library that the program imports: its threads start from there. Default: no threads. */
  readonly library?: string;
  /** Gets what a job would run, and says whether it counts as run or stops the program; default: jobs run. */
  readonly intercept?: (job: InterceptedJob) => 'skip' | 'stop';
}

export interface InterceptedJob {
  /** From 0, in the order in which the program starts them. */
  readonly number: number;
  /** null: the job is a query, without functions. */
  readonly registry: ProgramRegistry | null;
  readonly explain: () => string;
}

/** A submission while its program is loaded. */
export interface CurrentSubmission extends Submission {
  /** Numbers the jobs of the program. */
  readonly nextJob: () => number;
}

const KEY = Symbol.for('weir.submission');
type Global = { [KEY]?: CurrentSubmission };

/** @returns null where a program runs by itself */
export function currentSubmission(): CurrentSubmission | null {
  return (globalThis as Global)[KEY] ?? null;
}

/** For the time that the program takes. */
export async function withSubmission<T>(submission: Submission, load: () => Promise<T>): Promise<T> {
  const before = currentSubmission();
  let jobs = 0;
  (globalThis as Global)[KEY] = { ...submission, nextJob: () => jobs++ };
  try {
    return await load();
  } finally {
    if (before === null) delete (globalThis as Global)[KEY];
    else (globalThis as Global)[KEY] = before;
  }
}

/** What a program that is only looked at is stopped with when it would run its job. */
export class ProgramStopped extends Error {
  override readonly name = 'ProgramStopped';
}

/**
 * To be asked before each job of a program.
 *
 * @returns its number, or 'skip': it counts as run
 * @throws ProgramStopped
 */
export function admitJob(
  submission: CurrentSubmission | null,
  job: Omit<InterceptedJob, 'number'>,
): { readonly number: number } | 'skip' {
  const number = submission?.nextJob() ?? 0;
  const decided = submission?.intercept?.({ ...job, number }) ?? 'run';
  if (decided === 'stop') throw new ProgramStopped();
  return decided === 'skip' ? 'skip' : { number };
}
