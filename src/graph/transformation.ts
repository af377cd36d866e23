/**
 * The DataStream graph: what the SQL planner and the DataStream API build, and all that the running side ever sees of
 * them. A DAG of plain data; a node that is reached twice is one node (its output is shared).
 */
import type { ConnectorSpec } from '../dataflow/connector.ts';
import type { OperatorSpec } from '../dataflow/operator.ts';
import type { Boundedness, Distribution } from '../dataflow/traits.ts';
import type { Schema } from '../types/schema.ts';

export type Transformation = {
  /** Stable from run to run: state is matched by it. */
  readonly uid: string;
  /** As a plan viewer shows it: `Source: orders[1]`, `GroupAggregate[3]`. */
  readonly name: string;
  /** Shape of the rows that come out; of a sink: that go in. */
  readonly schema: Schema;
  /** null: the default parallelism. */
  readonly parallelism: number | null;
  readonly inputs: readonly TransformationInput[];
  /** Out come JS values, not columns; the schema is empty. */
  readonly records?: boolean;
  /** Default: that of the job. */
  readonly maxParallelism?: number;
  /** `head`: begins a chain; `never`: is a task of its own. Default: joins and is joined where that can be. */
  readonly chaining?: 'head' | 'never';
  /** Default: that of the inputs if they agree, else `default`. */
  readonly slotSharingGroup?: string;
} & (
  | { readonly kind: 'source'; readonly spec: ConnectorSpec; readonly boundedness: Boundedness }
  | { readonly kind: 'operator'; readonly spec: OperatorSpec }
  | { readonly kind: 'union' }
  | { readonly kind: 'sink'; readonly spec: ConnectorSpec }
);

export interface TransformationInput {
  readonly from: Transformation;
  readonly distribution: Distribution;
  /** Smaller is read to its end first in BATCH: the build side of a join 0, its probe side 1. Equal: as rows come. */
  readonly priority: number;
  /** The program asked for the distribution: rows are handed over to another task even if both have one subtask. */
  readonly explicit?: boolean;
  /** `OutputTag.id` of the side output that is read; default: the main output. */
  readonly sideOutput?: string;
}
