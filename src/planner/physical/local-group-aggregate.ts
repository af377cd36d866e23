/**
 * STREAMING: folds the rows of a mini-batch by key before they are sent, so that one row per key and mini-batch is.
 * GroupAggregate behind the exchange merges these rows.
 */
import type { AggregateCall } from '../../expr/expr.ts';
import { AccumulatorSet } from '../../operators/aggregate/accumulator-set.ts';
import { operatorSpec } from '../../operators/define.ts';
import type { Schema } from '../../types/schema.ts';
import { COMPARE_COST, HASH_COST } from '../stats/cost.ts';
import { accumulatorNames, printAccumulators, printCall, retractSuffix, retracts } from './aggregate-names.ts';
import { columnList } from './names.ts';
import { type DescriptionItem, defineAlgorithm, type PhysicalNode, type Size } from './node.ts';

interface LocalGroupAggregatePlan {
  readonly keys: readonly number[];
  readonly calls: readonly AggregateCall[];
  /** Rows pass as they are: nothing is sent, and the second phase takes them in itself. */
  readonly leftOut: boolean;
}

const localGroupAggregate = defineAlgorithm<LocalGroupAggregatePlan>({
  name: 'LocalGroupAggregate',
  provides: () => ({
    modify: new Set(['INSERT']),
    distribution: { kind: 'any' },
    ordering: [],
    upsertKeys: [],
    uniqueKeys: [],
    monotonicity: null,
  }),
  cost: ({ params, inputs }) => ({
    cpu: inputs[0]!.traits.size.rows * (HASH_COST + COMPARE_COST * params.calls.length),
  }),
  reason: ({ params }) => (params.leftOut ? 'left out: with one subtask nothing is sent' : null),
  describe({ params, inputs }) {
    const rows = inputs[0]!;
    const keys = columnList(params.keys, rows.schema);
    const suffixes = params.calls.map((call) => retractSuffix(call, rows));
    const names = accumulatorNames(params.calls, suffixes);
    const calls = params.calls.map((call, i) => {
      return `${printCall(call, rows.schema, { suffix: suffixes[i]! })} AS ${printAccumulators(names[i]!)}`;
    });
    const rowCount =
      retracts(rows) && !params.calls.some(countsRows) ? [`COUNT_RETRACT(*) AS count1$${names.flat().length}`] : [];
    const select = [...(keys === '' ? [] : [keys]), ...calls, ...rowCount].join(', ');
    const groupBy: readonly DescriptionItem[] = keys === '' ? [] : [['groupBy', `[${keys}]`]];
    return { items: [...groupBy, ['select', `[${select}]`]] };
  },
  lower({ params: { keys, calls, leftOut }, inputs, schema }, { name }) {
    if (leftOut) return { kind: 'none', columns: keys };
    const rows = inputs[0]!;
    const params = { keys, calls, inputRetracts: retracts(rows) };
    return { kind: 'operator', spec: operatorSpec('local-group-aggregate', name, params, [rows.schema], schema) };
  },
});

/** Null: not all calls have accumulators that can be merged. */
export function localGroupAggregateOver(
  input: PhysicalNode,
  params: LocalGroupAggregatePlan,
  size: Size,
): PhysicalNode | null {
  const { fields } = input.schema;
  const types = fields.map((field) => field.type);
  const set = new AccumulatorSet(params.calls, types, retracts(input), true);
  if (!set.mergeable) return null;
  const accumulators = set.fields.map((type, i) => ({ name: `acc$${i}`, type }));
  const schema: Schema = {
    fields: [...params.keys.map((key) => fields[key]!), ...accumulators],
    primaryKey: null,
    rowtime: null,
  };
  return localGroupAggregate(params, schema, [input], size);
}

function countsRows({ fn, args, filter }: AggregateCall): boolean {
  return fn === 'COUNT' && args.length === 0 && filter === null;
}
