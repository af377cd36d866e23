/** Positions and lengths in SQL count characters (code points), those of JS strings UTF-16 units. */

export function codePointLength(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    length++;
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.length && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return length;
}

/** Characters `start` (0-based) to `end` (exclusive). */
export function sliceCodePoints(text: string, start: number, end: number = Number.POSITIVE_INFINITY): string {
  return Array.from(text).slice(start, end).join('');
}

/** The 1-based position of `part` in `text`, searched from the 1-based position `from`; 0 if it does not occur. */
export function positionOf(part: string, text: string, from = 1): number {
  const start = from <= 1 ? 0 : sliceCodePoints(text, 0, from - 1).length;
  const found = text.indexOf(part, start);
  return found < 0 ? 0 : codePointLength(text.slice(0, found)) + 1;
}

/**
 * SUBSTRING: `from` is 1-based, 0 is 1, negative counts from the end and gives nothing if that is before the start; a
 * negative `length` gives null.
 */
export function substring(text: string, from: number, length: number = Number.POSITIVE_INFINITY): string | null {
  if (length < 0) return null;
  const count = codePointLength(text);
  const start = from > 0 ? from - 1 : from < 0 ? count + from : 0;
  if (start < 0 || start >= count) return '';
  return sliceCodePoints(text, start, start + length);
}
