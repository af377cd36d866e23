/** How a logical node becomes physical ones: the interface of the strategies in index.ts and what they may ask for. */
import type { Configuration } from '../../base/config.ts';
import type { ConnectorContext, ConnectorFactory } from '../../dataflow/connector.ts';
import type { ModeProfile } from '../../dataflow/traits.ts';
import type { LogicalPlan } from '../logical.ts';
import type { Estimator } from '../stats/row-count.ts';
import { rowWidth } from '../stats/row-count.ts';
import type { PhysicalNode, Size } from './node.ts';

export interface PlanContext {
  readonly profile: ModeProfile;
  readonly configuration: Configuration;
  /** Subtasks per operator, at most. */
  readonly parallelism: number;
  /** Bytes that a job may hold in hash tables and sorts. */
  readonly memory: number;
  /** For sinks, which are asked which changes they take. */
  readonly connectorFactory: (name: string) => ConnectorFactory;
  readonly connectorContext: ConnectorContext;
}

export interface Planner {
  readonly context: PlanContext;
  readonly estimator: Estimator;
  /** The cheapest physical plan of a logical one; the same object gives the same node. */
  plan(logical: LogicalPlan): PhysicalNode;
  /** Named in `table.exec.disabled-operators`. */
  disabled(operator: string): boolean;
}

export interface Strategy {
  readonly name: string;
  /** The way of reading keyed input for which the algorithm is made; 'either': it does not matter. */
  readonly keyedInput: ModeProfile['keyedInput'] | 'either';
  /** Ways to do it (inputs already meet what the nodes require), or none if this strategy does not apply. */
  implement(plan: LogicalPlan, planner: Planner): readonly PhysicalNode[];
}

/** The estimated output of a logical node. */
export function sizeOf(plan: LogicalPlan, planner: Planner): Size {
  const estimate = planner.estimator.estimate(plan);
  return { rows: estimate.rows, width: rowWidth(estimate), known: estimate.known };
}
