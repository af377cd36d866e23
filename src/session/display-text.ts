/** Values and texts as Flink's SQL client displays them. */
import { toText } from '../expr/functions/conversion/to-text.ts';
import type { DataType } from '../types/data-type.ts';
import type { TimeZone } from '../types/time-zone.ts';
import { hex, type Value } from '../types/value.ts';

/** How many columns of a terminal a text takes. */
export type TextWidth = (text: string) => number;

const WIDE =
  /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Extended_Pictographic}\uff01-\uff60]/u;
const INVISIBLE = /^\p{Mark}$/u;

/** East Asian characters and emoji count two, combining marks nothing. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += INVISIBLE.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

export const NULL_TEXT = '<NULL>';

export function displayValue(value: Value, type: DataType, zone: TimeZone): string {
  if (value === null) return NULL_TEXT;
  if (type.kind === 'BINARY' || type.kind === 'VARBINARY') return `x'${hex(value as Uint8Array)}'`;
  return toText(value, type, zone);
}

/** As much of the text as fits beside `...`, which takes three columns; the text itself if it is not wider. */
export function truncate(text: string, columns: number, width: TextWidth): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    const next = used + width(character);
    if (next > columns - 3) break;
    kept += character;
    used = next;
  }
  return `${kept}...`;
}

/** Aligned to the right. */
export function padded(text: string, columns: number, width: TextWidth): string {
  return ' '.repeat(Math.max(0, columns - width(text))) + text;
}
