/** Which nodes are worth computing once for several readers. */
import type { LogicalPlan } from '../logical.ts';
import { inputsOf, nodesOf, readersOf } from '../logical-visit.ts';

/**
 * Nodes with several readers that do real work (join, group, sort): rules leave them whole, and push nothing of one
 * reader into them. Scans, filters and projections are cheaper to repeat, each as its reader needs it.
 */
export function sharedNodes(roots: readonly LogicalPlan[]): ReadonlySet<LogicalPlan> {
  const readers = readersOf(roots);
  const heavy = new Set<LogicalPlan>();
  const shared = new Set<LogicalPlan>();
  for (const node of nodesOf(roots)) {
    const works = WORK.has(node.kind) || inputsOf(node).some((input) => heavy.has(input));
    if (works) heavy.add(node);
    if (works && (readers.get(node) ?? 0) > 1) shared.add(node);
  }
  return shared;
}

/** Is there a join, a grouping or a sort in the plan? */
export function doesWork(plan: LogicalPlan): boolean {
  return WORK.has(plan.kind) || inputsOf(plan).some(doesWork);
}

const WORK: ReadonlySet<LogicalPlan['kind']> = new Set([
  'join',
  'aggregate',
  'window',
  'sort',
  'set-operation',
  'expand',
]);
