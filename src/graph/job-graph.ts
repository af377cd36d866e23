/** After chaining: vertices that run as tasks, edges that move batches between them. Plain JSON: it goes to workers. */
import type { ConnectorSpec } from '../dataflow/connector.ts';
import type { OperatorSpec } from '../dataflow/operator.ts';
import type { Boundedness, Distribution, ModeProfile } from '../dataflow/traits.ts';
import type { Schema } from '../types/schema.ts';

/** One element of a chain. A source can only be the first, a sink only the last. */
export type ChainLink = {
  readonly uid: string;
  readonly name: string;
  readonly schema: Schema;
} & (
  | { readonly kind: 'source'; readonly spec: ConnectorSpec; readonly boundedness: Boundedness }
  | {
      readonly kind: 'operator';
      readonly spec: OperatorSpec;
      /** Input of this operator that the link before it feeds; of a chain's head: -1, all inputs come through gates. */
      readonly chainedInput: number;
      /** Priority of that input: gates of this link with a smaller one are read to their end first. */
      readonly chainedPriority: number;
    }
  | { readonly kind: 'sink'; readonly spec: ConnectorSpec }
);

export interface JobVertex {
  readonly id: string;
  readonly name: string;
  /** Runs in one task, head first. Batches pass from link to link by a call. */
  readonly chain: readonly ChainLink[];
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly slotSharingGroup: string;
  /** Stage in BATCH, from 0; all 0 in STREAMING. */
  readonly stage: number;
}

export interface JobEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Which link of the consumer's chain reads the edge, and as which of its inputs. */
  readonly link: number;
  readonly input: number;
  readonly priority: number;
  readonly distribution: Distribution;
  readonly partitionType: ModeProfile['resultPartitionType'];
  readonly schema: Schema;
  /** JS values pass, not columns; the schema is empty. */
  readonly records: boolean;
  /** `OutputTag.id` of the side output that passes; null: the main output of the producer's last link. */
  readonly sideOutput: string | null;
}

export interface JobGraph {
  readonly name: string;
  readonly vertices: readonly JobVertex[];
  readonly edges: readonly JobEdge[];
  readonly profile: ModeProfile;
}
