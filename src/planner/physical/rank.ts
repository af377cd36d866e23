/**
 * STREAMING top-N per partition. By a time attribute with N = 1 it keeps the first or the last row of each key; Flink
 * prints that as Rank in the physical and as Deduplicate in the execution plan.
 */
import { EngineError } from '../../base/errors.ts';
import type { Ordering } from '../../dataflow/traits.ts';
import { operatorSpec } from '../../operators/define.ts';
import { isTimestamp } from '../../types/data-type.ts';
import type { Schema } from '../../types/schema.ts';
import { ALL_CHANGES, INSERT_ONLY, isInsertOnly } from '../changelog.ts';
import { enforce } from '../enforce.ts';
import { containsAll } from '../upsert-keys.ts';
import { calcOver } from './calc.ts';
import { upsertKeysByGroup } from './exchange.ts';
import { columnList, namesOf } from './names.ts';
import {
  type DescriptionItem,
  defineAlgorithm,
  type Lowered,
  type PhysicalNode,
  type Self,
  type Settled,
} from './node.ts';
import {
  isFastTop1,
  printStrategy,
  type RankStrategy,
  rankMonotonicity,
  rankStrategies,
  updateKindFor,
} from './rank-strategy.ts';
import { type Planner, type Strategy, sizeOf } from './strategy.ts';
import { matchTopN, type TopN } from './top-n-pattern.ts';

export interface RankPlan {
  readonly partitionKeys: readonly number[];
  readonly ordering: Ordering;
  readonly start: number;
  readonly end: number;
  readonly endColumn: number | null;
  readonly numbered: boolean;
  /** Chosen when the changelog is negotiated. */
  readonly strategy: RankStrategy | null;
  readonly stateTtl: number;
  readonly miniBatch: boolean;
  readonly insertSensitive: boolean;
}

export const rank = defineAlgorithm<RankPlan>({
  name: 'Rank',
  provides(self) {
    const { params, inputs, schema } = self;
    const input = inputs[0]!;
    const keys = upsertKeysByGroup(input, params.partitionKeys).filter((key) => containsAll(key, params.partitionKeys));
    const single = params.end === params.start && params.endColumn === null;
    const numbered = params.numbered ? [[...params.partitionKeys, schema.fields.length - 1]] : [];
    const upsertKeys = [...(single ? [params.partitionKeys] : numbered), ...keys];
    return {
      modify: outputsInserts(self) ? INSERT_ONLY : ALL_CHANGES,
      distribution: { kind: 'any' },
      ordering: [],
      upsertKeys,
      uniqueKeys: upsertKeys,
      monotonicity: rankMonotonicity(input, params.partitionKeys, params.ordering, params.numbered),
    };
  },
  requires: ({ params }) => ({
    distribution:
      params.partitionKeys.length === 0 ? { kind: 'singleton' } : { kind: 'hash', keys: params.partitionKeys },
    ordering: [],
  }),
  describe: (self, format) =>
    format === 'infix' && isDeduplicate(self) ? describeDeduplicate(self) : describeRank(self),
  satisfyUpdate(self, required, visit) {
    const input = self.inputs[0]!;
    for (const strategy of rankStrategies(input, self.params.partitionKeys, self.params.ordering)) {
      const made = visit(input, input.traits.modify.has('UPDATE') ? updateKindFor(strategy) : 'NONE');
      if (made === null) continue;
      const updateKind = self.traits.modify.has('UPDATE') ? required : 'NONE';
      return self.with({ inputs: [made], updateKind, params: { ...self.params, strategy } });
    }
    return null;
  },
  lower: (self, { name }) => (isDeduplicate(self) ? lowerDeduplicate(self, name) : lowerRank(self, name)),
});

function describeRank(self: Settled<RankPlan>) {
  const { params, inputs, schema } = self;
  const input = inputs[0]!.schema;
  const range =
    params.endColumn === null
      ? `rankStart=${params.start}, rankEnd=${params.end}`
      : `rankEnd=${columnList([params.endColumn], input)}`;
  const order = params.ordering.map(
    ({ index, direction }) => `${rowtimePrefix(input, index)}${input.fields[index]!.name} ${direction}`,
  );
  const strategy: RankStrategy =
    params.strategy ?? rankStrategies(inputs[0]!, params.partitionKeys, params.ordering)[0]!;
  const items: readonly DescriptionItem[] = [
    ['strategy', `[${printStrategy(strategy)}]`],
    ['rankType', '[ROW_NUMBER]'],
    ['rankRange', `[${range}]`],
    ['partitionBy', `[${columnList(params.partitionKeys, input)}]`],
    ['orderBy', `[${order.join(', ')}]`],
    ['select', `[${namesOf(schema).join(', ')}]`],
  ];
  return { items };
}

function rowtimePrefix(schema: Schema, index: number): string {
  const { type } = schema.fields[index]!;
  return isTimestamp(type) && type.time === 'rowtime' ? 'ROWTIME ' : '';
}

