/**
 * Columns of a table in memory take as few bytes as their values need: integers of a small range one, two or four, and
 * strings of which there are at most 256 different ones a byte, their number in a dictionary of the table. A scan is
 * bound by memory, so half the bytes is nearly half the time.
 */
import type { StoredValues } from '../../columnar/batch.ts';
import { type PhysicalType, WIDTH } from '../../columnar/physical.ts';
import { bytesLibrary } from '../../kernel/library/bytes.ts';
import { hashLibrary } from '../../kernel/library/hash.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import { kernels } from '../../kernel/text.ts';
import type { LinearMemory } from '../../memory/arena.ts';

/** Fewer rows are left as they came. */
const LEAST_ROWS = 4096;
/** Strings of a dictionary. */
const MOST_STRINGS = 256;
/** Slots of 16 bits, each 1 + the number of a string. */
const SLOTS = 1024;

const INTEGERS = [
  { from: 'i32', load: 'load.i32', shift: 2, width: 1 },
  { from: 'i32', load: 'load.i32', shift: 2, width: 2 },
  { from: 'i64', load: 'load.i64', shift: 3, width: 1 },
  { from: 'i64', load: 'load.i64', shift: 3, width: 2 },
  { from: 'i64', load: 'load.i64', shift: 3, width: 4 },
] as const;
const STORES = { 1: 'store.u8', 2: 'store.u16', 4: 'store.i32' } as const;
const LOADS = { 1: 'load.i8', 2: 'load.i16', 4: 'load.i32' } as const;
const SHIFTS = { 1: 0, 2: 1, 4: 2 } as const;

const integerKernels = INTEGERS.map(({ from, load, shift, width }) => {
  const low = from === 'i64' ? `i32(${load}(values + (i << ${shift})))` : `${load}(values + (i << ${shift}))`;
  const narrow = `${LOADS[width]}(narrow + (i << ${SHIFTS[width]}))`;
  const high =
    from === 'i64' ? `store.i64(values + (i << 3), i64(${narrow}))` : `store.i32(values + (i << 2), ${narrow})`;
  return `
  fn narrow_${from}_${width}(values: i32, narrow: i32, n: i32) {
    for (let i = 0; i < n; i += 1) ${STORES[width]}(narrow + (i << ${SHIFTS[width]}), ${low});
  }
  fn widen_${from}_${width}(values: i32, narrow: i32, n: i32) {
    for (let i = 0; i < n; i += 1) ${high};
  }`;
}).join('\n');

export const storageLibrary = kernels('narrow-storage', [hashLibrary, bytesLibrary])`
  ${integerKernels}

  // Writes the numbers of n views to codes, and new strings to the dictionary: a count, then views. Returns 0 when
  // there are more than ${MOST_STRINGS} different ones. NULLs get any number. slots: ${SLOTS} of 16 bits.
  fn encode(views: i32, validity: i32, n: i32, codes: i32, dictionary: i32, slots: i32): i32 {
    let last: i64 = -1;
    let code: i32 = 0;
    for (let i = 0; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      if (view != last && (validity == 0 || load.u8(validity + i) != 0)) {
        last = view;
        let slot = i32(hash_view(view)) & ${SLOTS - 1};
        found: loop {
          code = load.u16(slots + (slot << 1)) - 1;
          if (code < 0) {
            code = load.i32(dictionary);
            if (code == ${MOST_STRINGS}) return 0;
            store.i32(dictionary, code + 1);
            store.i64(dictionary + (code << 3), view, 8);
            store.u16(slots + (slot << 1), code + 1);
            break found;
          }
          if (view_equal(load.i64(dictionary + (code << 3), 8), view)) break found;
          slot = (slot + 1) & ${SLOTS - 1};
        }
      }
      store.u8(codes + i, code);
    }
    return 1;
  }

  fn decode(views: i32, codes: i32, n: i32, strings: i32) {
    for (let i = 0; i < n; i += 1) store.i64(views + (i << 3), load.i64(strings + (load.u8(codes + i) << 3)));
  }
`;

/** The strings of one column of a table. */
export class StringDictionary {
  readonly #memory: LinearMemory;
  /** A count, the views, the slots, and the bytes of strings, which are the dictionary's own. */
  readonly #address: number;
  #known = 0;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
    this.#address = memory.allocateZeroed(8 + MOST_STRINGS * 8 + SLOTS * 2);
  }

  /** Address of the views. */
  get strings(): number {
    return this.#address + 8;
  }

  /** How many there are so far. */
  get size(): number {
    return this.#known;
  }

  /** Writes numbers for views; false: there are too many strings. */
  encode(kernel: CompiledKernel, views: number, validity: number, rows: number, codes: number): boolean {
    const whole = Number(kernel(views, validity, rows, codes, this.#address, this.strings + MOST_STRINGS * 8)) === 1;
    this.#own();
    return whole;
  }

  /** New views point to the strings of a batch, which will go. */
  #own(): void {
    const { i64, u32 } = this.#memory;
    const count = u32[this.#address >>> 2]!;
    for (; this.#known < count; this.#known++) {
      const at = (this.strings >>> 3) + this.#known;
      const view = BigInt.asUintN(64, i64[at]!);
      const [from, length] = [Number(view & 0xffffffffn), Number(view >> 32n)];
      const copy = this.#memory.allocate(Math.max(length, 8));
      this.#memory.copy(copy, from, length);
      i64[at] = (BigInt(length) << 32n) | BigInt(copy);
    }
  }
}

/** The bytes that integers between the bounds need; null: as many as their type has. */
export function narrowWidth(physical: PhysicalType, bounds: readonly [bigint, bigint] | null): 1 | 2 | 4 | null {
  if (bounds === null || (physical !== 'i32' && physical !== 'i64')) return null;
  for (const width of [1, 2, 4] as const) {
    const limit = 1n << BigInt(width * 8 - 1);
    if (width < WIDTH[physical] && bounds[0] >= -limit && bounds[1] < limit) return width;
  }
  return null;
}

/** Whether storing so many rows in less room is worth a kernel of their own for each operator that reads them. */
export function isWorthNarrowing(rows: number): boolean {
  return rows >= LEAST_ROWS;
}

/** Whether a column of so many different strings may fit a dictionary. */
export function mayFitDictionary(distinct: number): boolean {
  return distinct <= MOST_STRINGS;
}

/** Names of kernels `(values, narrow, n)`. */
export function narrowKernel(physical: PhysicalType, width: number): string {
  return `narrow_${physical}_${width}`;
}

/** Makes the plain values of a column at `to`. */
export function makePlain(
  compiled: Readonly<Record<string, CompiledKernel>>,
  physical: PhysicalType,
  { width, dictionary, address }: StoredValues,
  rows: number,
  to: number,
): void {
  if (dictionary === 0) compiled[`widen_${physical}_${width}`]!(to, address, rows);
  else compiled['decode']!(to, address, rows, dictionary);
}
