/**
 * Shows where in a text an error lies: `file:line:column: message`, the line, a caret under the place, the hint. Pure.
 */
import type { EngineError, Span } from './errors.ts';

/** Characters that a terminal draws two columns wide. */
const WIDE =
  /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Extended_Pictographic}\uff01-\uff60]/u;

/**
 * The error as lines of text for a person. `text` is what the error's span points into. Without a span only the message
 * and the hint are shown. `file` defaults to `<sql>`.
 */
export function renderError(error: EngineError, text: string, file = '<sql>'): string {
  const { span, hint } = error.detail;
  const place = span === undefined ? file : `${file}:${span.line}:${span.column}`;
  const lines = [`${place}: ${error.message}`];
  if (span !== undefined) lines.push(...renderSpan(text, span));
  if (hint !== undefined) lines.push(`hint: ${hint}`);
  return lines.join('\n');
}

/** The line in which the span starts, and carets under as much of the span as lies on it. */
function renderSpan(text: string, span: Span): readonly string[] {
  const start = span.offset - (span.column - 1);
  const newline = text.indexOf('\n', start);
  const line = text.slice(start, newline < 0 ? text.length : newline).replace(/\r$/, '');
  const marked = line.slice(span.column - 1, span.column - 1 + span.length);
  const number = String(span.line);
  const carets = '^'.repeat(Math.max(1, width(marked)));
  return [`${number} | ${line}`, `${' '.repeat(number.length)} | ${blank(line.slice(0, span.column - 1))}${carets}`];
}

/** As wide as the text, but empty; tabs stay, so that they reach the same column. */
function blank(text: string): string {
  let result = '';
  for (const c of text) result += c === '\t' ? '\t' : WIDE.test(c) ? '  ' : ' ';
  return result;
}

function width(text: string): number {
  let columns = 0;
  for (const c of text) columns += WIDE.test(c) ? 2 : 1;
  return columns;
}
