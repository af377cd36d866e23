/** BATCH ORDER BY: the whole input on one subtask; with LIMIT each subtask first keeps its own best rows. */
import type { Ordering } from '../../dataflow/traits.ts';
import { operatorSpec } from '../../operators/define.ts';
import { enforce, exchangeOver } from '../enforce.ts';
import type { Sort } from '../logical.ts';
import { sortCpu } from '../stats/cost.ts';
import { batchSort } from './batch-sort.ts';
import { limit } from './limit.ts';
import { printOrder } from './names.ts';
import { defineAlgorithm, type PhysicalNode } from './node.ts';
import { type Planner, type Strategy, sizeOf } from './strategy.ts';

export interface BatchSortLimitPlan {
  readonly ordering: Ordering;
  readonly offset: number;
  readonly fetch: number;
  readonly global: boolean;
}

const batchSortLimit = defineAlgorithm<BatchSortLimitPlan>({
  name: 'SortLimit',
  provides: ({ params }) => ({ ordering: params.ordering }),
  requires: ({ params }) => ({ distribution: { kind: params.global ? 'singleton' : 'any' }, ordering: [] }),
  cost: ({ params, inputs }) => ({
    cpu: sortCpu(Math.min(inputs[0]!.traits.size.rows, params.offset + params.fetch), params.ordering.length),
  }),
  describe: ({ params, inputs }) => ({
    items: [
      ['orderBy', `[${printOrder(params.ordering, inputs[0]!.schema)}]`],
      ['offset', `[${params.offset}]`],
      ['fetch', `[${params.fetch}]`],
      ['global', `[${params.global}]`],
    ],
  }),
  lower({ params, inputs, schema }, { name }) {
    const { ordering, offset, fetch, global } = params;
    const sort = {
      ordering,
      offset: global ? offset : 0,
      fetch: global ? fetch : offset + fetch,
      inputRetracts: false,
    };
    return { kind: 'operator', spec: operatorSpec('sort', name, sort, [inputs[0]!.schema], schema) };
  },
});

export const batchSorts: Strategy = {
  name: 'SortLimit',
  keyedInput: 'sorted-by-key',
  implement: (plan, planner) => (plan.kind === 'sort' && plan.order.length > 0 ? [implementSort(plan, planner)] : []),
};

function implementSort(plan: Sort, planner: Planner): PhysicalNode {
  const input = planner.plan(plan.input);
  const size = sizeOf(plan, planner);
  const { configuration, parallelism } = planner.context;
  const usual = configuration.integer('table.exec.sort.default-limit');
  const fetch = plan.fetch ?? (usual > 0 ? usual : null);
  if (fetch !== null) {
    const params = { ordering: plan.order, offset: plan.offset, fetch };
    const local = parallelism > 1 ? batchSortLimit({ ...params, global: false }, input.schema, [input], size) : input;
    return enforce(batchSortLimit({ ...params, global: true }, input.schema, [local], size));
  }
  const single = input.traits.distribution.kind === 'singleton' ? input : exchangeOver(input, { kind: 'singleton' });
  const sorted = batchSort({ ordering: plan.order }, input.schema, [single], input.traits.size);
  if (plan.offset === 0) return sorted;
  return enforce(limit({ offset: plan.offset, fetch: null, global: true }, input.schema, [sorted], size));
}
