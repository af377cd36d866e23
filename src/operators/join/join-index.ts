/**
 * Chooses how build rows are found by their key, once they are all there: by an array or a bitmap over the range of an
 * integer key, else by hash, behind bitmaps of those columns of the key that few values occur in.
 */
import { i32 } from '../../kernel/build.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { KernelHost } from '../codegen/kernel-host.ts';
import type { RowRun } from '../codegen/row-store.ts';
import {
  type ArrayIndex,
  type BitmapIndex,
  type BuildKeys,
  type JoinIndex,
  type KeyFilter,
  linkKernel,
  markKernel,
} from './build-table.ts';
import { bitmapBytes, bitmapLibrary, type KeyBitmap } from './key-bitmap.ts';

/** An array may be this many times as long as there are rows, … */
const DENSITY = 2;
/** … or so long: it stays in the nearest cache. */
const SMALL_ARRAY = 1 << 12;
/** A bitmap may take so many bytes for each row, as a hash index would, … */
const BITMAP_BYTES_PER_ROW = 24;
/** … or so many, where memory is plenty: it stays in the cache. */
const SMALL_BITMAP_BYTES = 1 << 20;
/** Part of the free memory that is plenty. */
const PLENTY = 16;
const LARGEST_RANGE = 1n << 27n;
/** A bitmap filters if at most this part of its bits is set. */
const SELECTIVE = 0.5;

/** The lowest and highest value of a column; null: it is not known, or has none. */
export type KeyRange = readonly [bigint, bigint] | null;

/** An index whose place is settled. */
export type PlacedIndex =
  | ArrayIndex
  | BitmapIndex
  | {
      readonly kind: 'hash';
      readonly slots: number;
      readonly mask: number;
      readonly filters: readonly KeyFilter[];
    };

export interface FilledIndex {
  readonly index: PlacedIndex;
  /** No two build rows have the same key. */
  readonly unique: boolean;
}

/** The index for kernels. */
export function constantIndex(index: PlacedIndex): JoinIndex {
  if (index.kind !== 'hash') return index;
  return { ...index, slots: i32.address(index.slots), mask: i32.const(index.mask) };
}

/** Bytes that an index over so many rows takes at most. */
export function indexBytes(rowCount: number): number {
  return Math.max(rowCount * 32, 128);
}

export class JoinIndexBuilder {
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #blocks: { readonly address: number; readonly bytes: number }[] = [];
  #given = false;

  constructor(memory: LinearMemory, consumer: MemoryConsumer) {
    this.#memory = memory;
    this.#consumer = consumer;
  }

  /**
   * Chooses the index and takes its memory.
   *
   * @param ranges by place in the key
   * @param withRows rows are asked for, not only whether there are any
   */
  create(rowCount: number, ranges: readonly KeyRange[], withRows: boolean): PlacedIndex {
    this.release();
    const [range = null, ...others] = ranges;
    const length = lengthOf(range);
    if (range !== null && length !== null && others.length === 0 && rowCount > 0) {
      if (withRows && length <= Math.max(rowCount * DENSITY, SMALL_ARRAY)) {
        return { kind: 'array', slots: this.#take(length * 4), low: range[0], length };
      }
      if (this.#allowsBitmap(length, rowCount)) {
        const slots = withRows ? this.#take(rowCount * 4) : null;
        return { kind: 'bitmap', slots, keys: this.#bitmap(range[0], length) };
      }
    }
    const { slots, mask } = this.createHash(rowCount);
    return { kind: 'hash', slots, mask, filters: [] };
  }

  /** Takes memory for a hash index; the slots are 0. */
  createHash(rowCount: number): { readonly slots: number; readonly mask: number } {
    this.release();
    let slots = 16;
    while (slots < rowCount * 2) slots *= 2;
    return { slots: this.#take(slots * 8), mask: slots - 1 };
  }

  /** Puts the rows into the index. @returns it, and whether their keys differ */
  fill(
    index: PlacedIndex,
    rows: readonly RowRun[],
    ranges: readonly KeyRange[],
    build: BuildKeys,
    host: KernelHost,
  ): FilledIndex {
    const filters = index.kind === 'bitmap' ? [{ place: 0, keys: index.keys }] : this.#filters(index, ranges);
    const linked = index.kind === 'bitmap' && index.slots === null ? [] : [linkKernel(build, constantIndex(index))];
    const marked = filters.length === 0 ? [] : [markKernel(build, filters)];
    const kernels = host.compile([...marked, ...linked]);
    const run = (kernel: CompiledKernel): number =>
      rows.reduce((sum, run) => sum + Number(kernel(run.address, run.rows) ?? 0), 0);
    if (filters.length > 0) run(kernels['mark']!);
    const selective = filters.filter(({ keys }) => {
      const { rank_keys: rank } = host.compiler.compileLibraries([bitmapLibrary]);
      return Number(rank!(keys.address, bitmapBytes(keys.length))) <= keys.length * SELECTIVE;
    });
    const unique = linked.length === 0 || run(kernels['link']!) === 0;
    return { index: index.kind === 'hash' ? { ...index, filters: selective } : index, unique };
  }

  /** See RowStore.giveAway. */
  giveAway(): readonly number[] {
    this.#given = true;
    return this.#blocks.map(({ address }) => address);
  }

  release(): void {
    for (const { address, bytes } of this.#blocks.splice(0)) {
      if (!this.#given) this.#memory.free(address);
      this.#consumer.release(bytes);
    }
    this.#given = false;
  }

  /** Bitmaps for those columns of a hashed key where it might pay. */
  #filters(index: PlacedIndex, ranges: readonly KeyRange[]): readonly KeyFilter[] {
    if (index.kind !== 'hash' || ranges.length === 1) return [];
    return ranges.flatMap((range, place) => {
      const length = lengthOf(range);
      if (range === null || length === null || length < SMALL_ARRAY) return [];
      const bytes = Math.min(SMALL_BITMAP_BYTES, this.#consumer.budget.available / PLENTY);
      return bitmapBytes(length) <= bytes ? [{ place, keys: this.#bitmap(range[0], length) }] : [];
    });
  }

  #allowsBitmap(length: number, rowCount: number): boolean {
    const bytes = bitmapBytes(length);
    if (bytes <= rowCount * BITMAP_BYTES_PER_ROW) return true;
    return bytes <= Math.min(SMALL_BITMAP_BYTES, this.#consumer.budget.available / PLENTY);
  }

  #bitmap(low: bigint, length: number): KeyBitmap {
    return { address: this.#take(bitmapBytes(length)), low, length };
  }

  #take(bytes: number): number {
    this.#consumer.reserve(bytes);
    const address = this.#memory.allocateZeroed(bytes);
    this.#blocks.push({ address, bytes });
    return address;
  }
}

/** Values of the range; null: there are none, or too many for an array. */
function lengthOf(range: KeyRange): number | null {
  if (range === null) return null;
  const length = range[1] - range[0] + 1n;
  return length > 0n && length <= LARGEST_RANGE ? Number(length) : null;
}
