/**
 * The order of many different keys, as `compareKeys` has it: numbers are sorted by their bits, strings by their first
 * characters beyond those that all have in common, and only those that agree in them are compared.
 */
import { compareKeys } from '../../../state/keyed/keys.ts';
import { radixOrder, type SortWords, wordsOfNumbers } from './radix-order.ts';

/** Fewer keys are compared with one another. */
const MANY_KEYS = 64;

/** @returns the numbers of the keys, smallest first */
export function orderOfKeys(keys: readonly unknown[]): ArrayLike<number> {
  if (keys.length >= MANY_KEYS) {
    if (keys.every((key) => typeof key === 'number')) return radixOrder(wordsOfNumbers(keys));
    if (keys.every((key) => typeof key === 'string')) return orderOfStrings(keys);
  }
  return keys.map((_, i) => i).sort((a, b) => compareKeys(keys[a], keys[b]));
}

function orderOfStrings(keys: readonly string[]): Uint32Array {
  const words = wordsOfStrings(keys, commonPrefix(keys));
  const { high, low } = words;
  const order = radixOrder(words);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    const first = order[start]!;
    while (end < order.length && high[order[end]!] === high[first] && low[order[end]!] === low[first]) end++;
    if (end > start + 1) order.subarray(start, end).sort((a, b) => compareKeys(keys[a], keys[b]));
    start = end;
  }
  return order;
}

/** How many characters all keys begin with. */
function commonPrefix(keys: readonly string[]): number {
  const first = keys[0]!;
  let { length } = first;
  for (const key of keys) {
    let common = 0;
    while (common < length && key.charCodeAt(common) === first.charCodeAt(common)) common++;
    length = common;
  }
  return length;
}

/** The eight characters from a place on, or four if some have more than 8 bits; zeros behind the end. */
function wordsOfStrings(keys: readonly string[], start: number): SortWords {
  return packCharacters(keys, start, 8) ?? packCharacters(keys, start, 16)!;
}

/** @returns null if a character does not fit */
function packCharacters(keys: readonly string[], start: number, bits: 8 | 16): SortWords | null {
  const high = new Uint32Array(keys.length);
  const low = new Uint32Array(keys.length);
  const perWord = 32 / bits;
  let all = 0;
  for (const [i, key] of keys.entries()) {
    for (let c = 0; c < perWord * 2; c++) {
      const at = start + c;
      const code = at < key.length ? key.charCodeAt(at) : 0;
      all |= code;
      const shift = 32 - bits * ((c % perWord) + 1);
      if (c < perWord) high[i]! |= code << shift;
      else low[i]! |= code << shift;
    }
  }
  return all >>> bits === 0 ? { high, low } : null;
}
