/** A source of random numbers with a seed, so that a run can be replayed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
}

/** xorshift32: small, fast, good enough for test data and jitter; not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed | 0 || 0x9e3779b9;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
  return { next, below: (bound) => Math.floor(next() * bound) };
}

/** Seeded from the machine: for identifiers, never for data. */
export function systemRandom(): Random {
  return seededRandom(Math.floor(Math.random() * 0x7fffffff) + 1);
}
