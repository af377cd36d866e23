/** Looks whether a text can be parsed. */
import type { EngineError } from '../base/errors.ts';
import { isComplete, parseScript } from '../sql/parse.ts';

export interface SyntaxCheck {
  /** Statements before the error, or all. */
  readonly statements: number;
  readonly error: EngineError | null;
}

export function checkSyntax(text: string, file?: string): SyntaxCheck {
  const script = parseScript(text, { file });
  return { statements: script.statements.length, error: script.error ?? null };
}

/** Does the text end a statement, so that a prompt can run it? */
export function endsStatement(text: string): boolean {
  return isComplete(text);
}
