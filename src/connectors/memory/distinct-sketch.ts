/**
 * How many different values a column has, to a few percent, from one look at each (HyperLogLog: Flajolet, Fusy,
 * Gandouet, Meunier 2007): values fall into registers by their hash, and each register keeps the longest run of leading
 * zeros that it has seen.
 */
import type { PhysicalType } from '../../columnar/physical.ts';
import { hashLibrary } from '../../kernel/library/hash.ts';
import { kernels } from '../../kernel/text.ts';

/** 2^11 registers: a standard error of 2.3 percent. */
const INDEX_BITS = 11;
/** One byte each. */
export const REGISTERS = 1 << INDEX_BITS;
const BIAS = 0.7213 / (1 + 1.079 / REGISTERS);

/** Kernels `name(values, validity, rows, registers)` by how values are stored. */
const KERNELS: Partial<Readonly<Record<PhysicalType, string>>> = {
  i32: 'sketch_i32',
  i64: 'sketch_i64',
  f64: 'sketch_i64',
  view: 'sketch_views',
};

/** The kernel for a column, or null: its type says enough, or values are too long to look at. */
export function sketchKernel(physical: PhysicalType): string | null {
  return KERNELS[physical] ?? null;
}

export const sketchLibrary = kernels('distinct-sketch', [hashLibrary])`
  // Twice, since one multiplication spreads consecutive numbers more evenly than chance does.
  fn note(hash: i64, registers: i32) {
    let mixed = hash_i64(hash ^ 0x2545f4914f6cdd1d);
    let at = registers + i32(mixed >>> ${64 - INDEX_BITS});
    let rank = i32(clz(mixed << ${INDEX_BITS} | ${1 << (INDEX_BITS - 1)})) + 1;
    if (rank > load.u8(at)) store.u8(at, rank);
  }

  fn sketch_i32(values: i32, validity: i32, n: i32, registers: i32) {
    for (let i = 0; i < n; i += 1) {
      if (validity == 0 || load.u8(validity + i) != 0) note(hash_i32(load.i32(values + (i << 2))), registers);
    }
  }

  fn sketch_i64(values: i32, validity: i32, n: i32, registers: i32) {
    for (let i = 0; i < n; i += 1) {
      if (validity == 0 || load.u8(validity + i) != 0) note(hash_i64(load.i64(values + (i << 3))), registers);
    }
  }

  // A string that comes again at once shares its bytes.
  fn sketch_views(values: i32, validity: i32, n: i32, registers: i32) {
    let last: i64 = -1;
    for (let i = 0; i < n; i += 1) {
      let view = load.i64(values + (i << 3));
      if (view != last && (validity == 0 || load.u8(validity + i) != 0)) note(hash_view(view), registers);
      last = view;
    }
  }
`;

/** The estimate for registers. */
export function distinctCount(registers: Uint8Array): number {
  let empty = 0;
  let sum = 0;
  for (const rank of registers) {
    if (rank === 0) empty++;
    sum += 2 ** -rank;
  }
  const estimate = (BIAS * REGISTERS * REGISTERS) / sum;
  const few = estimate <= 2.5 * REGISTERS && empty > 0;
  return Math.round(few ? REGISTERS * Math.log(REGISTERS / empty) : estimate);
}

/** Adds what other registers have seen. */
export function mergeRegisters(into: Uint8Array, from: Uint8Array): void {
  for (let i = 0; i < REGISTERS; i++) if (from[i]! > into[i]!) into[i] = from[i]!;
}
