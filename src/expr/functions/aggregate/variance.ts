/**
 * VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP in doubles, by Welford's method; the result has the type of the argument
 * (a truncated integer for INT), a DECIMAL at least six digits after the point.
 */
import { type DataType, decimal } from '../../../types/data-type.ts';
import { type AggregateFunction, defineAggregate } from '../define.ts';
import { castNumber, toNumber } from '../numbers.ts';
import { overNumbers } from './sum.ts';

interface Moments {
  count: number;
  mean: number;
  /** The sum of squared distances from the mean. */
  squares: number;
}

const DOUBLE: DataType = { kind: 'DOUBLE', nullable: false };

function add(moments: Moments, value: number): void {
  moments.count++;
  const delta = value - moments.mean;
  moments.mean += delta / moments.count;
  moments.squares += delta * (value - moments.mean);
}

function remove(moments: Moments, value: number): void {
  moments.count--;
  if (moments.count === 0) {
    moments.mean = 0;
    moments.squares = 0;
    return;
  }
  const delta = value - moments.mean;
  moments.mean -= delta / moments.count;
  moments.squares -= delta * (value - moments.mean);
}

function merge(moments: Moments, other: Moments): void {
  if (other.count === 0) return;
  const count = moments.count + other.count;
  const delta = other.mean - moments.mean;
  moments.mean += (delta * other.count) / count;
  moments.squares += other.squares + (delta * delta * moments.count * other.count) / count;
  moments.count = count;
}

function dispersion(
  name: string,
  aliases: readonly string[],
  doc: string,
  kind: 'population' | 'sample',
  finish: (variance: number) => number,
): AggregateFunction<Moments> {
  return defineAggregate<Moments>({
    name,
    aliases,
    signature: '(NUMERIC)',
    doc,
    arity: 1,
    infer: (shape) => {
      const result = (type: DataType): DataType =>
        type.kind === 'DECIMAL' ? decimal(38, Math.max(6, type.scale)) : type;
      const inferred = overNumbers(shape, result);
      if ('error' in inferred) return inferred;
      return kind === 'sample' ? { type: { ...inferred.type, nullable: true } } : inferred;
    },
    create: () => ({ count: 0, mean: 0, squares: 0 }),
    accumulate: (moments, [value], call) => {
      if (value !== null) add(moments, toNumber(value!, call.argTypes[0]!));
    },
    retract: (moments, [value], call) => {
      if (value !== null) remove(moments, toNumber(value!, call.argTypes[0]!));
    },
    merge,
    result: (moments, call) => {
      const divisor = kind === 'population' ? moments.count : moments.count - 1;
      return divisor < 1 ? null : castNumber(finish(moments.squares / divisor), DOUBLE, call.type);
    },
  });
}

const same = (variance: number): number => variance;

export const varPop = dispersion('VAR_POP', [], 'The variance of the whole population.', 'population', same);
export const varSamp = dispersion(
  'VAR_SAMP',
  ['VARIANCE'],
  'The variance estimated from a sample; NULL of one value.',
  'sample',
  same,
);
export const stddevPop = dispersion(
  'STDDEV_POP',
  [],
  'The standard deviation of the whole population.',
  'population',
  Math.sqrt,
);
export const stddevSamp = dispersion(
  'STDDEV_SAMP',
  ['STDDEV'],
  'The standard deviation estimated from a sample; NULL of one value.',
  'sample',
  Math.sqrt,
);
