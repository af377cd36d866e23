/** STREAMING: ORDER BY with LIMIT, a top-N of the whole input. */
import type { Ordering } from '../../dataflow/traits.ts';
import { operatorSpec } from '../../operators/define.ts';
import { ALL_CHANGES } from '../changelog.ts';
import { enforce } from '../enforce.ts';
import { printOrder } from './names.ts';
import { defineAlgorithm } from './node.ts';
import {
  isFastTop1,
  printStrategy,
  type RankStrategy,
  rankMonotonicity,
  rankStrategies,
  updateKindFor,
} from './rank-strategy.ts';
import { type Strategy, sizeOf } from './strategy.ts';

export interface SortLimitPlan {
  readonly ordering: Ordering;
  readonly offset: number;
  readonly fetch: number;
  readonly strategy: RankStrategy | null;
  readonly stateTtl: number;
}

const sortLimit = defineAlgorithm<SortLimitPlan>({
  name: 'SortLimit',
  provides: ({ params, inputs }) => ({
    modify: ALL_CHANGES,
    distribution: { kind: 'any' },
    ordering: [],
    monotonicity: rankMonotonicity(inputs[0]!, [], params.ordering, false),
  }),
  requires: () => ({ distribution: { kind: 'singleton' }, ordering: [] }),
  describe({ params, inputs }) {
    const strategy = params.strategy ?? rankStrategies(inputs[0]!, [], params.ordering)[0]!;
    return {
      items: [
        ['orderBy', `[${printOrder(params.ordering, inputs[0]!.schema)}]`],
        ['offset', `[${params.offset}]`],
        ['fetch', `[${params.fetch}]`],
        ['strategy', `[${printStrategy(strategy)}]`],
      ],
    };
  },
  satisfyUpdate(self, required, visit) {
    const input = self.inputs[0]!;
    for (const strategy of rankStrategies(input, [], self.params.ordering)) {
      const made = visit(input, input.traits.modify.has('UPDATE') ? updateKindFor(strategy) : 'NONE');
      if (made !== null)
        return self.with({ inputs: [made], updateKind: required, params: { ...self.params, strategy } });
    }
    return null;
  },
  lower({ params, inputs, schema, updateKind }, { name }) {
    const strategy = params.strategy ?? { kind: 'retract' };
    const [start, end] = [params.offset + 1, params.offset + params.fetch];
    const spec = operatorSpec(
      'rank',
      name,
      {
        strategy: strategy.kind,
        partitionKeys: [],
        ordering: params.ordering,
        rankStart: start,
        rankEnd: end,
        rankEndColumn: null,
        outputRankNumber: false,
        upsertKey: strategy.kind === 'update-fast' ? strategy.upsertKey : [],
        generateUpdateBefore: updateKind === 'BEFORE_AND_AFTER',
        stateTtl: params.stateTtl,
        fastTop1: isFastTop1(strategy, start, end, false),
      },
      [inputs[0]!.schema],
      schema,
    );
    return { kind: 'operator', spec };
  },
});

export const sortLimits: Strategy = {
  name: 'SortLimit',
  keyedInput: 'arrival-order',
  implement(plan, planner) {
    if (plan.kind !== 'sort' || plan.order.length === 0 || plan.fetch === null) return [];
    const input = planner.plan(plan.input);
    const params: SortLimitPlan = {
      ordering: plan.order,
      offset: plan.offset,
      fetch: plan.fetch,
      strategy: null,
      stateTtl: planner.context.configuration.duration('table.exec.state.ttl'),
    };
    return [enforce(sortLimit(params, input.schema, [input], sizeOf(plan, planner)))];
  },
};
