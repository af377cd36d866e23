/**
 * The functions of a job in a worker: the program is loaded again, up to the point where it would run the job. Jobs
 * before that are skipped there; results that the program reads of them are empty.
 */
import { EngineError } from '../../base/errors.ts';
import type { ProgramRegistry } from '../../dataflow/functions/stream-operator.ts';
import type { ProgramReference } from './implementations.ts';
import { loadProgram, type ModuleHost } from './load-program.ts';
import { type InterceptedJob, withSubmission } from './submission.ts';

/** @throws EngineError STREAM-CLOSURE if the program does not come to the same job */
export async function loadAgain(
  { file, job, load, configuration }: ProgramReference,
  host: ModuleHost,
): Promise<ProgramRegistry> {
  let found: ProgramRegistry | null = null;
  let cause: unknown = null;
  const intercept = ({ number, registry }: InterceptedJob): 'skip' | 'stop' => {
    if (number === job) found = registry;
    return number < job ? 'skip' : 'stop';
  };
  try {
    const submission = { file, configuration, intercept, onPrint: () => undefined };
    await withSubmission(submission, () => loadProgram(file, host, load));
  } catch (error) {
    cause = error;
  }
  if (found !== null) return found;
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  throw new EngineError('STREAM-CLOSURE', `'${file}' came to no job ${job + 1} when a worker loaded it again${why}`, {
    hint: 'what a program builds must not depend on results of its earlier jobs, on the clock or on chance',
    cause,
  });
}
