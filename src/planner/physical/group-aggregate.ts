/** STREAMING: aggregates by key over input that may take rows back, and says what changed. */
import { notSupported } from '../../base/errors.ts';
import type { AggregateCall } from '../../expr/expr.ts';
import { functions } from '../../expr/functions/index.ts';
import { operatorSpec } from '../../operators/define.ts';
import { ALL_CHANGES, isInsertOnly, type ModifyKinds } from '../changelog.ts';
import { enforce } from '../enforce.ts';
import { EMPTY_RESULT, type Hint } from '../logical.ts';
import { COMPARE_COST, HASH_COST } from '../stats/cost.ts';
import { printCall } from './aggregate-names.ts';
import { columnList } from './names.ts';
import { type DescriptionItem, defineAlgorithm, type Monotonicity, type PhysicalNode, type Self } from './node.ts';
import { aggregateTtl } from './state-ttl.ts';
import { type Strategy, sizeOf } from './strategy.ts';

export interface GroupAggregatePlan {
  readonly keys: readonly number[];
  readonly calls: readonly AggregateCall[];
  readonly hints: readonly Hint[];
  readonly stateTtl: number;
  readonly miniBatch: boolean;
}

const INSERT_AND_UPDATE: ModifyKinds = new Set(['INSERT', 'UPDATE']);

export const groupAggregate = defineAlgorithm<GroupAggregatePlan>({
  name: 'GroupAggregate',
  provides(self) {
    const { params } = self;
    const key = params.keys.map((_, i) => i);
    return {
      modify: retracts(self) ? ALL_CHANGES : INSERT_AND_UPDATE,
      distribution: { kind: 'any' },
      ordering: [],
      upsertKeys: [key],
      uniqueKeys: [key],
      monotonicity: monotonicityOf(self),
    };
  },
  requires: ({ params }) => ({
    distribution: params.keys.length === 0 ? { kind: 'singleton' } : { kind: 'hash', keys: params.keys },
    ordering: [],
  }),
  cost: ({ params, inputs }) => ({
    cpu: inputs[0]!.traits.size.rows * (HASH_COST + COMPARE_COST * params.calls.length),
  }),
  describe(self) {
    const { params, inputs, schema } = self;
    const input = inputs[0]!;
    const keys = columnList(params.keys, input.schema);
    const calls = params.calls.map((call, i) => {
      const suffix = retracts(self) && needsRetraction(call, input) ? '_RETRACT' : '';
      return `${printCall(call, input.schema, { suffix })} AS ${schema.fields[params.keys.length + i]!.name}`;
    });
    const select = [...(keys === '' ? [] : [keys]), ...calls].join(', ');
    const groupBy: readonly DescriptionItem[] = keys === '' ? [] : [['groupBy', `[${keys}]`]];
    return { items: [...groupBy, ['select', `[${select}]`]], trailing: aggregateTtl(params.hints).trailing };
  },
  lower(self, { name, profile }) {
    const { params, inputs, schema, updateKind } = self;
    const spec = operatorSpec(
      'group-aggregate',
      name,
      {
        keys: params.keys,
        calls: params.calls,
        generateUpdateBefore: updateKind === 'BEFORE_AND_AFTER',
        inputRetracts: retracts(self),
        stateTtl: params.stateTtl,
        miniBatch: params.miniBatch || profile.atEnd === 'savepoint',
        untilSnapshot: profile.atEnd === 'savepoint',
        emptyResult: params.hints.includes(EMPTY_RESULT),
      },
      [inputs[0]!.schema],
      schema,
    );
    return { kind: 'operator', spec };
  },
});

function retracts(self: Self<GroupAggregatePlan>): boolean {
  return !isInsertOnly(self.inputs[0]!.traits.modify);
}

/** MAX of a column that only grows never has to take back its maximum. */
function needsRetraction(call: AggregateCall, input: PhysicalNode): boolean {
  const column = call.args.length === 1 ? input.traits.monotonicity?.[call.args[0]!] : undefined;
  if (call.fn === 'MAX') return column !== 'INCREASING' && column !== 'CONSTANT';
  return call.fn === 'MIN' ? column !== 'DECREASING' && column !== 'CONSTANT' : true;
}

function monotonicityOf(self: Self<GroupAggregatePlan>): readonly Monotonicity[] | null {
  const input = self.inputs[0]!.traits;
  if (input.modify.has('DELETE') || (input.modify.has('UPDATE') && input.monotonicity === null)) return null;
  const updates = input.modify.has('UPDATE');
  const keys = self.params.keys.map((key): Monotonicity => (updates ? input.monotonicity![key]! : 'CONSTANT'));
  if (keys.some((key) => key !== 'CONSTANT')) return null;
  const calls = self.params.calls.map((call): Monotonicity => {
    const moving = updates && call.args[0] !== undefined ? input.monotonicity![call.args[0]] : 'CONSTANT';
    if (call.fn === 'COUNT') return updates ? 'NONE' : 'INCREASING';
    if (call.fn === 'MAX') return moving === 'CONSTANT' || moving === 'INCREASING' ? 'INCREASING' : 'NONE';
    if (call.fn === 'MIN') return moving === 'CONSTANT' || moving === 'DECREASING' ? 'DECREASING' : 'NONE';
    return 'NONE';
  });
  return [...keys, ...calls];
}

export const groupAggregates: Strategy = {
  name: 'GroupAggregate',
  keyedInput: 'arrival-order',
  implement(plan, planner) {
    if (plan.kind !== 'aggregate') return [];
    const { configuration } = planner.context;
    const input = planner.plan(plan.input);
    if (!isInsertOnly(input.traits.modify)) refuseUnretractable(plan.calls);
    const params: GroupAggregatePlan = {
      keys: plan.keys,
      calls: plan.calls,
      hints: plan.hints,
      stateTtl: aggregateTtl(plan.hints).ttl ?? configuration.duration('table.exec.state.ttl'),
      miniBatch: configuration.boolean('table.exec.mini-batch.enabled'),
    };
    return [enforce(groupAggregate(params, plan.schema, [input], sizeOf(plan, planner)))];
  },
};

function refuseUnretractable(calls: readonly AggregateCall[]): void {
  for (const { fn } of calls) {
    if (functions.aggregate(fn)?.retractable === false) throw notSupported(`${fn} over rows that are taken back`);
  }
}
