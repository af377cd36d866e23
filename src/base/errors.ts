/** A place in the SQL text: UTF-16 offset and length, 0-based; line and column, 1-based. */
export interface Span {
  readonly offset: number;
  readonly length: number;
  readonly line: number;
  readonly column: number;
}

export interface ErrorDetail {
  readonly span?: Span | undefined;
  /** What would work instead: one sentence, shown after the message. */
  readonly hint?: string | undefined;
  /** A file and the place in it (a bad CSV value, a damaged Parquet page). */
  readonly location?: string | undefined;
  /** Can a restart or a backtrack help? */
  readonly retriable?: boolean | undefined;
  readonly cause?: unknown;
}

/**
 * Every failure we expect. The other kind, InvariantError (assert.ts), means a bug and is never caught.
 * `code` is stable and documented in error-codes.ts; `message` is lower case, without a full stop, and names the thing.
 */
export class EngineError extends Error {
  readonly code: string;
  readonly detail: ErrorDetail;
  constructor(code: string, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'EngineError';
    this.code = code;
    this.detail = detail;
  }
}

/** What parses but is not built yet is refused by name, never ignored. */
export function notSupported(what: string, span?: Span, hint?: string): EngineError {
  return new EngineError('NOT-SUPPORTED', `${what} is not supported yet`, { span, hint });
}
