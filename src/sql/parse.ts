/** The way into the language: text in, syntax tree or `SQL-SYNTAX` error out. */
import { EngineError } from '../base/errors.ts';
import type { Expr, PartialScript, Script, Statement } from './ast.ts';
import { syntaxError } from './errors.ts';
import { endsStatement, type TokenStream, tokenize } from './lexer.ts';
import { limitNesting, nestingError } from './nesting.ts';
import { runParser, type StartRule } from './run-parser.ts';

export interface ParseOptions {
  /** Name of the script, for messages. */
  readonly file?: string | undefined;
}

/**
 * The whole script. Throws EngineError `SQL-SYNTAX`, or `SQL-NESTING` when something is nested too deeply; both have a
 * span. `renderError` (base/source-text.ts) shows them.
 */
export function parse(text: string, options: ParseOptions = {}): Script {
  const { error, ...script } = parseScript(text, options);
  if (error !== undefined) throw error;
  return script;
}

/** Like `parse`, but an error does not hide the statements before it. */
export function parseScript(text: string, options: ParseOptions = {}): PartialScript {
  const stream = limitNesting(tokenize(text));
  const statements: Statement[] = [];
  let error: EngineError | undefined;
  let at = skipSemicolons(stream, 0);
  while (at < stream.codes.length && error === undefined) {
    const outcome = parseOne(stream, 'OneStatement', at);
    if (outcome instanceof EngineError) {
      error = outcome;
    } else {
      statements.push(outcome.node as Statement);
      at = skipSemicolons(stream, outcome.end);
    }
  }
  error ??= stream.error;
  return { file: options.file, text, statements, comments: stream.comments, error };
}

/** One expression. Throws as `parse` does. */
export function parseExpression(text: string): Expr {
  const stream = limitNesting(tokenize(text));
  const outcome = parseOne(stream, 'OneExpression', 0);
  if (outcome instanceof EngineError) throw outcome;
  if (stream.error !== undefined) throw stream.error;
  return outcome.node as Expr;
}

/**
 * Does `text` end with a `;` that is outside quotes and comments (perhaps with space and comments after it)? That is
 * when a prompt stops to ask for more lines.
 */
export function isComplete(text: string): boolean {
  return endsStatement(text);
}

function skipSemicolons(stream: TokenStream, from: number): number {
  let at = from;
  while (stream.tokens[at]?.value === ';' && !stream.tokens[at]!.quoted) at++;
  return at;
}

function parseOne(stream: TokenStream, rule: StartRule, start: number): { node: unknown; end: number } | EngineError {
  try {
    const outcome = runParser(stream, rule, start, false);
    if (outcome.type === 'parsed') return outcome;
    return outcome.type === 'refused' ? outcome.error : syntaxError(stream, rule, start);
  } catch (error) {
    if (error instanceof RangeError) return nestingError(stream.tokens[start]!.span);
    throw error;
  }
}
