/** What a reader of a blocking result says when the result is not there, or not what was written. */
import { EngineError } from '../../base/errors.ts';

const CODE = 'RUN-RESULT-LOST';

export function resultLost(path: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EngineError(CODE, `an intermediate result cannot be read: ${reason}`, { location: path, cause });
}

/** The path of the result that a task failed over, or null: it failed over something else. */
export function lostResult(error: unknown): string | null {
  return error instanceof EngineError && error.code === CODE ? (error.detail.location ?? null) : null;
}
