/** EXPLAIN JSON_EXECUTION_PLAN: the DataStream graph of a query, operators described as in the optimised plan. */
import { executionPlanJson } from '../graph/plan-json.ts';
import type { PhysicalPlan } from './plan.ts';
import { translateWithContents } from './translate.ts';

export function queryPlanJson(plan: PhysicalPlan): string {
  const { roots, contents } = translateWithContents(plan, null);
  return executionPlanJson(roots, plan.context.parallelism, contents);
}
