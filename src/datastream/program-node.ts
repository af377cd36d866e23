/**
 * What a program builds as it is written down: sources, operators and sinks that point at their inputs. Names, uids and
 * parallelism may still be changed; nothing is decided that depends on the mode.
 */
import type { KeySelector, Partitioner } from '../dataflow/functions/functions.ts';
import type { StreamSink, StreamSource } from '../dataflow/functions/source.ts';
import type { InputClass, StreamOperatorDefinition } from '../dataflow/functions/stream-operator.ts';
import type { ModeProfile } from '../dataflow/traits.ts';
import type { ModeSource } from '../graph/mode.ts';
import type { Transformation } from '../graph/transformation.ts';

/** How records come from a node: several make a union. */
export interface Upstream {
  readonly from: ProgramNode;
  readonly exchange: Exchange;
  /** `OutputTag.id`, or null for the main output. */
  readonly sideOutput: string | null;
}

/** `forward` alone is no shuffle: it may be chained. */
export type Exchange =
  | { readonly kind: 'forward' | 'rebalance' | 'rescale' | 'shuffle' | 'global' | 'broadcast' }
  | { readonly kind: 'keyed'; readonly keySelector: KeySelector<unknown, unknown> }
  | {
      readonly kind: 'custom';
      readonly keySelector: KeySelector<unknown, unknown>;
      readonly partitioner: Partitioner<unknown>;
    };

export interface NodeInput {
  readonly upstreams: readonly Upstream[];
  readonly inputClass: InputClass;
}

/** Where the records of built-in sinks go: lines of text, or the caller of `executeAndCollect`. */
export type Delivery =
  | { readonly kind: 'print'; readonly channel: 'stdout' | 'stderr'; readonly identifier: string }
  | { readonly kind: 'collect' };

interface NodeSettings {
  /** From 1, in the order of writing. */
  readonly number: number;
  name: string;
  uid: string | null;
  parallelism: number | null;
  maxParallelism: number | null;
  chaining: 'head' | 'never' | null;
  slotSharingGroup: string | null;
  readonly inputs: readonly NodeInput[];
}

export type NodeDefinition =
  | { readonly kind: 'source'; readonly source: StreamSource<unknown> }
  | { readonly kind: 'operator'; readonly definition: StreamOperatorDefinition }
  | { readonly kind: 'sink'; readonly sink: StreamSink<unknown> | Delivery }
  /** Rows of a query as records. */
  | { readonly kind: 'external'; readonly external: ExternalStream };

/** A stream that something other than the program makes: a query. */
export interface ExternalStream {
  readonly sources: () => readonly ModeSource[];
  /**
   * @param id that no other stream of the program has
   * @param streamOf streams of the program that the query reads
   */
  readonly translate: (
    profile: ModeProfile,
    id: string,
    streamOf: (upstreams: readonly Upstream[]) => Transformation,
  ) => Transformation;
}

export type ProgramNode = NodeSettings & NodeDefinition;

export function isDelivery(sink: StreamSink<unknown> | Delivery): sink is Delivery {
  return 'kind' in sink;
}
