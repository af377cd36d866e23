/** BATCH: ROW_NUMBER, RANK and DENSE_RANK over input that is sorted by partition and order; stops at the N-th. */
import type { Ordering } from '../../dataflow/traits.ts';
import type { Expr } from '../../expr/expr.ts';
import { inputRef, literal } from '../../expr/expr.ts';
import { operatorSpec } from '../../operators/define.ts';
import { BIGINT, BOOLEAN } from '../../types/data-type.ts';
import { enforce } from '../enforce.ts';
import { calcOver } from './calc.ts';
import { columnList, namesOf, printOrder } from './names.ts';
import { defineAlgorithm } from './node.ts';
import { type Strategy, sizeOf } from './strategy.ts';
import { matchTopN, type RankType } from './top-n-pattern.ts';

export interface BatchRankPlan {
  readonly rankType: RankType;
  readonly partitionKeys: readonly number[];
  readonly ordering: Ordering;
  readonly start: number;
  readonly end: number | null;
  readonly numbered: boolean;
}

export const batchRank = defineAlgorithm<BatchRankPlan>({
  name: 'Rank',
  provides: () => ({ monotonicity: null }),
  requires: ({ params }) => ({
    distribution:
      params.partitionKeys.length === 0 ? { kind: 'singleton' } : { kind: 'hash', keys: params.partitionKeys },
    ordering: [
      ...params.partitionKeys.map((index) => ({ index, direction: 'ASC', nulls: 'FIRST' }) as const),
      ...params.ordering,
    ],
  }),
  cost: ({ inputs }) => ({ cpu: inputs[0]!.traits.size.rows }),
  describe({ params, inputs, schema }) {
    const input = inputs[0]!.schema;
    return {
      items: [
        ['rankType', `[${params.rankType}]`],
        ['rankRange', `[rankStart=${params.start}, rankEnd=${params.end ?? 'unlimited'}]`],
        ['partitionBy', `[${columnList(params.partitionKeys, input)}]`],
        ['orderBy', `[${printOrder(params.ordering, input)}]`],
        ['global', '[true]'],
        ['select', `[${namesOf(schema).join(', ')}]`],
      ],
    };
  },
  lower({ params, inputs, schema }, { name }) {
    const { rankType, partitionKeys, ordering, start, end, numbered } = params;
    const spec = operatorSpec(
      'batch-rank',
      name,
      { rankType, partitionKeys, ordering, rankStart: start, rankEnd: end, outputRankNumber: numbered },
      [inputs[0]!.schema],
      schema,
    );
    return { kind: 'operator', spec };
  },
});

export const batchRanks: Strategy = {
  name: 'Rank',
  keyedInput: 'sorted-by-key',
  implement(plan, planner) {
    const found = matchTopN(plan);
    if (found === null) return [];
    const input = planner.plan(found.window.input);
    const { schema } = found.window;
    const number = schema.fields.at(-1)!;
    const rank = schema.fields.length - 1;
    const condition: readonly Expr[] =
      found.endColumn === null
        ? found.condition
        : [
            ...found.condition,
            atMost(inputRef(rank, BIGINT), inputRef(found.endColumn, schema.fields[found.endColumn]!.type)),
          ];
    const numbered = found.numbered || found.endColumn !== null;
    const params: BatchRankPlan = {
      rankType: found.rankType,
      partitionKeys: found.partitionKeys,
      ordering: found.ordering,
      start: found.start,
      end: found.end,
      numbered,
    };
    const fields = numbered ? [...input.schema.fields, number] : input.schema.fields;
    const size = sizeOf(plan, planner);
    const ranked = enforce(batchRank(params, { ...schema, fields }, [input], size));
    return [calcOver(ranked, condition, found.projection, plan.schema, size)];
  },
};

function atMost(rank: Expr, bound: Expr): Expr {
  return { kind: 'call', fn: '<=', args: [rank, castToBigint(bound)], type: BOOLEAN };
}

function castToBigint(expr: Expr): Expr {
  if (expr.type.kind === 'BIGINT') return expr;
  return expr.kind === 'literal' && expr.value === null
    ? literal(null, BIGINT)
    : { kind: 'call', fn: 'CAST', args: [expr], type: { ...BIGINT, nullable: expr.type.nullable } };
}
