/**
 * Decides which subpartition each record of an edge goes to. Records for one subpartition keep their order. Flink:
 * KeyGroupStreamPartitioner, RebalancePartitioner and their relatives.
 */
import { assert } from '../../base/assert.ts';
import { EngineError } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import type { RecordPartitioning } from '../../dataflow/functions/stream-operator.ts';
import type { RecordBatch } from '../../dataflow/records.ts';
import type { Distribution } from '../../dataflow/traits.ts';
import { keyGroupOf, keyGroupTable } from '../../state/key-groups.ts';
import { checkKey } from '../../state/keyed/keys.ts';

export interface RecordEdge {
  readonly distribution: Distribution;
  /** Of a distribution with a selector. */
  readonly partitioning: RecordPartitioning | null;
  readonly producers: number;
  readonly subpartitions: number;
  readonly maxParallelism: number;
}

/** Hands each subpartition its records; batches without records are not handed over. */
export type ScatterRecords = (records: RecordBatch, push: (subpartition: number, records: RecordBatch) => void) => void;

/** @param producer number of the subtask that writes */
export function recordScatter(edge: RecordEdge, producer: number): ScatterRecords {
  const { distribution, subpartitions } = edge;
  const { kind } = distribution;
  if (kind === 'broadcast') {
    return (records, push) => {
      for (let s = 0; s < subpartitions; s++) push(s, records);
    };
  }
  const choose = subpartitions === 1 && kind !== 'custom' ? null : chooser(edge, producer);
  if (choose === null) return (records, push) => push(0, records);
  return (records, push) => scatter(records, subpartitions, choose, push);
}

/** Gives the subpartition of a record; null: the first one for all. */
function chooser(edge: RecordEdge, producer: number): ((value: unknown) => number) | null {
  const { distribution, partitioning, producers, subpartitions } = edge;
  switch (distribution.kind) {
    case 'forward':
    case 'any':
    case 'singleton':
    case 'global':
      return null;
    case 'rebalance':
      // Producers begin at different consumers, so that few records are spread too.
      return inTurns(0, subpartitions, producer % subpartitions);
    case 'rescale': {
      const first = Math.floor((producer * subpartitions) / producers);
      const end = Math.max(first + 1, Math.floor(((producer + 1) * subpartitions) / producers));
      return inTurns(first, end - first, 0);
    }
    case 'shuffle': {
      const random = seededRandom(producer + 1);
      return () => random.below(subpartitions);
    }
    case 'keyed':
    case 'custom':
      assert(partitioning !== null, 'an edge by key without its selector');
      return partitioning.kind === 'keyed' ? byKey(partitioning, edge) : byPartitioner(partitioning, subpartitions);
    default:
      assert(false, `records are not sent by ${distribution.kind}`);
  }
}

function inTurns(first: number, count: number, start: number): () => number {
  let next = start;
  return () => {
    const chosen = first + next;
    next = next + 1 === count ? 0 : next + 1;
    return chosen;
  };
}

function byKey(
  { keySelector }: Extract<RecordPartitioning, { readonly kind: 'keyed' }>,
  { subpartitions, maxParallelism }: RecordEdge,
): (value: unknown) => number {
  const table = keyGroupTable(subpartitions, maxParallelism);
  return (value) => {
    const key = keySelector(value);
    if (key === undefined || key === null) checkKey(key);
    return table[keyGroupOf(key, maxParallelism)]!;
  };
}

function byPartitioner(
  { keySelector, partitioner }: Extract<RecordPartitioning, { readonly kind: 'custom' }>,
  subpartitions: number,
): (value: unknown) => number {
  return (value) => {
    const chosen = partitioner.partition(keySelector(value), subpartitions);
    if (Number.isInteger(chosen) && chosen >= 0 && chosen < subpartitions) return chosen;
    throw new EngineError('STREAM-PARTITION', `a partitioner chose subtask ${chosen} of ${subpartitions}`, {
      hint: `it must give a whole number from 0 to ${subpartitions - 1}`,
    });
  };
}

function scatter(
  { values, timestamps }: RecordBatch,
  subpartitions: number,
  choose: (value: unknown) => number,
  push: (subpartition: number, records: RecordBatch) => void,
): void {
  const parts: { values: unknown[]; timestamps: number[] | null }[] = Array.from({ length: subpartitions }, () => ({
    values: [],
    timestamps: timestamps === null ? null : [],
  }));
  for (let i = 0; i < values.length; i++) {
    const part = parts[choose(values[i])]!;
    part.values.push(values[i]);
    part.timestamps?.push(timestamps![i]!);
  }
  for (const [s, part] of parts.entries()) if (part.values.length > 0) push(s, part);
}
