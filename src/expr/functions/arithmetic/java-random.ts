/** The numbers of java.util.Random: a linear congruential generator of 48 bits. What RAND(seed) gives in Flink. */

const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 0xbn;
const BITS = 48;

export class JavaRandom {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = BigInt.asUintN(BITS, seed ^ MULTIPLIER);
  }

  /** @returns a double in [0, 1) of 53 random bits */
  nextDouble(): number {
    const high = this.#next(26);
    return (high * 2 ** 27 + this.#next(27)) * 2 ** -53;
  }

  /** @param bound 1 to 2^31 - 1 @returns a whole number in [0, bound) */
  nextBelow(bound: number): number {
    if ((bound & (bound - 1)) === 0) return Number((BigInt(bound) * BigInt(this.#next(31))) >> 31n);
    for (;;) {
      const bits = this.#next(31);
      const value = bits % bound;
      // The last, incomplete run of `bound` numbers would favour the small ones.
      if (bits - value + (bound - 1) < 2 ** 31) return value;
    }
  }

  /** The upper bits of the next state, at most 31 of them. */
  #next(bits: number): number {
    this.#state = BigInt.asUintN(BITS, this.#state * MULTIPLIER + INCREMENT);
    return Number(this.#state >> BigInt(BITS - bits));
  }
}
