/**
 * BATCH: sorts each subtask's rows; one subtask for a query's ORDER BY. Also put in by enforce where order is required.
 */
import type { Ordering } from '../../dataflow/traits.ts';
import { operatorSpec } from '../../operators/define.ts';
import { sortCpu } from '../stats/cost.ts';
import { printOrder } from './names.ts';
import { defineAlgorithm } from './node.ts';

export interface BatchSortParams {
  readonly ordering: Ordering;
}

export const batchSort = defineAlgorithm<BatchSortParams>({
  name: 'Sort',
  provides: ({ params }) => ({ ordering: params.ordering }),
  cost: ({ params, size }) => ({
    cpu: sortCpu(size.rows, params.ordering.length),
    memory: size.rows * size.width,
  }),
  describe: ({ params, inputs }) => ({ items: [['orderBy', `[${printOrder(params.ordering, inputs[0]!.schema)}]`]] }),
  lower: ({ params, inputs, schema }, { name }) => ({
    kind: 'operator',
    spec: operatorSpec(
      'sort',
      name,
      { ordering: params.ordering, offset: 0, fetch: null, inputRetracts: false },
      [inputs[0]!.schema],
      schema,
    ),
  }),
});
