/** EXPLAIN PLAN_ADVICE: hints on tuning, numbered, each with the nodes that it concerns. */

import { groupAggregate } from './physical/group-aggregate.ts';
import type { PhysicalNode } from './physical/node.ts';
import type { PhysicalPlan } from './plan.ts';

export interface Advice {
  readonly texts: readonly string[];
  readonly numbers: ReadonlyMap<PhysicalNode, number>;
}

const LOCAL_GLOBAL =
  'You might want to enable local-global two-phase optimization by configuring ' +
  "('table.exec.mini-batch.enabled' to 'true', 'table.exec.mini-batch.allow-latency' to a positive long value, " +
  "'table.exec.mini-batch.size' to a positive long value).";

/** Mini-batches help every aggregation by key that has none. */
export function adviceFor(plan: PhysicalPlan): Advice {
  const numbers = new Map<PhysicalNode, number>();
  const visit = (node: PhysicalNode): void => {
    const params = groupAggregate.paramsOf(node);
    if (params !== null && !params.miniBatch) numbers.set(node, 1);
    for (const input of node.inputs) visit(input);
  };
  for (const root of plan.roots) visit(root);
  return { texts: numbers.size === 0 ? [] : [`advice[1]: [ADVICE] ${LOCAL_GLOBAL}`], numbers };
}
