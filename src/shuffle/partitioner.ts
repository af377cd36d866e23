/**
 * Decides which subpartition each row of an edge goes to. Rows for one subpartition keep their order.
 *
 * Hash: rows of equal keys share a key group, which belongs to one subtask. Round robin: whole batches take turns,
 * which keeps columns whole; rows are balanced over time.
 */
import type { Batch } from '../columnar/batch.ts';
import type { Distribution } from '../dataflow/traits.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { DataType } from '../types/data-type.ts';
import { keyGroupTable, mix } from './key-groups.ts';
import { RowGatherer } from './row-gatherer.ts';
import { hashRows } from './row-hash.ts';

/** Which rows go where: those of subpartition s are `rows[starts[s]]` … `rows[starts[s + 1] - 1]`. */
export interface Selection {
  readonly rows: Int32Array;
  readonly starts: Int32Array;
}

export interface Partitioner {
  /** The one subpartition for the whole batch, 'all' of them, or the rows for each; valid until the next call. */
  select(batch: Batch): number | 'all' | Selection;
}

export function createPartitioner(
  memory: LinearMemory,
  distribution: Distribution,
  subpartitions: number,
  maxParallelism: number,
  producer: number,
): Partitioner {
  switch (distribution.kind) {
    case 'forward':
    case 'any':
    case 'singleton':
      return { select: () => 0 };
    case 'broadcast':
      return { select: () => (subpartitions === 1 ? 0 : 'all') };
    case 'rebalance':
      return roundRobin(subpartitions, producer);
    case 'hash':
      return subpartitions === 1
        ? { select: () => 0 }
        : new HashPartitioner(memory, distribution.keys, subpartitions, maxParallelism);
  }
}

/** Producers begin at different consumers, so that short results are spread too. */
function roundRobin(subpartitions: number, producer: number): Partitioner {
  let next = producer % subpartitions;
  return {
    select: () => {
      const chosen = next;
      next = (next + 1) % subpartitions;
      return chosen;
    },
  };
}

class HashPartitioner implements Partitioner {
  readonly #memory: LinearMemory;
  readonly #keys: readonly number[];
  readonly #table: Uint16Array;
  readonly #maxParallelism: number;
  readonly #starts: Int32Array;
  #hashes = new Int32Array(0);
  #rows = new Int32Array(0);

  constructor(memory: LinearMemory, keys: readonly number[], subpartitions: number, maxParallelism: number) {
    this.#memory = memory;
    this.#keys = keys;
    this.#table = keyGroupTable(subpartitions, maxParallelism);
    this.#maxParallelism = maxParallelism;
    this.#starts = new Int32Array(subpartitions + 1);
  }

  select(batch: Batch): Selection {
    const { rowCount } = batch;
    if (this.#hashes.length < rowCount) {
      this.#hashes = new Int32Array(rowCount);
      this.#rows = new Int32Array(rowCount);
    }
    const targets = this.#hashes;
    const starts = this.#starts.fill(0);
    hashRows(this.#memory, batch, this.#keys, targets);
    for (let i = 0; i < rowCount; i++) {
      const target = this.#table[mix(targets[i]!) % this.#maxParallelism]!;
      targets[i] = target;
      starts[target]!++;
    }
    let end = 0;
    for (let s = 0; s < starts.length; s++) {
      end += starts[s]!;
      starts[s] = end;
    }
    for (let i = rowCount - 1; i >= 0; i--) this.#rows[--starts[targets[i]!]!] = i;
    return { rows: this.#rows, starts };
  }
}

/** Hands each subpartition its part of the batch. `emit` is lent the batch for the time of the call. */
export function scatter(
  memory: LinearMemory,
  partitioner: Partitioner,
  batch: Batch,
  subpartitions: number,
  types: readonly DataType[],
  emit: (subpartition: number, batch: Batch) => void,
): void {
  const selected = partitioner.select(batch);
  if (typeof selected === 'number') emit(selected, batch);
  else if (selected === 'all') for (let s = 0; s < subpartitions; s++) emit(s, batch);
  else {
    for (let s = 0; s < subpartitions; s++) {
      const [start, end] = [selected.starts[s]!, selected.starts[s + 1]!];
      if (start === end) continue;
      const part = end - start === batch.rowCount ? null : gather(memory, types, batch, selected.rows, start, end);
      emit(s, part ?? batch);
      part?.release();
    }
  }
}

function gather(
  memory: LinearMemory,
  types: readonly DataType[],
  batch: Batch,
  rows: Int32Array,
  start: number,
  end: number,
): Batch {
  const gatherer = new RowGatherer(memory, types, end - start, batch.kinds !== 0);
  gatherer.append(batch, rows, start, end);
  return gatherer.finish();
}
