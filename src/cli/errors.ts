/** Errors for a person: place, line, caret, hint. A stack only where the program itself is wrong, and asked for. */
import { environmentVariable } from '../base/config.ts';
import { EngineError } from '../base/errors.ts';
import { renderError } from '../base/source-text.ts';
import type { Io } from './io.ts';

/** @param text that the error's span points into */
export function reportError(io: Io, error: unknown, text = '', file?: string): void {
  const color = (code: number, part: string): string => (io.colors ? `\u001b[${code}m${part}\u001b[0m` : part);
  if (error instanceof EngineError) {
    const [first = '', ...rest] = renderError(error, text, file ?? (text === '' ? 'weir' : undefined)).split('\n');
    io.error(`${[color(31, first), ...rest].join('\n')}\n`);
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  io.error(`${color(31, `${file ?? 'weir'}: internal error: ${message}`)}\n`);
  if (environmentVariable('WEIR_DEBUG') !== undefined && error instanceof Error) io.error(`${error.stack ?? ''}\n`);
  else io.error('hint: this is a mistake in Weir; WEIR_DEBUG=1 shows where\n');
}
