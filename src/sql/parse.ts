/** The way into the language: text in, syntax tree or `SQL-SYNTAX` error out. */

import { unreachable } from '../base/assert.ts';
import type { EngineError } from '../base/errors.ts';
import type { Expr, PartialScript, Script } from './ast.ts';

export interface ParseOptions {
  /** Name of the script, for messages. */
  readonly file?: string | undefined;
}

/** The whole script. Throws EngineError `SQL-SYNTAX` or `SQL-NESTING` with a span. */
export function parse(text: string, options: ParseOptions = {}): Script {
  const script = parseScript(text, options);
  if (script.error !== undefined) throw script.error;
  return script;
}

/** Like `parse`, but an error does not hide the statements before it. */
export function parseScript(text: string, options: ParseOptions = {}): PartialScript {
  return { text, file: options.file, statements: [], comments: [], error: undefined as EngineError | undefined };
}

/** One expression. Throws as `parse` does. */
export function parseExpression(text: string): Expr {
  return unreachable(text as never);
}

/** Does `text` end with a `;` that is outside quotes and comments? (What a prompt asks before it runs a statement.) */
export function isComplete(text: string): boolean {
  return text.trimEnd().endsWith(';');
}
