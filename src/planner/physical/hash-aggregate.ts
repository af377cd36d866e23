/**
 * BATCH aggregation: by hash table, or over input sorted by the keys. With several subtasks each aggregates its own
 * rows first, where that makes them much fewer to be sent.
 */

import type { Distribution } from '../../dataflow/traits.ts';
import type { AggregateCall } from '../../expr/expr.ts';
import { AccumulatorSet } from '../../operators/aggregate/accumulator-set.ts';
import { operatorSpec } from '../../operators/define.ts';
import { isInteger } from '../../types/data-type.ts';
import type { Schema } from '../../types/schema.ts';
import { enforce } from '../enforce.ts';
import type { Aggregate } from '../logical.ts';
import { COMPARE_COST, HASH_COST } from '../stats/cost.ts';
import { accumulatorNames, printAccumulators, printCall } from './aggregate-names.ts';
import { columnList } from './names.ts';
import { type DescriptionItem, defineAlgorithm, type PhysicalNode } from './node.ts';
import { type PlanContext, type Planner, type Strategy, sizeOf } from './strategy.ts';

export interface BatchAggregatePlan {
  readonly keys: readonly number[];
  /** As written, over the input of the first phase. */
  readonly calls: readonly AggregateCall[];
  readonly phase: 'complete' | 'partial' | 'final';
  readonly sorted: boolean;
  /** The input of the first phase, for names. */
  readonly original: Schema;
  readonly reason: string;
  /** Of the one integer key, by the statistics. */
  readonly keyRange?: readonly [number, number] | undefined;
}

const batchAggregate = defineAlgorithm<BatchAggregatePlan>({
  name: 'HashAggregate',
  provides({ params, inputs }) {
    const places = params.keys.map((_, i) => i);
    const { distribution, ordering } = inputs[0]!.traits;
    const kept = params.phase === 'partial' ? [] : [places];
    return {
      distribution: params.phase === 'partial' ? { kind: 'any' } : distributionOfGroups(distribution, keysOf(params)),
      ordering: params.sorted ? ordering.slice(0, places.length).map((field, i) => ({ ...field, index: i })) : [],
      upsertKeys: kept,
      uniqueKeys: kept,
      monotonicity: null,
    };
  },
  requires({ params, inputs }) {
    const keys = keysOf(params);
    const { distribution } = inputs[0]!.traits;
    const grouped = keys.length === 0 ? ({ kind: 'singleton' } as const) : ({ kind: 'hash', keys } as const);
    return {
      distribution:
        params.phase === 'partial' ? { kind: 'any' } : keepsGroups(distribution, keys) ? distribution : grouped,
      ordering: params.sorted ? keys.map((index) => ({ index, direction: 'ASC', nulls: 'FIRST' })) : [],
    };
  },
  cost: ({ params, inputs, size }) => ({
    cpu:
      inputs[0]!.traits.size.rows * ((params.sorted ? COMPARE_COST : HASH_COST) + COMPARE_COST * params.calls.length),
    memory: params.sorted ? 0 : size.rows * size.width,
  }),
  reason: ({ params }) => params.reason,
  describe({ params, schema }) {
    const keys = columnList(params.keys, params.original);
    const accumulators = accumulatorNames(params.calls);
    const calls = params.calls.map((call, i) => {
      const own = accumulators[i]!;
      if (params.phase === 'partial') {
        const partial = printCall(call, params.original, { prefix: 'Partial_' });
        return `${partial} AS ${printAccumulators(own)}`;
      }
      const name = schema.fields[params.keys.length + i]!.name;
      if (params.phase === 'complete') return `${printCall(call, params.original)} AS ${name}`;
      return `${printCall(call, params.original, { prefix: 'Final_', args: own.join(', ') })} AS ${name}`;
    });
    const merge: readonly DescriptionItem[] =
      params.phase === 'partial' ? [] : [['isMerge', `[${params.phase === 'final'}]`]];
    const groupBy: readonly DescriptionItem[] = keys === '' ? [] : [['groupBy', `[${keys}]`]];
    const algorithm = params.sorted ? 'SortAggregate' : 'HashAggregate';
    return {
      name: params.phase === 'partial' ? `Local${algorithm}` : algorithm,
      items: [...merge, ...groupBy, ['select', `[${[...(keys === '' ? [] : [keys]), ...calls].join(', ')}]`]],
    };
  },
  lower({ params, inputs, schema, size }, { name }) {
    const final = params.phase === 'final';
    const spec = operatorSpec(
      params.sorted ? 'sort-aggregate' : 'hash-aggregate',
      name,
      {
        keys: final ? params.keys.map((_, i) => i) : params.keys,
        calls: params.calls,
        phase: params.phase,
        rowTypes: final ? params.original.fields.map((field) => field.type) : null,
        estimatedGroups: size.known ? Math.ceil(size.rows) : null,
        ...(size.known && params.keyRange !== undefined ? { keyRange: params.keyRange } : {}),
      },
      [inputs[0]!.schema],
      schema,
    );
    return { kind: 'operator', spec };
  },
});

