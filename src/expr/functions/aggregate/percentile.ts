/** PERCENTILE: linear interpolation between the two nearest of the sorted values. */
import { array, DOUBLE, isInteger, isNumeric, nullable } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { type Aggregation, defineAggregate } from '../define.ts';
import { toNumber } from '../numbers.ts';

interface Sample {
  /** How often each value is there. */
  readonly counts: Map<number, number>;
  percentage: Value;
}

function add(sample: Sample, args: readonly Value[], sign: 1 | -1, call: Aggregation): void {
  const [value, percentage, frequency] = args;
  sample.percentage = percentage!;
  if (value === null || frequency === null) return;
  const number = toNumber(value!, call.argTypes[0]!);
  const times = frequency === undefined ? 1 : Number(frequency);
  if (times > 0) change(sample, number, sign * times);
}

function change(sample: Sample, number: number, times: number): void {
  const count = (sample.counts.get(number) ?? 0) + times;
  if (count === 0) sample.counts.delete(number);
  else sample.counts.set(number, count);
}

export const percentile = defineAggregate<Sample>({
  name: 'PERCENTILE',
  signature:
    '(value NUMERIC, percentage NUMERIC) → DOUBLE\n(value NUMERIC, percentages ARRAY) → ARRAY<DOUBLE>\n' +
    '(value NUMERIC, percentage NUMERIC, frequency INT) → DOUBLE',
  doc: 'The value below which the given share (0 to 1) of the values lies, interpolated.',
  arity: [2, 3],
  infer: ({ types, literals }) => {
    const [value, percentage, frequency] = types;
    if (!isNumeric(value!)) return { error: 'the value must be a number' };
    if (frequency !== undefined && !isInteger(frequency)) return { error: 'the frequency must be an integer' };
    if (percentage!.kind === 'ARRAY') return { type: nullable(array(nullable(DOUBLE))) };
    const literal = literals[1];
    if (!isNumeric(percentage!) || literal === undefined || literal === null) {
      return { error: 'the percentage must be a literal' };
    }
    const share = toNumber(literal, percentage!);
    return share < 0 || share > 1 ? { error: 'the percentage must be from 0 to 1' } : { type: nullable(DOUBLE) };
  },
  create: () => ({ counts: new Map(), percentage: null }),
  accumulate: (sample, args, call) => add(sample, args, 1, call),
  retract: (sample, args, call) => add(sample, args, -1, call),
  merge: (sample, other) => {
    sample.percentage ??= other.percentage;
    for (const [number, times] of other.counts) change(sample, number, times);
  },
  result: (sample, call) => {
    const sorted = [...sample.counts].sort(([a], [b]) => (Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b));
    if (sorted.length === 0) return null;
    const type = call.argTypes[1]!;
    if (type.kind !== 'ARRAY') return interpolate(sorted, toNumber(sample.percentage, type));
    return (sample.percentage as readonly Value[]).map((each) => interpolate(sorted, toNumber(each, type.element)));
  },
});

function interpolate(sorted: readonly (readonly [number, number])[], share: number): number {
  const count = sorted.reduce((total, [, times]) => total + times, 0);
  const position = (count - 1) * share + 1;
  const lower = Math.floor(position);
  const [a, b] = [valueAt(sorted, lower - 1), valueAt(sorted, Math.ceil(position) - 1)];
  return position === lower || a === b ? a : a + (b - a) * (position - lower);
}

function valueAt(sorted: readonly (readonly [number, number])[], index: number): number {
  let passed = 0;
  for (const [value, times] of sorted) {
    passed += times;
    if (passed > index) return value;
  }
  return Number.NaN;
}
