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
import { KEY_KERNELS } from './hash-kernels.ts';
import { compileShuffleKernels, type ShuffleKernels } from './kernels.ts';
import type { Subpartition } from './pipelined/subpartition.ts';

/** Rows of a batch for one subpartition: `count` numbers of 32 bits each at `rows`, in order; never none. */
export interface SelectedRows {
  readonly subpartition: number;
  readonly rows: number;
  readonly count: number;
}

export interface Partitioner {
  /** The one subpartition for the whole batch, 'all' of them, or the rows for several; valid until the next call. */
  select(batch: Batch): number | 'all' | readonly SelectedRows[];
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
      // Rows without a key have the hash 0.
      return subpartitions === 1 || distribution.keys.length === 0
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
  /** Of each subpartition, where its row numbers end. */
  readonly #ends: number;
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
    this.#ends = memory.allocate(subpartitions * 4);
  }

  select(batch: Batch): number | readonly SelectedRows[] {
    const { rowCount } = batch;
    this.#reserve(rowCount);
    for (let i = 0; i < this.#keys.length; i++) {
      const { physical, values, validity } = batch.columns[this.#keys[i]!]!;
      const [begin, mix] = KEY_KERNELS[physical];
      this.#kernels[i === 0 ? begin : mix]!(values, validity, rowCount, this.#hashes);
    }
    return this.#subpartitions === 2 ? this.#split(rowCount) : this.#partition(rowCount);
  }

  #split(rowCount: number): number | readonly SelectedRows[] {
    const [first, second] = [this.#rows, this.#rows + this.#capacity * 4];
    const { split_rows } = this.#kernels;
    const count = split_rows!(this.#hashes, rowCount, this.#table, this.#maxParallelism, first, second) as number;
    if (count === rowCount) return 0;
    if (count === 0) return 1;
    return [
      { subpartition: 0, rows: first, count },
      { subpartition: 1, rows: second, count: rowCount - count },
    ];
  }

  #partition(rowCount: number): number | readonly SelectedRows[] {
    const { partition_rows } = this.#kernels;
    const [table, ends, subpartitions] = [this.#table, this.#ends, this.#subpartitions];
    partition_rows!(this.#hashes, rowCount, table, this.#maxParallelism, ends, subpartitions, this.#rows);
    const selected: SelectedRows[] = [];
    const { u32 } = this.#memory;
    let rows = this.#rows;
    for (let subpartition = 0; subpartition < subpartitions; subpartition++) {
      const end = u32[(ends >>> 2) + subpartition]!;
      const count = (end - rows) >>> 2;
      if (count === rowCount) return subpartition;
      if (count > 0) selected.push({ subpartition, rows, count });
      rows = end;
    }
    return selected;
  }

  close(): void {
    for (const block of [this.#table, this.#ends, this.#hashes, this.#rows]) this.#memory.free(block);
    this.#hashes = 0;
    this.#rows = 0;
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#memory.free(this.#hashes);
    this.#memory.free(this.#rows);
    this.#capacity = rows;
    this.#hashes = this.#memory.allocate(rows * 8);
    this.#rows = this.#memory.allocate(rows * (this.#subpartitions === 2 ? 8 : 4));
  }
}

/** Hands each subpartition its part of the batch, lent for the time of the call. */
export function scatter(partitioner: Partitioner, batch: Batch, subpartitions: readonly Subpartition[]): void {
  const selected = partitioner.select(batch);
  if (typeof selected === 'number') subpartitions[selected]!.pushBatch(batch);
  else if (selected === 'all') for (const subpartition of subpartitions) subpartition.pushBatch(batch);
  else for (const { subpartition, rows, count } of selected) subpartitions[subpartition]!.pushRows(batch, rows, count);
}
