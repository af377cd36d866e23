/** OFFSET and LIMIT without ORDER BY: any rows will do. In BATCH each subtask first cuts its own. */
import { EngineError } from '../../base/errors.ts';
import { operatorSpec } from '../../operators/define.ts';
import { ALL_CHANGES, INSERT_ONLY, isInsertOnly } from '../changelog.ts';
import { enforce } from '../enforce.ts';
import { defineAlgorithm, type PhysicalNode } from './node.ts';
import { type Strategy, sizeOf } from './strategy.ts';

export interface LimitPlan {
  readonly offset: number;
  readonly fetch: number | null;
  /** BATCH: the step over all rows or the one before it; null in STREAMING, which has one. */
  readonly global: boolean | null;
}

export const limit = defineAlgorithm<LimitPlan>({
  name: 'Limit',
  provides: ({ params, inputs }) => ({
    modify: isInsertOnly(inputs[0]!.traits.modify) ? INSERT_ONLY : ALL_CHANGES,
    ...(params.global === null ? { distribution: { kind: 'any' } as const } : {}),
    monotonicity: null,
  }),
  requires: ({ params }) => ({
    distribution: params.global === false ? { kind: 'any' } : { kind: 'singleton' },
    ordering: [],
  }),
  cost: ({ size }) => ({ cpu: size.rows }),
  describe: ({ params }) => ({
    items: [
      ['offset', `[${params.offset}]`],
      ['fetch', params.fetch === null ? '[unlimited]' : `[${params.fetch}]`],
      ...(params.global === null ? [] : ([['global', `[${params.global}]`]] as const)),
    ],
  }),
  lower({ params, inputs, schema, updateKind }, { name }) {
    const input = inputs[0]!;
    const local = params.global === false;
    const spec = operatorSpec(
      'limit',
      name,
      {
        offset: local ? 0 : params.offset,
        fetch: local && params.fetch !== null ? params.offset + params.fetch : params.fetch,
        inputRetracts: !isInsertOnly(input.traits.modify),
        generateUpdateBefore: updateKind === 'BEFORE_AND_AFTER',
      },
      [input.schema],
      schema,
    );
    return { kind: 'operator', spec };
  },
});

export const limits: Strategy = {
  name: 'Limit',
  keyedInput: 'either',
  implement(plan, planner) {
    if (plan.kind !== 'sort' || plan.order.length > 0) return [];
    const { profile, parallelism } = planner.context;
    const once = profile.keyedInput === 'sorted-by-key';
    if (!once && plan.fetch === null) {
      throw new EngineError('PLAN-STREAMING-OFFSET', 'OFFSET without LIMIT is not supported on a stream', {
        hint: "add LIMIT n, or SET 'execution.runtime-mode' = 'batch'",
      });
    }
    const params = { offset: plan.offset, fetch: plan.fetch };
    const size = sizeOf(plan, planner);
    let input: PhysicalNode = planner.plan(plan.input);
    if (once && parallelism > 1 && plan.fetch !== null) {
      input = limit({ ...params, global: false }, input.schema, [input], size);
    }
    return [enforce(limit({ ...params, global: once ? true : null }, input.schema, [input], size))];
  },
};
