/** STREAMING: aggregates by key over input that may take rows back, and says what changed. */
import { notSupported } from '../../base/errors.ts';
import type { AggregateCall } from '../../expr/expr.ts';
import { functions } from '../../expr/functions/index.ts';
import { operatorSpec } from '../../operators/define.ts';
import type { Schema } from '../../types/schema.ts';
import { ALL_CHANGES, type ModifyKinds } from '../changelog.ts';
import { enforce } from '../enforce.ts';
import { EMPTY_RESULT, type Hint } from '../logical.ts';
import { COMPARE_COST, HASH_COST } from '../stats/cost.ts';
import {
  type AggregatedRows,
  accumulatorNames,
  printAccumulators,
  printCall,
  retractSuffix,
  retracts,
} from './aggregate-names.ts';
import { localGroupAggregateOver } from './local-group-aggregate.ts';
import { columnList } from './names.ts';
import {
  type DescriptionItem,
  defineAlgorithm,
  type Monotonicity,
  type PhysicalNode,
  type Self,
  type Size,
} from './node.ts';
import { aggregateTtl } from './state-ttl.ts';
import { type Planner, type Strategy, sizeOf } from './strategy.ts';

export interface GroupAggregatePlan {
  readonly keys: readonly number[];
  readonly calls: readonly AggregateCall[];
  readonly hints: readonly Hint[];
  readonly stateTtl: number;
  readonly miniBatch: boolean;
  /** The second of two phases: what the first one reads, and whether that is left out. */
  readonly local: { readonly rows: AggregatedRows; readonly leftOut: boolean } | null;
}

const INSERT_AND_UPDATE: ModifyKinds = new Set(['INSERT', 'UPDATE']);

export const groupAggregate = defineAlgorithm<GroupAggregatePlan>({
  name: 'GroupAggregate',
  provides(self) {
    const { params } = self;
    const key = params.keys.map((_, i) => i);
    return {
      modify: retracts(rowsOf(self)) ? ALL_CHANGES : INSERT_AND_UPDATE,
      distribution: { kind: 'any' },
      ordering: [],
      upsertKeys: [key],
      uniqueKeys: [key],
      monotonicity: monotonicityOf(self),
    };
  },
  requires({ params: { keys, local } }) {
    const places = local === null ? keys : keys.map((_, i) => i);
    return { distribution: keys.length === 0 ? { kind: 'singleton' } : { kind: 'hash', keys: places }, ordering: [] };
  },
  cost: ({ params, inputs }) => ({
    cpu: inputs[0]!.traits.size.rows * (HASH_COST + COMPARE_COST * params.calls.length),
  }),
  describe(self) {
    const { params, schema } = self;
    const rows = rowsOf(self);
    const keys = columnList(params.keys, rows.schema);
    const suffixes = params.calls.map((call) => retractSuffix(call, rows));
    const accumulators = params.local === null ? null : accumulatorNames(params.calls, suffixes);
    const calls = params.calls.map((call, i) => {
      const args = accumulators === null ? {} : { args: printAccumulators(accumulators[i]!) };
      const printed = printCall(call, rows.schema, { suffix: suffixes[i]!, ...args });
      return `${printed} AS ${schema.fields[params.keys.length + i]!.name}`;
    });
    const select = [...(keys === '' ? [] : [keys]), ...calls].join(', ');
    const groupBy: readonly DescriptionItem[] = keys === '' ? [] : [['groupBy', `[${keys}]`]];
    return {
      name: params.local === null ? 'GroupAggregate' : 'GlobalGroupAggregate',
      items: [...groupBy, ['select', `[${select}]`]],
      trailing: aggregateTtl(params.hints).trailing,
    };
  },
  lower(self, { name, profile }) {
    const { params, inputs, schema, updateKind } = self;
    const rows = rowsOf(self);
    const merges = params.local?.leftOut === false;
    const spec = operatorSpec(
      'group-aggregate',
      name,
      {
        keys: merges ? params.keys.map((_, i) => i) : params.keys,
        calls: params.calls,
        generateUpdateBefore: updateKind === 'BEFORE_AND_AFTER',
        inputRetracts: retracts(rows),
        stateTtl: params.stateTtl,
        miniBatch: params.miniBatch || profile.atEnd === 'savepoint',
        untilSnapshot: profile.atEnd === 'savepoint',
        emptyResult: params.hints.includes(EMPTY_RESULT),
        ...(merges ? { rowTypes: rows.schema.fields.map((field) => field.type) } : {}),
      },
      [merges ? inputs[0]!.schema : rows.schema],
      schema,
    );
    return { kind: 'operator', spec };
  },
});

/** The rows that calls read. */
function rowsOf({ params, inputs }: Self<GroupAggregatePlan>): AggregatedRows {
  return params.local?.rows ?? inputs[0]!;
}

function monotonicityOf(self: Self<GroupAggregatePlan>): readonly Monotonicity[] | null {
  const input = rowsOf(self).traits;
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
    if (retracts(input)) refuseUnretractable(plan.calls);
    const params: GroupAggregatePlan = {
      keys: plan.keys,
      calls: plan.calls,
      hints: plan.hints,
      stateTtl: aggregateTtl(plan.hints).ttl ?? configuration.duration('table.exec.state.ttl'),
      miniBatch: configuration.boolean('table.exec.mini-batch.enabled'),
      local: null,
    };
    const size = sizeOf(plan, planner);
    const node = params.miniBatch ? inTwoPhases(params, plan.schema, input, size, planner) : null;
    return [enforce(node ?? groupAggregate(params, plan.schema, [input], size))];
  },
};

/**
 * With a phase before the exchange. The plan does not depend on the parallelism, so that a savepoint fits every one:
 * with one subtask it is only carried out as one operator.
 *
 * @returns null: that is not wanted, or not every call can be merged
 */
function inTwoPhases(
  params: GroupAggregatePlan,
  schema: Schema,
  rows: PhysicalNode,
  size: Size,
  { context: { configuration, parallelism } }: Planner,
): PhysicalNode | null {
  const phases = configuration.string('table.optimizer.agg-phase-strategy').toUpperCase();
  if (phases === 'ONE_PHASE') return null;
  const leftOut = parallelism === 1 && phases !== 'TWO_PHASE';
  const sent = { ...size, rows: Math.min(rows.traits.size.rows, size.rows * parallelism) };
  const local = localGroupAggregateOver(rows, { keys: params.keys, calls: params.calls, leftOut }, sent);
  return local === null ? null : groupAggregate({ ...params, local: { rows, leftOut } }, schema, [local], size);
}

function refuseUnretractable(calls: readonly AggregateCall[]): void {
  for (const { fn } of calls) {
    if (functions.aggregate(fn)?.retractable === false) throw notSupported(`${fn} over rows that are taken back`);
  }
}
