/** The order of values that are given as two words each: a radix sort, which keeps equal ones as they came. */

/** Bits that are sorted by at once. Many values make up for many counters. */
const DIGIT_BITS = 8;
const LARGE_DIGIT_BITS = 11;
const MANY_VALUES = 4096;

/** Unsigned words of 32 bits, by value. */
export interface SortWords {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** @returns the numbers of the values, smallest first */
export function radixOrder({ high, low }: SortWords): Uint32Array {
  const { length } = high;
  const bits = length < MANY_VALUES ? DIGIT_BITS : LARGE_DIGIT_BITS;
  const digitMask = (1 << bits) - 1;
  const starts = new Uint32Array(1 << bits);
  let order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[i] = i;
  let other = new Uint32Array(length);
  for (const words of [low, high]) {
    const different = differentBits(words);
    for (let shift = 0; shift < 32; shift += bits) {
      if (((different >>> shift) & digitMask) === 0) continue;
      starts.fill(0);
      for (let i = 0; i < length; i++) starts[(words[i]! >>> shift) & digitMask]!++;
      let start = 0;
      for (let digit = 0; digit <= digitMask; digit++) {
        const count = starts[digit]!;
        starts[digit] = start;
        start += count;
      }
      for (let i = 0; i < length; i++) {
        const value = order[i]!;
        other[starts[(words[value]! >>> shift) & digitMask]!++] = value;
      }
      [order, other] = [other, order];
    }
  }
  return order;
}

/** Bits in which not all words agree. */
function differentBits(words: Uint32Array): number {
  let different = 0;
  for (let i = 1; i < words.length; i++) different |= words[i]! ^ words[0]!;
  return different;
}

/** Words that are in the order of numbers: -0 equals 0, NaN follows all others. */
export function wordsOfNumbers(values: ArrayLike<number>): SortWords {
  const { length } = values;
  const high = new Uint32Array(length);
  const low = new Uint32Array(length);
  const least = leastOfNear(values);
  if (least === null) writeDoubles(values, high, low);
  else for (let i = 0; i < length; i++) low[i] = values[i]! - least;
  return { high, low };
}

/** The least of whole numbers that are near one another: their distances from it have 32 bits. null: they are not. */
function leastOfNear(values: ArrayLike<number>): number | null {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isSafeInteger(value)) return null;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return greatest - least < 2 ** 32 ? least : null;
}

/** The bits of doubles, such that they are in the order of unsigned numbers. */
function writeDoubles(values: ArrayLike<number>, high: Uint32Array, low: Uint32Array): void {
  const double = new Float64Array(1);
  const words = new Uint32Array(double.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // Adding 0 makes one zero of both.
    double[0] = value + 0;
    const sign = words[1]! >>> 31;
    const isNumber = !Number.isNaN(value);
    high[i] = isNumber ? (sign === 1 ? ~words[1]! : words[1]! ^ 0x80000000) : 0xffffffff;
    low[i] = isNumber ? (sign === 1 ? ~words[0]! : words[0]!) : 0xffffffff;
  }
}
