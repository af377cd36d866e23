/** The syntax tree of Weir SQL: what the parser yields, the printer prints and the binder reads. Only data, no methods. */
import type { EngineError, Span } from '../base/errors.ts';
import type { Statement } from './ast-statement.ts';

export type * from './ast-ddl.ts';
export type * from './ast-leaf.ts';
export type * from './ast-query.ts';
export type * from './ast-statement.ts';
export type * from './ast-type.ts';

/** `--` or block comment. `text` is without the comment marks, trimmed. */
export interface Comment {
  readonly text: string;
  readonly span: Span;
}

export interface Script {
  readonly file?: string | undefined;
  /** The text that all spans point into. */
  readonly text: string;
  readonly statements: readonly Statement[];
  readonly comments: readonly Comment[];
}

/** A script of which perhaps only the beginning could be read: `statements` are those before `error`. */
export interface PartialScript extends Script {
  readonly error?: EngineError | undefined;
}
