/**
 * The random numbers of dbgen: every column has a stream of its own, a Lehmer generator modulo 2^31 - 1, of which every
 * row uses up the same count of numbers, whether it needs them or not. So the numbers of row n are reached by a power
 * of the multiplier, and columns that are not read cost nothing.
 */

export const MODULUS = 2147483647;
const MULTIPLIER = 16807;

export interface Stream {
  readonly seed: number;
  /** Numbers that one row (of ORDERS for its line items, of PART for its suppliers) uses up. */
  readonly perRow: number;
}

export function stream(seed: number, perRow = 1): Stream {
  return { seed, perRow };
}

/** The number after `seed`: 16807 · seed mod 2^31 - 1, in 32-bit arithmetic. */
export function next(seed: number): number {
  const low = Math.imul(MULTIPLIER, seed & 0xffff);
  const high = Math.imul(MULTIPLIER, seed >>> 16) + (low >>> 16);
  // The product is (high << 16 | low & 0xffff); 2^31 counts as 1.
  const sum = ((((high & 0x7fff) << 16) | (low & 0xffff)) + (high >>> 15)) | 0;
  return (sum & 0x7fffffff) + (sum >>> 31);
}

/** The number before the first of row `row` (from 0): `next` of it belongs to the row. */
export function seedAt({ seed, perRow }: Stream, row: number): number {
  let result = seed;
  let factor = MULTIPLIER;
  for (let count = row * perRow; count > 0; count = Math.floor(count / 2)) {
    if (count % 2 === 1) result = multiply(result, factor);
    factor = multiply(factor, factor);
  }
  return result;
}

function multiply(a: number, b: number): number {
  const high = Math.floor(a / 65536);
  return (((high * b) % MODULUS) * 65536 + (a & 0xffff) * b) % MODULUS;
}

/** The number as one of `range` whole numbers from 0. A negative range counts down, as dbgen's overflow has it. */
export function scale(seed: number, range: number): number {
  return Math.trunc((seed / MODULUS) * range);
}

/** One number from `lower` to `upper` for each of the rows `from` and on. */
export function drawEach(source: Stream, from: number, lower: number, upper: number, out: Int32Array): void {
  const range = upper - lower + 1;
  const skip = source.perRow - 1;
  let seed = seedAt(source, from);
  for (let i = 0; i < out.length; i++) {
    seed = next(seed);
    out[i] = lower + scale(seed, range);
    for (let k = 0; k < skip; k++) seed = next(seed);
  }
}

/** `counts[i]` numbers for the i-th row from `from` on, one behind the other in `out`. */
export function drawLines(
  source: Stream,
  from: number,
  counts: Int32Array,
  lower: number,
  upper: number,
  out: Int32Array,
): void {
  const range = upper - lower + 1;
  let seed = seedAt(source, from);
  let at = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    for (let k = 0; k < count; k++) {
      seed = next(seed);
      out[at++] = lower + scale(seed, range);
    }
    for (let k = count; k < source.perRow; k++) seed = next(seed);
  }
}
