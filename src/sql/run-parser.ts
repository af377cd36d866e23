/** Calls the generated parser on a range of tokens, either for the tree or for what it expected where it failed. */
import { EngineError } from '../base/errors.ts';
import { AstBuilder } from './build.ts';
import { parse as generatedParse } from './generated/parser.js';
import { type Token, tokenName } from './lexer.ts';

export type StartRule = 'OneStatement' | 'OneExpression';

export interface TokenInput {
  readonly codes: string;
  readonly tokens: readonly Token[];
}

export type Outcome =
  /** `end` is the first token that was not read. */
  | { readonly type: 'parsed'; readonly node: unknown; readonly end: number }
  /** `at` is the token where no alternative could go on, if that was asked for; else it is 0 and `expected` empty. */
  | { readonly type: 'failed'; readonly at: number; readonly expected: readonly string[] }
  | { readonly type: 'refused'; readonly error: EngineError };

/** A named rule, one token, or a choice of tokens (single characters and ranges of them). */
interface Expectation {
  readonly description?: string;
  readonly text?: string;
  readonly parts?: readonly (string | readonly [string, string])[];
}

/** The part of the generated parser's answer that is used (its `peg$library` form). */
interface LibraryResult {
  readonly peg$result: unknown;
  readonly peg$currPos: number;
  readonly peg$FAILED: unknown;
  readonly peg$maxFailExpected: readonly Expectation[];
  readonly peg$maxFailPos: number;
}

/**
 * Reads one statement or expression from token `start`. A run that records what was expected is slower, so the first
 * run goes without. A RangeError means that the nesting is too deep for the stack; the caller turns it into words.
 */
export function runParser(input: TokenInput, startRule: StartRule, start: number, wantExpected: boolean): Outcome {
  const options = {
    startRule,
    builder: new AstBuilder(input.tokens),
    peg$library: true,
    peg$currPos: start,
    peg$silentFails: wantExpected ? 0 : 1,
  };
  try {
    const result = generatedParse(input.codes, options) as LibraryResult;
    if (result.peg$result !== result.peg$FAILED) {
      return { type: 'parsed', node: result.peg$result, end: result.peg$currPos };
    }
    const expected = new Set(result.peg$maxFailExpected.flatMap(namesOf));
    return { type: 'failed', at: result.peg$maxFailPos, expected: [...expected] };
  } catch (error) {
    if (error instanceof EngineError) return { type: 'refused', error };
    throw error;
  }
}

function namesOf({ description, text, parts }: Expectation): readonly string[] {
  if (description !== undefined) return [description];
  if (text !== undefined) return [tokenName(text)];
  return (parts ?? []).flatMap((part) => {
    if (typeof part === 'string') return [tokenName(part)];
    const first = part[0].charCodeAt(0);
    const count = part[1].charCodeAt(0) - first + 1;
    return Array.from({ length: count }, (_, i) => tokenName(String.fromCharCode(first + i)));
  });
}
