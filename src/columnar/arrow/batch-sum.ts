/**
 * The checksum of a record batch in an IPC file: XXH64 of its body, seeded with the CRC-32 of its message, folded to 32
 * bits. The body lies in linear memory, where a kernel sums it up faster than it could be copied.
 *
 * Source: xxHash fast digest algorithm, specification 0.1.1. A body is padded to 64 bytes, so only whole stripes occur.
 */
import { checksum } from '../../base/checksum.ts';
import type { CompiledKernel, KernelCompiler } from '../../kernel/program.ts';
import { kernels } from '../../kernel/text.ts';
import type { LinearMemory } from '../../memory/arena.ts';

/** Four accumulators. */
const STATE_BYTES = 32;

export const batchSumLibrary = kernels('batch-sum')`
  const PRIME_1: i64 = 0x9e3779b185ebca87;
  const PRIME_2: i64 = 0xc2b2ae3d27d4eb4f;
  const PRIME_3: i64 = 0x165667b19e3779f9;
  const PRIME_4: i64 = 0x85ebca77c2b2ae63;
  const PRIME_5: i64 = 0x27d4eb2f165667c5;

  fn sum_begin(state: i32, seed: i64) {
    store.i64(state, seed + PRIME_1 + PRIME_2);
    store.i64(state + 8, seed + PRIME_2);
    store.i64(state + 16, seed);
    store.i64(state + 24, seed - PRIME_1);
  }

  fn round(accumulator: i64, lane: i64): i64 {
    return rotl(accumulator + lane * PRIME_2, 31) * PRIME_1;
  }

  // The next 8 of n bytes, with zeros behind the last one.
  fn padded(p: i32, n: i32): i64 {
    if (n >= 8) return load.i64(p);
    if (n <= 0) return 0;
    let gap = i64(64 - n * 8);
    return (load.i64(p) << gap) >>> gap;
  }

  // n bytes, and zeros up to the next multiple of 64.
  fn sum_part(state: i32, part: i32, n: i32) {
    let a = load.i64(state);
    let b = load.i64(state + 8);
    let c = load.i64(state + 16);
    let d = load.i64(state + 24);
    let p = part;
    let left = n;
    while (left >= 32) {
      a = round(a, load.i64(p));
      b = round(b, load.i64(p + 8));
      c = round(c, load.i64(p + 16));
      d = round(d, load.i64(p + 24));
      p += 32;
      left -= 32;
    }
    left += ((n + 63) & -64) - n;
    let end = part + n;
    while (left > 0) {
      a = round(a, padded(p, end - p));
      b = round(b, padded(p + 8, end - p - 8));
      c = round(c, padded(p + 16, end - p - 16));
      d = round(d, padded(p + 24, end - p - 24));
      p += 32;
      left -= 32;
    }
    store.i64(state, a);
    store.i64(state + 8, b);
    store.i64(state + 16, c);
    store.i64(state + 24, d);
  }

  fn merged(hash: i64, accumulator: i64): i64 {
    return (hash ^ round(0L, accumulator)) * PRIME_1 + PRIME_4;
  }

  // Of "length" bytes that were summed up.
  fn sum_end(state: i32, seed: i64, length: i64): i64 {
    let hash = seed + PRIME_5;
    if (length > 0) {
      let a = load.i64(state);
      let b = load.i64(state + 8);
      let c = load.i64(state + 16);
      let d = load.i64(state + 24);
      hash = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
      hash = merged(merged(merged(merged(hash, a), b), c), d);
    }
    hash += length;
    hash = (hash ^ (hash >>> 33)) * PRIME_2;
    hash = (hash ^ (hash >>> 29)) * PRIME_3;
    return hash ^ (hash >>> 32);
  }
`;

/** A part of a body: it is padded with zeros to a multiple of 64 bytes. */
export interface BodyPart {
  readonly address: number;
  readonly length: number;
}

export class BatchSum {
  readonly #memory: LinearMemory;
  readonly #kernels: Readonly<Record<string, CompiledKernel>>;
  readonly #state: number;

  constructor(memory: LinearMemory, compiler: KernelCompiler) {
    this.#memory = memory;
    this.#kernels = compiler.compileLibraries([batchSumLibrary]);
    this.#state = memory.allocate(STATE_BYTES);
  }

  /** @returns 32 bits, unsigned */
  of(message: Uint8Array, body: Iterable<BodyPart>): number {
    const { sum_begin, sum_part, sum_end } = this.#kernels;
    const seed = BigInt(checksum(message));
    let length = 0;
    sum_begin!(this.#state, seed);
    for (const part of body) {
      sum_part!(this.#state, part.address, part.length);
      length += (part.length + 63) & ~63;
    }
    const hash = sum_end!(this.#state, seed, BigInt(length)) as bigint;
    return Number(BigInt.asUintN(32, hash ^ (hash >> 32n)));
  }

  close(): void {
    this.#memory.free(this.#state);
  }
}
