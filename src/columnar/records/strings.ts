/**
 * Whole columns of strings between JS and linear memory. Where all are ASCII, which is tried first, they cross as one
 * string that is cut at its places: that takes a fifth of the time of crossing one by one.
 */
import type { LinearMemory } from '../../memory/arena.ts';
import type { Column } from '../batch.ts';
import type { StringArena } from '../string-arena.ts';

/** Writes views and validity; the bytes go to the arena. */
export function writeStrings(
  memory: LinearMemory,
  strings: readonly (string | null)[],
  values: number,
  validity: number,
  arena: StringArena,
): void {
  let characters = 0;
  for (let i = 0; i < strings.length; i++) characters += strings[i]?.length ?? 0;
  const joined = strings.join('');
  const ascii = Buffer.byteLength(joined, 'utf8') === characters;
  let at = ascii ? arena.reserve(characters) : 0;
  const { u8, u32 } = memory;
  if (ascii) Buffer.from(u8.buffer as unknown as ArrayBuffer, at, characters).write(joined, 'latin1');
  for (let i = 0; i < strings.length; i++) {
    const text = strings[i] ?? null;
    memory.u8[validity + i] = Number(text !== null);
    if (text === null) continue;
    if (!ascii) {
      const view = arena.append(text);
      memory.i64[(values >>> 3) + i] = view;
      continue;
    }
    const word = (values >>> 2) + i * 2;
    u32[word] = at;
    u32[word + 1] = text.length;
    at += text.length;
  }
}

export function readStrings(memory: LinearMemory, { values, validity }: Column, rows: number): (string | null)[] {
  const { u8, u32 } = memory;
  const isNull = (row: number): boolean => validity !== 0 && u8[validity + row] === 0;
  const strings = new Array<string | null>(rows).fill(null);
  let [first, end, total] = [Number.POSITIVE_INFINITY, 0, 0];
  for (let i = 0; i < rows; i++) {
    const word = (values >>> 2) + i * 2;
    const length = u32[word + 1]!;
    if (isNull(i) || length === 0) continue;
    first = Math.min(first, u32[word]!);
    end = Math.max(end, u32[word]! + length);
    total += length;
  }
  const whole = Buffer.from(u8.buffer as unknown as ArrayBuffer);
  // Strings that lie elsewhere, or far apart, are not worth reading what is between them.
  const text = total > 0 && end - first <= total * 2 ? whole.toString('utf8', first, end) : '';
  const ascii = text.length === end - first;
  for (let i = 0; i < rows; i++) {
    if (isNull(i)) continue;
    const word = (values >>> 2) + i * 2;
    const length = u32[word + 1]!;
    if (length === 0) strings[i] = '';
    else {
      const start = u32[word]!;
      strings[i] = ascii
        ? text.substring(start - first, start - first + length)
        : whole.toString('utf8', start, start + length);
    }
  }
  return strings;
}

/** What the bytes of a column stand for; null where there are none. */
export function readViews(
  memory: LinearMemory,
  { values, validity }: Column,
  rows: number,
  decode: (bytes: Uint8Array) => unknown,
): unknown[] {
  const { u8, u32 } = memory;
  return Array.from({ length: rows }, (_, i) => {
    if (validity !== 0 && u8[validity + i] === 0) return null;
    const word = (values >>> 2) + i * 2;
    // A copy: decoders do not take shared memory.
    return decode(Uint8Array.from(memory.bytes(u32[word]!, u32[word + 1]!)));
  });
}
