/** Functions that make one value of many: of streams, windows and states. */

export interface ReduceFunction<T> {
  /** May return one of its arguments, but must not change them. */
  reduce(first: T, second: T): T;
}

export interface AggregateFunction<I, A, O> {
  createAccumulator(): A;
  add(value: I, accumulator: A): A;
  getResult(accumulator: A): O;
  merge(first: A, second: A): A;
}
