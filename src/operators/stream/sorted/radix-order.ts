/** The order of values that are given as two words each: a radix sort, which keeps equal ones as they came. */

const DIGITS = 256;

/** Unsigned words of 32 bits, by value. */
export interface SortWords {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** @returns the numbers of the values, smallest first */
export function radixOrder({ high, low }: SortWords): Uint32Array {
  const { length } = high;
  let order = Uint32Array.from(high, (_, i) => i);
  let other = new Uint32Array(length);
  const starts = new Uint32Array(DIGITS);
  for (const words of [low, high]) {
    for (let shift = 0; shift < 32; shift += 8) {
      starts.fill(0);
      for (let i = 0; i < length; i++) starts[(words[i]! >>> shift) & (DIGITS - 1)]!++;
      if (starts[(words[0]! >>> shift) & (DIGITS - 1)] === length) continue;
      let start = 0;
      for (let digit = 0; digit < DIGITS; digit++) {
        const count = starts[digit]!;
        starts[digit] = start;
        start += count;
      }
      for (let i = 0; i < length; i++) {
        const value = order[i]!;
        other[starts[(words[value]! >>> shift) & (DIGITS - 1)]!++] = value;
      }
      [order, other] = [other, order];
    }
  }
  return order;
}

/** Words that are in the order of numbers: -0 equals 0, NaN follows all others. */
export function wordsOfNumbers(values: ArrayLike<number>): SortWords {
  const { length } = values;
  const high = new Uint32Array(length);
  const low = new Uint32Array(length);
  const double = new Float64Array(1);
  const words = new Uint32Array(double.buffer);
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    // Adding 0 makes one zero of both.
    double[0] = value + 0;
    const sign = words[1]! >>> 31;
    const isNumber = !Number.isNaN(value);
    high[i] = isNumber ? (sign === 1 ? ~words[1]! : words[1]! ^ 0x80000000) : 0xffffffff;
    low[i] = isNumber ? (sign === 1 ? ~words[0]! : words[0]!) : 0xffffffff;
  }
  return { high, low };
}
