/**
 * Relations without rows: what is joined, grouped or sorted of nothing is nothing. Also LIMIT 0, and sorts of one row.
 */

import { literal } from '../../expr/expr.ts';
import { nullable } from '../../types/data-type.ts';
import type { Join, LogicalPlan, SetOperation } from '../logical.ts';
import * as build from '../logical-build.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';

export const pruneEmpty: Rule = {
  name: 'prune-empty',
  reason: 'after simplification has found filters that let nothing through',
  apply: (roots) =>
    rewriteAll(roots, (node) => {
      switch (node.kind) {
        case 'project':
        case 'filter':
        case 'window':
        case 'unnest':
        case 'expand':
        case 'watermark':
          return isEmpty(node.input) ? build.emptyLike(node) : node;
        case 'sort':
          if (isEmpty(node.input) || node.fetch === 0) return build.emptyLike(node);
          if (node.order.length > 0 && givesOneRow(node.input))
            return build.sort(node.input, [], node.offset, node.fetch);
          return node;
        case 'aggregate':
          return isEmpty(node.input) && node.keys.length > 0 ? build.emptyLike(node) : node;
        case 'join':
          return pruneJoin(node);
        case 'set-operation':
          return pruneSetOperation(node);
        default:
          return node;
      }
    }),
};

function isEmpty(plan: LogicalPlan): boolean {
  return plan.kind === 'values' && plan.rows.length === 0;
}

function givesOneRow(plan: LogicalPlan): boolean {
  return (plan.kind === 'aggregate' && plan.keys.length === 0) || (plan.kind === 'values' && plan.rows.length === 1);
}

function pruneJoin(join: Join): LogicalPlan {
  const left = isEmpty(join.left);
  const right = isEmpty(join.right);
  if (!left && !right) return join;
  switch (join.type) {
    case 'INNER':
    case 'SEMI':
      return build.emptyLike(join);
    case 'ANTI':
      return left ? build.emptyLike(join) : join.left;
    case 'LEFT':
      return left ? build.emptyLike(join) : padded(join, 'right');
    case 'RIGHT':
      return right ? build.emptyLike(join) : padded(join, 'left');
    case 'FULL':
      if (left && right) return build.emptyLike(join);
      return padded(join, left ? 'left' : 'right');
  }
}

/** The other side's rows with NULLs for the empty side. */
function padded(join: Join, empty: 'left' | 'right'): LogicalPlan {
  const nulls = join[empty].schema.fields.map((field) => literal(null, nullable(field.type)));
  const names = build.namesOf(join);
  if (empty === 'right') return build.project(join.left, [...build.columnsOf(join.left), ...nulls], names);
  return build.project(join.right, [...nulls, ...build.columnsOf(join.right)], names);
}

function pruneSetOperation(node: SetOperation): LogicalPlan {
  const [first, ...others] = node.inputs as readonly [LogicalPlan, ...LogicalPlan[]];
  if (node.op === 'INTERSECT') return node.inputs.some(isEmpty) ? build.emptyLike(node) : node;
  if (node.op === 'EXCEPT') {
    if (isEmpty(first)) return build.emptyLike(node);
    const left = others.filter((input) => !isEmpty(input));
    if (left.length === others.length) return node;
    if (left.length > 0) return build.setOperation(node.op, node.all, [first, ...left]);
    return node.all ? first : distinct(first);
  }
  const filled = node.inputs.filter((input) => !isEmpty(input));
  if (filled.length === node.inputs.length) return node;
  if (filled.length === 0) return build.emptyLike(node);
  const renamed = build.project(filled[0]!, build.columnsOf(filled[0]!), build.namesOf(node));
  if (filled.length > 1) return build.setOperation(node.op, node.all, [renamed, ...filled.slice(1)]);
  return node.all ? renamed : distinct(renamed);
}

function distinct(plan: LogicalPlan): LogicalPlan {
  return build.aggregate(
    plan,
    plan.schema.fields.map((_, i) => i),
    [],
  );
}
