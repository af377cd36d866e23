/** Errors for a person: place, line, caret, hint. A stack only where the program itself is wrong, and asked for. */
import { environmentVariable } from '../base/config.ts';
import { EngineError } from '../base/errors.ts';
import { renderError } from '../base/source-text.ts';
import type { Warning } from '../session/session.ts';
import type { Io } from './io.ts';

/**
 * @param text that the error's span points into
 * @param verbose show what caused it, too
 */
export function reportError(io: Io, error: unknown, text = '', file?: string, verbose = false): void {
  const color = (code: number, part: string): string => (io.colors ? `\u001b[${code}m${part}\u001b[0m` : part);
  if (error instanceof EngineError) {
    const [first = '', ...rest] = renderError(error, text, file ?? (text === '' ? 'weir' : undefined)).split('\n');
    io.error(`${[color(31, first), ...rest, ...(verbose ? causesOf(error) : [])].join('\n')}\n`);
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  io.error(`${color(31, `${file ?? 'weir'}: internal error: ${message}`)}\n`);
  if (environmentVariable('WEIR_DEBUG') !== undefined && error instanceof Error) io.error(`${error.stack ?? ''}\n`);
  else io.error('hint: this is a mistake in Weir; WEIR_DEBUG=1 shows where\n');
}

function causesOf(error: Error): string[] {
  const { cause } = error;
  return cause instanceof Error ? [`caused by: ${cause.message}`, ...causesOf(cause)] : [];
}

export function reportWarning(io: Io, { message, hint, span }: Warning): void {
  const place = span === null ? 'weir' : `line ${span.line}`;
  io.error(`${place}: warning: ${message}\n${hint === null ? '' : `hint: ${hint}\n`}`);
}
