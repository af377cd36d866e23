/** Errors on their way between threads: structured cloning forgets the class of an error and its fields. */
import { InvariantError } from '../../base/assert.ts';
import { EngineError, type ErrorDetail } from '../../base/errors.ts';

/** The class puts it before every message. */
const INVARIANT_PREFIX = new InvariantError('').message;

export interface PlainError {
  readonly kind: 'engine' | 'invariant' | 'other';
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string;
  readonly detail: Omit<ErrorDetail, 'cause'>;
  readonly cause: PlainError | null;
}

export function errorToPlain(error: unknown): PlainError {
  const { name, message, stack, cause } =
    error instanceof Error ? error : { name: 'Error', message: String(error), stack: undefined, cause: undefined };
  const kind = error instanceof EngineError ? 'engine' : error instanceof InvariantError ? 'invariant' : 'other';
  const code = error instanceof EngineError ? error.code : '';
  const { span, hint, location, retriable } = error instanceof EngineError ? error.detail : ({} as ErrorDetail);
  const detail = { span, hint, location, retriable };
  return { kind, name, message, stack, code, detail, cause: cause === undefined ? null : errorToPlain(cause) };
}

export function errorFromPlain({ kind, name, message, stack, code, detail, cause }: PlainError): Error {
  const because = cause === null ? undefined : errorFromPlain(cause);
  if (kind === 'engine') return new EngineError(code, message, { ...detail, cause: because });
  const error =
    kind === 'invariant'
      ? new InvariantError(message.replace(INVARIANT_PREFIX, ''))
      : new Error(message, { cause: because });
  if (kind === 'other') error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
