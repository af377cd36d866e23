/** Weir as a library: Flink SQL and DataStream programs, run as BATCH or as STREAMING, in this process. */

import { type Comparison, compareScript } from './session/compare.ts';
import { createTableEnvironment } from './session/create.ts';
import type { SessionOptions } from './session/open-session.ts';
import { workerPool } from './session/worker-pool.ts';

export { ERROR_CODES, type ErrorCode } from './base/error-codes.ts';
export { EngineError, type ErrorDetail, type Span } from './base/errors.ts';
export type { File, FileStatus, FileSystem } from './base/fs.ts';
export { renderError } from './base/source-text.ts';
export { VERSION } from './base/version.ts';
export type { ArrowTable } from './columnar/arrow/to-arrow.ts';
export type { AggregateFunction, ReduceFunction } from './dataflow/functions/aggregate-functions.ts';
export type {
  FilterFunction,
  FlatMapFunction,
  KeySelector,
  MapFunction,
  Partitioner,
} from './dataflow/functions/functions.ts';
export type { Collector, Counter, RichFunction, RuntimeContext, TaskInfo } from './dataflow/functions/lifecycle.ts';
export { OutputTag } from './dataflow/functions/output-tag.ts';
export type {
  BroadcastContext,
  BroadcastProcessFunction,
  CoFlatMapFunction,
  CoMapFunction,
  CoProcessFunction,
  KeyedBroadcastProcessFunction,
  KeyedContext,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  OnTimerContext,
  ProcessContext,
  ProcessFunction,
  ProcessWindowFunction,
  ReadOnlyBroadcastContext,
  TimerService,
  WindowContext,
} from './dataflow/functions/process-functions.ts';
export type {
  StreamCommitter,
  StreamSink,
  StreamSinkWriter,
  StreamSource,
  StreamSourceReader,
} from './dataflow/functions/source.ts';
export {
  type AggregatingState,
  AggregatingStateDescriptor,
  type BroadcastState,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type ReducingState,
  ReducingStateDescriptor,
  type StateTtlConfig,
  type ValueState,
  ValueStateDescriptor,
} from './dataflow/functions/state.ts';
export {
  type TimestampAssigner,
  type WatermarkGenerator,
  type WatermarkOutput,
  WatermarkStrategy,
} from './dataflow/functions/watermark-strategy.ts';
export {
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  type TimeWindow,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from './dataflow/functions/windows.ts';
export { NO_TIMESTAMP } from './dataflow/records.ts';
export { MAX_WATERMARK, MIN_WATERMARK } from './dataflow/traits.ts';
export { Collected } from './datastream/collected.ts';
export { perSubtask } from './datastream/per-subtask.ts';
export { DiscardingSink } from './datastream/sinks.ts';
export { DataGeneratorSource } from './datastream/sources/indexed-source.ts';
export { IterableSource } from './datastream/sources/iterable-source.ts';
export type { DataStream, KeyedStream, SingleOutputStreamOperator } from './datastream/streams.ts';
export { Row } from './datastream/table/row.ts';
export type { JobResult } from './runtime/job-master.ts';
export { ChangelogView, materialize } from './session/changelog-view.ts';
export type { Comparison, Difference } from './session/compare.ts';
export type { SessionOptions as TableEnvironmentOptions } from './session/open-session.ts';
export type { JobClient } from './session/program/job-client.ts';
export { StreamExecutionEnvironment } from './session/stream-execution-environment.ts';
export { StreamTableEnvironment } from './session/stream-table-environment.ts';
export { Table } from './session/table.ts';
export { type Rows, TableEnvironment } from './session/table-environment.ts';
export { type ChangelogRow, type ResultKind, type RunningJob, TableResult } from './session/table-result.ts';
export type { DataType, Field } from './types/data-type.ts';
export { ROW_KIND_SHORT, RowKind, type RowKindShort } from './types/row-kind.ts';
export type { Schema } from './types/schema.ts';
export type { Value } from './types/value.ts';

/** A session with its own catalogs, options and memory. */
export function create(options: SessionOptions = {}) {
  return createTableEnvironment({ workers: workerPool(import.meta.url), ...options });
}

/**
 * Runs every query of the script in both modes and compares what comes out.
 *
 * @param options as for `create`; the mode is set by the comparison
 */
export function compare(script: string, options: SessionOptions = {}): AsyncGenerator<Comparison> {
  return compareScript(script, (mode) => create({ ...options, configuration: { ...options.configuration, ...mode } }));
}