function describeDeduplicate(self: Settled<RankPlan>) {
  const { params, inputs } = self;
  const items: readonly DescriptionItem[] = [
    ['keep', params.ordering[0]!.direction === 'ASC' ? '[FirstRow]' : '[LastRow]'],
    ['key', `[${columnList(params.partitionKeys, inputs[0]!.schema)}]`],
    ['order', `[${timeOf(self) === 'rowtime' ? 'ROWTIME' : 'PROCTIME'}]`],
    ['outputInsertOnly', `[${outputsInserts(self)}]`],
  ];
  return { name: 'Deduplicate', items };
}

/** The first row by a time attribute, of rows that are never taken back. */
function isDeduplicate(self: Self<RankPlan>): boolean {
  const { params, inputs } = self;
  const one = params.start === 1 && params.end === 1 && params.endColumn === null && !params.numbered;
  return one && params.ordering.length === 1 && timeOf(self) !== undefined && isInsertOnly(inputs[0]!.traits.modify);
}

function timeOf(self: Self<RankPlan>): 'rowtime' | 'proctime' | undefined {
  const field = self.params.ordering[0];
  const type = field === undefined ? undefined : self.inputs[0]!.schema.fields[field.index]!.type;
  return type !== undefined && isTimestamp(type) ? type.time : undefined;
}

/** The first row of a key by time is never replaced (with mini-batches it may be). */
function outputsInserts(self: Self<RankPlan>): boolean {
  return isDeduplicate(self) && self.params.ordering[0]!.direction === 'ASC' && !self.params.miniBatch;
}

function lowerRank({ params, inputs, schema, updateKind }: Settled<RankPlan>, name: string): Lowered {
  const strategy = params.strategy ?? { kind: 'retract' };
  const spec = operatorSpec(
    'rank',
    name,
    {
      strategy: strategy.kind,
      partitionKeys: params.partitionKeys,
      ordering: params.ordering,
      rankStart: params.start,
      rankEnd: params.end,
      rankEndColumn: params.endColumn,
      outputRankNumber: params.numbered,
      upsertKey: strategy.kind === 'update-fast' ? strategy.upsertKey : [],
      generateUpdateBefore: updateKind === 'BEFORE_AND_AFTER',
      stateTtl: params.stateTtl,
      fastTop1: params.endColumn === null && isFastTop1(strategy, params.start, params.end, params.numbered),
    },
    [inputs[0]!.schema],
    schema,
  );
  return { kind: 'operator', spec };
}

function lowerDeduplicate(self: Settled<RankPlan>, name: string): Lowered {
  const { params, inputs, schema, updateKind } = self;
  const field = params.ordering[0]!;
  const spec = operatorSpec(
    'deduplicate',
    name,
    {
      keys: params.partitionKeys,
      keep: field.direction === 'ASC' ? 'first' : 'last',
      rowtime: timeOf(self) === 'rowtime' ? field.index : null,
      generateUpdateBefore: updateKind === 'BEFORE_AND_AFTER',
      generateInsert: params.insertSensitive,
      stateTtl: params.stateTtl,
      miniBatch: params.miniBatch,
    },
    [inputs[0]!.schema],
    schema,
  );
  return { kind: 'operator', spec };
}

export const topN: Strategy = {
  name: 'Rank',
  keyedInput: 'arrival-order',
  implement(plan, planner) {
    const matched = matchTopN(plan);
    return matched === null ? [] : [implementTopN(plan, matched, planner)];
  },
};

function implementTopN(plan: Parameters<Strategy['implement']>[0], found: TopN, planner: Planner): PhysicalNode {
  if (found.rankType !== 'ROW_NUMBER') {
    throw new EngineError('NOT-SUPPORTED', `${found.rankType}() on a streaming table is not supported`, {
      hint: "use ROW_NUMBER(), or SET 'execution.runtime-mode' = 'batch'",
    });
  }
  if (found.end === null && found.endColumn === null) {
    throw new EngineError('PLAN-RANK-END', 'the rank end is not specified: a streaming ROW_NUMBER() needs rn <= N', {
      hint: "add a condition such as rn <= 10, or SET 'execution.runtime-mode' = 'batch'",
    });
  }
  const input = planner.plan(found.window.input);
  const { configuration } = planner.context;
  const params: RankPlan = {
    partitionKeys: found.partitionKeys,
    ordering: found.ordering,
    start: found.start,
    end: found.end ?? Number.MAX_SAFE_INTEGER,
    endColumn: found.endColumn,
    numbered: found.numbered,
    strategy: null,
    stateTtl: configuration.duration('table.exec.state.ttl'),
    miniBatch: configuration.boolean('table.exec.mini-batch.enabled'),
    insertSensitive: configuration.boolean('table.exec.deduplicate.insert-update-after-sensitive-enabled'),
  };
  const { schema } = found.window;
  const number = schema.fields.at(-1)!;
  const fields = found.numbered ? [...input.schema.fields, number] : input.schema.fields;
  const size = sizeOf(plan, planner);
  const ranked = enforce(rank(params, { ...schema, fields }, [input], size));
  return calcOver(ranked, found.condition, found.projection, plan.schema, size);
}
