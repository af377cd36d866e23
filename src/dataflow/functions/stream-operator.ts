/**
 * What an operator of a DataStream program is made of. The spec in the job graph is plain data; functions stay in the
 * program's registry, where they are found by the id of the operator, in a worker too, which has loaded the program
 * again.
 */
import type { ModeProfile } from '../traits.ts';
import type { AggregateFunction, ReduceFunction } from './aggregate-functions.ts';
import type { FilterFunction, FlatMapFunction, KeySelector, MapFunction, Partitioner } from './functions.ts';
import type { RichFunction } from './lifecycle.ts';
import type { OutputTag } from './output-tag.ts';
import type {
  BroadcastProcessFunction,
  CoFlatMapFunction,
  CoMapFunction,
  CoProcessFunction,
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  ProcessFunction,
  ProcessWindowFunction,
} from './process-functions.ts';
import type { StreamSink, StreamSource } from './source.ts';
import type { MapStateDescriptor } from './state.ts';
import type { WatermarkStrategy } from './watermark-strategy.ts';
import type { WindowAssigner } from './windows.ts';

/** `OperatorSpec.kind` of all operators of programs. */
export const STREAM_OPERATOR = 'stream';

/** `OperatorSpec.params` of kind STREAM_OPERATOR. */
export interface StreamOperatorParams {
  /** Under which the registry has the StreamOperatorDefinition. */
  readonly operatorId: string;
  readonly type: StreamOperatorDefinition['type'];
  /** By number of the input. */
  readonly inputs: readonly InputClass[];
  readonly keyedInput: ModeProfile['keyedInput'];
  readonly watermarks: ModeProfile['watermarks'];
  readonly atEnd: ModeProfile['atEnd'];
  /** Milliseconds: `pipeline.auto-watermark-interval`. */
  readonly autoWatermarkInterval: number;
}

/** In BATCH broadcast inputs are read first, then regular, then keyed ones. */
export type InputClass = 'broadcast' | 'regular' | 'keyed';

type AnyKeySelector = KeySelector<unknown, unknown>;
/** By number of the input; null: that input has no key. */
type Keys = readonly (AnyKeySelector | null)[];

/** Closures have become objects with one method. Keyed streams have `keys`, also with functions that do not ask. */
export type StreamOperatorDefinition = { readonly keys: Keys } & (
  | { readonly type: 'map'; readonly fn: MapFunction<unknown, unknown> }
  | { readonly type: 'flatMap'; readonly fn: FlatMapFunction<unknown, unknown> }
  | { readonly type: 'filter'; readonly fn: FilterFunction<unknown> }
  | { readonly type: 'process'; readonly fn: ProcessFunction<unknown, unknown> }
  | { readonly type: 'keyedProcess'; readonly fn: KeyedProcessFunction<unknown, unknown, unknown> }
  /** In BATCH only the last result of each key is emitted; in STREAMING every one. */
  | { readonly type: 'reduce'; readonly fn: ReduceFunction<unknown> & RichFunction }
  | { readonly type: 'coMap'; readonly fn: CoMapFunction<unknown, unknown, unknown> }
  | { readonly type: 'coFlatMap'; readonly fn: CoFlatMapFunction<unknown, unknown, unknown> }
  | { readonly type: 'coProcess'; readonly fn: CoProcessFunction<unknown, unknown, unknown> }
  | { readonly type: 'keyedCoProcess'; readonly fn: KeyedCoProcessFunction<unknown, unknown, unknown, unknown> }
  /** Input 0 carries the data, input 1 is broadcast. */
  | {
      readonly type: 'broadcastProcess';
      readonly fn: BroadcastProcessFunction<unknown, unknown, unknown>;
      readonly descriptors: readonly MapStateDescriptor<unknown, unknown>[];
    }
  | {
      readonly type: 'keyedBroadcastProcess';
      readonly fn: KeyedBroadcastProcessFunction<unknown, unknown, unknown, unknown>;
      readonly descriptors: readonly MapStateDescriptor<unknown, unknown>[];
    }
  | { readonly type: 'window'; readonly window: WindowDefinition }
  | { readonly type: 'timestamps'; readonly strategy: WatermarkStrategy<unknown> }
);

export interface WindowDefinition {
  readonly assigner: WindowAssigner;
  /** Milliseconds by which a window outlives its end. */
  readonly allowedLateness: number;
  /** Where late records go; null: they are dropped and counted. */
  readonly lateTag: OutputTag<unknown> | null;
  /** What a window keeps: all records, one that reduces them, or an accumulator. */
  readonly contents:
    | { readonly kind: 'list' }
    | { readonly kind: 'reduce'; readonly fn: ReduceFunction<unknown> }
    | { readonly kind: 'aggregate'; readonly fn: AggregateFunction<unknown, unknown, unknown> };
  /** Gets the contents when the window fires; null: they are the result. */
  readonly process: ProcessWindowFunction<unknown, unknown, unknown> | null;
}

/** How an edge chooses the subtask of a record. */
export type RecordPartitioning =
  /** By the hash of the key, by key groups. */
  | { readonly kind: 'keyed'; readonly keySelector: AnyKeySelector }
  | { readonly kind: 'custom'; readonly keySelector: AnyKeySelector; readonly partitioner: Partitioner<unknown> };

/** What a program has defined, found again by ids that are the same in every process. */
export interface ProgramRegistry {
  /** Asked once for each subtask: some functions are made for it. */
  operator(operatorId: string): StreamOperatorDefinition;
  /** @param id `selector` of a distribution */
  partitioning(id: string): RecordPartitioning;
  source(operatorId: string): StreamSource<unknown>;
  sink(operatorId: string): StreamSink<unknown>;
}
