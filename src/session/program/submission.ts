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
  /** Gets what a job would run; default: jobs run. */
  readonly intercept?: (job: InterceptedJob) => void;
}

export interface InterceptedJob {
  readonly registry: ProgramRegistry;
  readonly explain: () => string;
}

const KEY = Symbol.for('weir.submission');
type Global = { [KEY]?: Submission };

/** @returns null where a program runs by itself */
export function currentSubmission(): Submission | null {
  return (globalThis as Global)[KEY] ?? null;
}

/** For the time that the program takes. */
export async function withSubmission<T>(submission: Submission, load: () => Promise<T>): Promise<T> {
  const before = currentSubmission();
  (globalThis as Global)[KEY] = submission;
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
