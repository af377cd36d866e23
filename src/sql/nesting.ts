/**
 * Bounds how deeply a text may be nested. The parser, and whatever walks its tree, calls itself once for each level,
 * and a clear refusal is better than an exhausted stack. The bound is counted on tokens, so it does not depend on the
 * caller.
 */
import { EngineError, type Span } from '../base/errors.ts';
import type { TokenStream } from './lexer.ts';

/** Parentheses, brackets, CASE and type parameters that may be open at once, with the signs and NOTs that follow. */
export const MAX_NESTING = 300;

const TYPE_OPENERS = new Set(['ARRAY', 'MULTISET', 'MAP', 'ROW', 'STRUCTURED']);

/** The stream up to the token that goes too deep, with the error that this is. */
export function limitNesting(stream: TokenStream): TokenStream {
  const { tokens } = stream;
  let depth = 0;
  let typeDepth = 0;
  let prefixes = 0;
  for (let i = 0; i < tokens.length; i++) {
    const { value, quoted } = tokens[i]!;
    prefixes = !quoted && isPrefix(value) ? prefixes + 1 : 0;
    if (quoted) continue;
    if (value === '(' || value === '[' || isWord(value, 'CASE')) depth++;
    else if (value === ')' || value === ']' || isWord(value, 'END')) depth = Math.max(0, depth - 1);
    else if (value === '<' && TYPE_OPENERS.has(tokens[i - 1]?.value.toUpperCase() ?? '')) typeDepth++;
    else if (value === '>' && typeDepth > 0) typeDepth--;
    else if (value === ';') depth = typeDepth = 0;
    if (depth + typeDepth + prefixes > MAX_NESTING) {
      const error = nestingError(tokens[i]!.span);
      return { ...stream, codes: stream.codes.slice(0, i), tokens: tokens.slice(0, i), error };
    }
  }
  return stream;
}

export function nestingError(span: Span): EngineError {
  return new EngineError('SQL-NESTING', `nested more than ${MAX_NESTING} levels deep`, {
    span,
    hint: 'split the statement with WITH or views',
  });
}

function isPrefix(value: string): boolean {
  return value === '-' || value === '+' || isWord(value, 'NOT');
}

function isWord(value: string, keyword: string): boolean {
  return value.length === keyword.length && value.toUpperCase() === keyword;
}
