/** Functions of one record. Flink: org.apache.flink.api.common.functions. */
import type { Collector, RichFunction } from './lifecycle.ts';

export interface MapFunction<I, O> extends RichFunction {
  map(value: I): O;
}

export interface FlatMapFunction<I, O> extends RichFunction {
  flatMap(value: I, out: Collector<O>): void;
}

export interface FilterFunction<T> extends RichFunction {
  filter(value: T): boolean;
}

/** Must give the same key for the same record at any time, in any process. */
export type KeySelector<T, K> = (value: T) => K;

export interface Partitioner<K> {
  /** @returns 0 … numPartitions - 1 */
  partition(key: K, numPartitions: number): number;
}
