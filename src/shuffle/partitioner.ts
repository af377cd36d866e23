/**
 * Decides which subpartition each row of an edge goes to. Rows for one subpartition keep their order.
 *
 * Hash: rows of equal keys share a key group, which belongs to one subtask. Round robin: whole batches take turns,
 * which keeps columns whole; rows are balanced over time.
 */
import { assert } from '../base/assert.ts';
import type { Batch } from '../columnar/batch.ts';
import type { Distribution } from '../dataflow/traits.ts';
import type { KernelCompiler } from '../kernel/program.ts';
import type { LinearMemory } from '../memory/arena.ts';
import { keyGroupTable } from '../state/key-groups.ts';
import { compileShuffleKernels, HASH_KERNEL, type ShuffleKernels } from './kernels.ts';
import type { Subpartition } from './pipelined/subpartition.ts';

/**
 * Which rows go where, as addresses of 32-bit numbers: those of subpartition s are `rows[starts[s]]` …
 * `rows[starts[s + 1] - 1]`.
 */
export interface Selection {
  readonly rows: number;
  readonly starts: number;
}

export interface Partitioner {
  /** The one subpartition for the whole batch, 'all' of them, or the rows for each; valid until the next call. */
  select(batch: Batch): number | 'all' | Selection;
  /** Gives its memory back. */
  close(): void;
}

export function createPartitioner(
  memory: LinearMemory,
  compiler: KernelCompiler,
  distribution: Distribution,
  subpartitions: number,
  maxParallelism: number,
  producer: number,
): Partitioner {
  const close = (): void => undefined;
  switch (distribution.kind) {
    case 'forward':
    case 'any':
    case 'singleton':
      return { select: () => 0, close };
    case 'broadcast':
      return { select: () => (subpartitions === 1 ? 0 : 'all'), close };
    case 'rebalance':
      return { select: roundRobin(subpartitions, producer), close };
    case 'hash':
      return subpartitions === 1
        ? { select: () => 0, close }
        : new HashPartitioner(memory, compiler, distribution.keys, subpartitions, maxParallelism);
    default:
      assert(false, `rows are not sent by ${distribution.kind}`);
  }
}

/** Producers begin at different consumers, so that short results are spread too. */
function roundRobin(subpartitions: number, producer: number): () => number {
  let next = producer % subpartitions;
  return () => {
    const chosen = next;
    next = (next + 1) % subpartitions;
    return chosen;
  };
}

class HashPartitioner implements Partitioner {
  readonly #memory: LinearMemory;
  readonly #kernels: ShuffleKernels;
  readonly #keys: readonly number[];
  readonly #subpartitions: number;
  readonly #maxParallelism: number;
  /** Of each key group, which subpartition it belongs to: 16 bits each. */
  readonly #table: number;
  readonly #starts: number;
  #capacity = 0;
  #hashes = 0;
  #rows = 0;

  constructor(
    memory: LinearMemory,
    compiler: KernelCompiler,
    keys: readonly number[],
    subpartitions: number,
    maxParallelism: number,
  ) {
    this.#memory = memory;
    this.#kernels = compileShuffleKernels(compiler);
    this.#keys = keys;
    this.#subpartitions = subpartitions;
    this.#maxParallelism = maxParallelism;
    const table = new Uint8Array(keyGroupTable(subpartitions, maxParallelism).buffer);
    this.#table = memory.allocate(table.length);
    memory.u8.set(table, this.#table);
    this.#starts = memory.allocate((subpartitions + 1) * 4);
  }

  select(batch: Batch): Selection {
    const { rowCount } = batch;
    this.#reserve(rowCount);
    // By 8 bytes at a time: of shared memory single ones are slow to fill.
    this.#memory.f64.fill(0, this.#hashes >>> 3, (this.#hashes >>> 3) + rowCount);
    for (const key of this.#keys) {
      const { physical, values, validity } = batch.columns[key]!;
      this.#kernels[HASH_KERNEL[physical]]!(values, validity, rowCount, this.#hashes);
    }
    const { partition_rows } = this.#kernels;
    partition_rows!(
      this.#hashes,
      rowCount,
      this.#table,
      this.#maxParallelism,
      this.#starts,
      this.#subpartitions,
      this.#rows,
    );
    return { rows: this.#rows, starts: this.#starts };
  }

  close(): void {
    for (const block of [this.#table, this.#starts, this.#hashes, this.#rows]) this.#memory.free(block);
    this.#hashes = 0;
    this.#rows = 0;
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#memory.free(this.#hashes);
    this.#memory.free(this.#rows);
    this.#capacity = rows;
    this.#hashes = this.#memory.allocate(rows * 8);
    this.#rows = this.#memory.allocate(rows * 4);
  }
}

/** Hands each subpartition its part of the batch, lent for the time of the call. */
export function scatter(
  memory: LinearMemory,
  partitioner: Partitioner,
  batch: Batch,
  subpartitions: readonly Subpartition[],
): void {
  const selected = partitioner.select(batch);
  if (typeof selected === 'number') subpartitions[selected]!.pushBatch(batch);
  else if (selected === 'all') for (const subpartition of subpartitions) subpartition.pushBatch(batch);
  else {
    const first = selected.starts >>> 2;
    const starts = memory.i32.slice(first, first + subpartitions.length + 1);
    for (const [s, subpartition] of subpartitions.entries()) {
      const count = starts[s + 1]! - starts[s]!;
      if (count === batch.rowCount) subpartition.pushBatch(batch);
      else if (count > 0) subpartition.pushRows(batch, selected.rows + starts[s]! * 4, count);
    }
  }
}
