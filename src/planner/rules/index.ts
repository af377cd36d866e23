/**
 * The optimiser: rules in a fixed order, each over all plans of the statement. What a rule needs of those before it is
 * in its `reason`. Every rule keeps results, so any may be left out (`disabled`).
 */
import type { LogicalPlan } from '../logical.ts';
import { remembered } from '../logical-evaluation.ts';
import { dropProctimeOrder } from './drop-proctime-order.ts';
import { dropWatermarks } from './drop-watermarks.ts';
import { factorDisjunctions } from './factor-disjunctions.ts';
import { fixQueryTime } from './fix-query-time.ts';
import { flattenRows } from './flatten-rows.ts';
import { joinKeys } from './join-keys.ts';
import { mergeProjects } from './merge-projects.ts';
import { propagateConstants } from './propagate-constants.ts';
import { pruneColumns } from './prune-columns.ts';
import { pruneEmpty } from './prune-empty.ts';
import { pushLimit } from './push-limit.ts';
import { pushPredicates } from './push-predicates.ts';
import { pushSemiJoins } from './push-semi-joins.ts';
import { pushSourceFilters } from './push-source-filters.ts';
import { reduceAggregates } from './reduce-aggregates.ts';
import { removeDistinct } from './remove-distinct.ts';
import { reorderJoins } from './reorder-joins.ts';
import { reuseReductions } from './reuse-reductions.ts';
import type { OptimizeContext, Rule } from './rule.ts';
import { sharePlans } from './share-plans.ts';
import { simplifyExpressions } from './simplify-expressions.ts';
import { sortPastProjects } from './sort-past-projects.ts';
import { spellOutNotIn } from './spell-out-not-in.ts';
import { splitDistinct } from './split-distinct.ts';

export type { OptimizeContext, Rule } from './rule.ts';

export const RULES: readonly Rule[] = [
  fixQueryTime,
  simplifyExpressions,
  spellOutNotIn,
  factorDisjunctions,
  flattenRows,
  pushPredicates,
  dropWatermarks,
  {
    ...pushPredicates,
    name: 'push-predicates-past-watermarks',
    reason: 'what watermarks held up goes on to the scans',
  },
  pruneEmpty,
  mergeProjects,
  removeDistinct,
  propagateConstants,
  sharePlans,
  pushSemiJoins,
  reorderJoins,
  reduceAggregates,
  pushSemiJoins,
  reuseReductions,
  joinKeys,
  {
    ...pushPredicates,
    name: 'push-predicates-again',
    reason: 'join order has put filters of one relation beside joins',
  },
  dropProctimeOrder,
  sortPastProjects,
  splitDistinct,
  pruneColumns,
  mergeProjects,
  pushSourceFilters,
  pushLimit,
];

/** All plans of one statement; nodes that they share stay shared. */
export function optimizeAll(plans: readonly LogicalPlan[], context: OptimizeContext): readonly LogicalPlan[] {
  let current = plans;
  const once = { ...context, evaluation: remembered(context.evaluation) };
  for (const rule of RULES) {
    if (context.disabled?.has(rule.name) === true) continue;
    const before = current;
    current = rule.apply(before, once);
    if (context.trace !== undefined && current.some((plan, i) => plan !== before[i])) {
      context.trace(rule.name, before, current);
    }
  }
  return current;
}

/** The plan with the same rows and columns, hopefully sooner. */
export function optimize(plan: LogicalPlan, context: OptimizeContext): LogicalPlan {
  return optimizeAll([plan], context)[0]!;
}
