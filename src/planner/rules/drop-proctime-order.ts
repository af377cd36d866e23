/** In BATCH all rows have one processing time: ordering by it leaves them as they came. */

import type { SortField } from '../../dataflow/traits.ts';
import { isTimestamp } from '../../types/data-type.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';

export const dropProctimeOrder: Rule = {
  name: 'drop-proctime-order',
  reason: 'before columns are pruned: the time is then not even made',
  apply: (roots, { profile }) => {
    if (profile.watermarks !== 'max-at-end') return roots;
    return rewriteAll(roots, (node) => {
      if (node.kind === 'sort' && hasProctime(node.order, node.input)) {
        return build.sort(node.input, withoutProctime(node.order, node.input), node.offset, node.fetch);
      }
      if (node.kind === 'window' && node.calls.some(({ order }) => hasProctime(order, node.input))) {
        const calls = node.calls.map((call) => ({ ...call, order: withoutProctime(call.order, node.input) }));
        return build.windowNode(node.input, calls);
      }
      return node;
    });
  },
};

function withoutProctime(order: readonly SortField[], input: LogicalPlan): readonly SortField[] {
  return order.filter(({ index }) => {
    const { type } = input.schema.fields[index]!;
    return !(isTimestamp(type) && type.time === 'proctime');
  });
}

function hasProctime(order: readonly SortField[], input: LogicalPlan): boolean {
  return withoutProctime(order, input).length < order.length;
}