/** By hash, unless the input comes distributed and sorted as sorting would have it. */
export const batchAggregates: Strategy = {
  name: 'HashAggregate',
  keyedInput: 'sorted-by-key',
  implement(plan, planner) {
    if (plan.kind !== 'aggregate') return [];
    const input = planner.plan(plan.input);
    if (planner.disabled('HashAgg')) return [aggregateOver(plan, input, planner, true)];
    if (!planner.disabled('SortAgg') && plan.keys.length > 0) {
      const sorted = aggregateOver(plan, input, planner, true);
      if (sorted.inputs[0] === input) return [sorted];
    }
    return [aggregateOver(plan, input, planner, false)];
  },
};

function aggregateOver(plan: Aggregate, input: PhysicalNode, planner: Planner, sorted: boolean): PhysicalNode {
  const { parallelism } = planner.context;
  const size = sizeOf(plan, planner);
  const inputTypes = input.schema.fields.map((field) => field.type);
  const accumulators = new AccumulatorSet(plan.calls, inputTypes, false, false);
  const against = againstTwoPhases(plan, input, size.rows, accumulators.mergeable, planner.context);
  const how = sorted ? 'the input comes sorted by the keys or hashing is disabled' : 'groups are kept in a hash table';
  const why =
    against === null ? `two phases: ${parallelism} subtasks aggregate their own rows first` : `one phase: ${against}`;
  const keyRange = sorted ? undefined : keyRangeOf(plan, planner);
  const reason = `${why}; ${how}`;
  const base = { keys: plan.keys, calls: plan.calls, sorted, original: input.schema, reason, keyRange };
  if (against !== null) {
    return enforce(batchAggregate({ ...base, phase: 'complete' }, plan.schema, [input], size));
  }
  const fields = [
    ...plan.keys.map((key) => input.schema.fields[key]!),
    ...accumulators.fields.map((type, i) => ({ name: `acc$${i}`, type })),
  ];
  const partialRows = Math.min(input.traits.size.rows, size.rows * parallelism);
  const local = batchAggregate({ ...base, phase: 'partial' }, { fields, primaryKey: null, rowtime: null }, [input], {
    ...size,
    rows: partialRows,
  });
  return enforce(batchAggregate({ ...base, phase: 'final' }, plan.schema, [enforce(local)], size));
}

/** Why one phase is better; null: two are. */
function againstTwoPhases(
  { keys }: Aggregate,
  input: PhysicalNode,
  groups: number,
  isMergeable: boolean,
  { configuration, parallelism }: PlanContext,
): string | null {
  const strategy = configuration.string('table.optimizer.agg-phase-strategy').toUpperCase();
  if (!isMergeable) return 'not every call can be split';
  if (strategy === 'TWO_PHASE') return null;
  if (strategy === 'ONE_PHASE') return "'table.optimizer.agg-phase-strategy' is ONE_PHASE";
  if (parallelism === 1) return 'parallelism is 1';
  if (keepsGroups(input.traits.distribution, keys)) return 'the input comes distributed by the keys';
  const { rows, known } = input.traits.size;
  const shrinks = !known || keys.length === 0 || groups * parallelism * WORTHWHILE <= rows;
  return shrinks ? null : `${Math.ceil(rows)} rows are of ${Math.ceil(groups)} groups`;
}

/** How many times fewer rows the first of two phases has to leave. */
const WORTHWHILE = 3;

/** Where the keys are in the input. */
function keysOf({ phase, keys }: BatchAggregatePlan): readonly number[] {
  return phase === 'final' ? keys.map((_, i) => i) : keys;
}

/** Rows of a group are in one place, as they are distributed by some of the keys or not at all. */
function keepsGroups(distribution: Distribution, keys: readonly number[]): boolean {
  if (distribution.kind !== 'hash') return distribution.kind === 'singleton';
  return distribution.keys.length > 0 && distribution.keys.every((key) => keys.includes(key));
}

/** Where groups are whose rows came so; keys come first in a row. */
function distributionOfGroups(distribution: Distribution, keys: readonly number[]): Distribution {
  if (keys.length === 0) return distribution;
  if (!keepsGroups(distribution, keys)) return { kind: 'hash', keys: keys.map((_, i) => i) };
  return distribution.kind === 'hash'
    ? { ...distribution, keys: distribution.keys.map((key) => keys.indexOf(key)) }
    : distribution;
}

/** The believed range of the key, where it is one integer. */
function keyRangeOf(plan: Aggregate, planner: Planner): readonly [number, number] | undefined {
  const [key, ...others] = plan.keys;
  if (key === undefined || others.length > 0 || !isInteger(plan.input.schema.fields[key]!.type)) return undefined;
  const { min, max } = planner.estimator.estimate(plan.input).columns[key]!;
  const isExact = min !== null && max !== null && Number.isSafeInteger(min) && Number.isSafeInteger(max);
  return isExact ? [min, max] : undefined;
}
