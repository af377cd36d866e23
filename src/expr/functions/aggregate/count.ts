/** COUNT, COUNT(*) and APPROX_COUNT_DISTINCT (which counts exactly here). */
import { BIGINT, type DataType } from '../../../types/data-type.ts';
import { valueKey } from '../../../types/value.ts';
import { type AggregateShape, defineAggregate, type Inference } from '../define.ts';

interface Count {
  rows: bigint;
}

function inferCount(shape: AggregateShape): Inference {
  if (shape.types.some((type) => type.kind === 'NULL')) return { error: 'an untyped NULL needs a CAST' };
  return { type: BIGINT };
}

export const count = defineAggregate<Count>({
  name: 'COUNT',
  signature: '(*) → BIGINT\n(ANY) → BIGINT',
  doc: 'The number of rows, or of those where the argument is not NULL.',
  arity: [0, 1],
  infer: inferCount,
  create: () => ({ rows: 0n }),
  accumulate: (accumulator, args) => {
    if (!args.includes(null)) accumulator.rows++;
  },
  retract: (accumulator, args) => {
    if (!args.includes(null)) accumulator.rows--;
  },
  merge: (accumulator, other) => {
    accumulator.rows += other.rows;
  },
  result: (accumulator) => accumulator.rows,
});

/** Occurrences by key, so that a retraction can take one away. */
interface Distinct {
  readonly counts: Map<string, number>;
}

function add(counts: Map<string, number>, key: string, times: number): void {
  const sum = (counts.get(key) ?? 0) + times;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}

export const approxCountDistinct = defineAggregate<Distinct>({
  name: 'APPROX_COUNT_DISTINCT',
  signature: '(ANY) → BIGINT',
  doc: 'The number of distinct values that are not NULL.',
  arity: 1,
  ignoresDistinct: true,
  infer: inferCount,
  create: () => ({ counts: new Map() }),
  accumulate: (accumulator, [value], call) => {
    if (value !== null) add(accumulator.counts, valueKey(value!, call.argTypes[0] as DataType), 1);
  },
  retract: (accumulator, [value], call) => {
    if (value !== null) add(accumulator.counts, valueKey(value!, call.argTypes[0] as DataType), -1);
  },
  merge: (accumulator, other) => {
    for (const [key, times] of other.counts) add(accumulator.counts, key, times);
  },
  result: (accumulator) => BigInt(accumulator.counts.size),
});
