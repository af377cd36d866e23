/** Laws of every aggregate: what is retracted leaves no trace, and the parts merged are the whole. */
import { expect, test } from 'vitest';
import type { AggregateFunction, Aggregation } from '../../../src/expr/functions/define.ts';
import { functions } from '../../../src/expr/functions/index.ts';
import { type DataType, DOUBLE, decimal, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';

const VALUES: readonly (readonly [DataType, readonly Value[]])[] = [
  [nullable(INT), [3, null, -7, 3, 2147483647]],
  [nullable(decimal(10, 2)), [150n, null, -1n, 150n, 99999n]],
  [nullable(STRING), ['b', null, 'a', 'b', '']],
];

/** A call over one column, or null if the function does not take it. */
function callOf(fn: AggregateFunction, type: DataType): Aggregation | null {
  if (fn.minArgs > 1) return null;
  const shape = { types: [type], literals: [undefined], neverEmpty: false, distinct: false };
  const inferred = fn.infer(shape);
  return 'error' in inferred ? null : { type: inferred.type, argTypes: [type], literals: [] };
}

const combinations = functions.aggregates.flatMap((fn) =>
  VALUES.flatMap(([type, values]) => {
    const call = fn.name === 'SINGLE_VALUE' ? null : callOf(fn, type);
    return call === null ? [] : [{ fn, call, values, label: `${fn.name} of ${type.kind}` }];
  }),
);

/** Variances are computed in floating point, where retraction leaves rounding errors. */
const isRounded = (fn: AggregateFunction): boolean => /^(VAR|STDDEV)/.test(fn.name);

test.each(combinations)('$label: merged parts are the whole', ({ fn, call, values }) => {
  const whole = fn.create(call);
  const [left, right] = [fn.create(call), fn.create(call)];
  for (const [i, value] of values.entries()) {
    fn.accumulate(whole, [value], call);
    fn.accumulate(i < 2 ? left : right, [value], call);
  }
  fn.merge!(left, right, call);
  expect(fn.result(left, call)).toEqual(fn.result(whole, call));
});

test.each(combinations.filter(({ fn }) => !isRounded(fn)))('$label: retraction', ({ fn, call, values }) => {
  const kept = values.slice(3);
  const expected = fn.create(call);
  for (const value of kept) fn.accumulate(expected, [value], call);
  const actual = fn.create(call);
  for (const value of values) fn.accumulate(actual, [value], call);
  for (const value of values.slice(0, 3)) fn.retract!(actual, [value], call);
  expect(fn.result(actual, call)).toEqual(fn.result(expected, call));
});

test('an average of nothing is NULL, a count of nothing 0', () => {
  const call: Aggregation = { type: DOUBLE, argTypes: [DOUBLE], literals: [] };
  const [avg, count] = [functions.aggregate('avg')!, functions.aggregate('count')!];
  expect(avg.result(avg.create(call), call)).toBeNull();
  expect(count.result(count.create(call), call)).toBe(0n);
});
