/**
 * STREAMING aggregation with DISTINCT in two levels, if 'table.optimizer.distinct-agg.split.enabled': first by the keys
 * and a bucket of the distinct argument, then over the buckets. The distinct values of one hot key are so spread over
 * the subtasks. Several distinct arguments are left in one level.
 *
 * Source: Flink, SplitAggregateRule.
 */
import { type AggregateCall, literal } from '../../expr/expr.ts';
import { resolveCall } from '../../expr/resolve.ts';
import { INT } from '../../types/data-type.ts';
import type { Aggregate, LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';

/** The function that puts the results of the buckets together. */
const FINAL: Readonly<Record<string, string>> = { COUNT: '$SUM0', SUM: 'SUM', MIN: 'MIN', MAX: 'MAX' };

export const splitDistinct: Rule = {
  name: 'split-distinct',
  reason: 'before columns are pruned, for the buckets are one more column',
  apply: (roots, { profile, configuration }) => {
    if (profile.keyedInput !== 'arrival-order') return roots;
    if (!configuration.boolean('table.optimizer.distinct-agg.split.enabled')) return roots;
    const buckets = configuration.integer('table.optimizer.distinct-agg.split.bucket-num');
    return rewriteAll(roots, (node) => (node.kind === 'aggregate' ? split(node, buckets) : node));
  },
};

function split(node: Aggregate, buckets: number): LogicalPlan {
  const argument = distinctArgument(node.calls);
  if (argument === null || node.calls.some((call) => FINAL[call.fn] === undefined)) return node;
  const { input, schema } = node;
  const width = build.widthOf(input);
  const keyCount = node.keys.length;
  const hash = resolveCall('HASH_CODE', [build.columnOf(input, argument)]);
  const bucket = resolveCall('MOD', [hash, literal(buckets, INT)]);
  const bucketed = build.project(input, [...build.columnsOf(input), bucket], [...build.namesOf(input), '$bucket']);
  const named = node.calls.map((call, i) => ({ ...call, name: schema.fields[keyCount + i]!.name }));
  const partial = build.aggregate(bucketed, [...node.keys, width], named, node.hints);
  const final = named.map((call, i): AggregateCall => {
    return { ...call, fn: FINAL[call.fn]!, args: [keyCount + 1 + i], distinct: false, filter: null };
  });
  return build.aggregate(partial, [...node.keys.keys()], final, node.hints);
}

/** The one column that all DISTINCT calls are about; null: there is none, or more than one. */
function distinctArgument(calls: readonly AggregateCall[]): number | null {
  const distinct = calls.filter((call) => call.distinct);
  const columns = new Set(distinct.flatMap((call) => call.args));
  const [only] = columns;
  return columns.size === 1 ? only! : null;
}
