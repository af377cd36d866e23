/** sum, min, max, minBy and maxBy of a field, as functions for `reduce`. Flink: SumAggregator, ComparableAggregator. */
import type { ReduceFunction } from '../dataflow/functions/aggregate-functions.ts';

export type Aggregation = 'sum' | 'min' | 'max' | 'minBy' | 'maxBy';
type Fields = Readonly<Record<PropertyKey, number | bigint | string | Date>>;

/**
 * sum, min and max keep the other fields of the first record; minBy and maxBy give whole records.
 *
 * @param first of minBy and maxBy: of equal records the first one stays, else the last
 */
export function rollingAggregate(kind: Aggregation, field: PropertyKey, first: boolean): ReduceFunction<unknown> {
  const at = (value: unknown) => (value as Fields)[field] as number;
  const keep = (a: unknown, b: unknown): unknown => withField(a, field, at(b));
  switch (kind) {
    case 'sum':
      return { reduce: (a, b) => withField(a, field, at(a) + at(b)) };
    case 'min':
      return { reduce: (a, b) => (at(b) < at(a) ? keep(a, b) : a) };
    case 'max':
      return { reduce: (a, b) => (at(b) > at(a) ? keep(a, b) : a) };
    case 'minBy':
      return { reduce: (a, b) => (at(b) < at(a) || (!first && !(at(a) < at(b))) ? b : a) };
    case 'maxBy':
      return { reduce: (a, b) => (at(b) > at(a) || (!first && !(at(a) > at(b))) ? b : a) };
  }
}

/** A copy: a record that was given out does not change. */
function withField(record: unknown, field: PropertyKey, value: unknown): unknown {
  const copy = Array.isArray(record)
    ? record.slice()
    : Object.assign(Object.create(Object.getPrototypeOf(record) as object), record);
  copy[field] = value;
  return copy;
}
