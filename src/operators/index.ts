/** The registry of operators: kind → factory. */
import { assert } from '../base/assert.ts';
import type { OperatorFactory } from '../dataflow/operator.ts';
import { groupAggregate } from './aggregate/group-aggregate.ts';
import { hashAggregate } from './aggregate/hash-aggregate.ts';
import { localGroupAggregate } from './aggregate/local-group-aggregate.ts';
import { sortAggregate } from './aggregate/sort-aggregate.ts';
import { calc } from './calc/calc.ts';
import { changelogNormalize } from './changelog/changelog-normalize.ts';
import { constraintEnforcer } from './changelog/constraint-enforcer.ts';
import { dropUpdateBefore } from './changelog/drop-update-before.ts';
import { sinkUpsertMaterializer } from './changelog/sink-upsert-materializer.ts';
import { hashJoin } from './join/hash-join.ts';
import { nestedLoopJoin } from './join/nested-loop-join.ts';
import { sortMergeJoin } from './join/sort-merge-join.ts';
import { streamingJoin } from './join/streaming-join.ts';
import { batchRank } from './rank/batch-rank.ts';
import { deduplicate } from './rank/deduplicate.ts';
import { rank } from './rank/rank.ts';
import { correlateUnnest } from './set/correlate-unnest.ts';
import { expand } from './set/expand.ts';
import { limit } from './set/limit.ts';
import { replicateRows } from './set/replicate-rows.ts';
import { values } from './set/values.ts';
import { sort } from './sort/sort.ts';
import { temporalSort } from './time/temporal-sort.ts';
import { watermarkAssigner } from './time/watermark-assigner.ts';

const FACTORIES: readonly OperatorFactory[] = [
  calc,
  changelogNormalize,
  deduplicate,
  rank,
  dropUpdateBefore,
  groupAggregate,
  localGroupAggregate,
  hashAggregate,
  hashJoin,
  sinkUpsertMaterializer,
  sort,
  streamingJoin,
  constraintEnforcer,
  correlateUnnest,
  expand,
  limit,
  replicateRows,
  temporalSort,
  watermarkAssigner,
  nestedLoopJoin,
  batchRank,
  sortAggregate,
  sortMergeJoin,
  values,
];

const BY_KIND: ReadonlyMap<string, OperatorFactory> = new Map(FACTORIES.map((factory) => [factory.kind, factory]));

export function operatorFactory(kind: string): OperatorFactory {
  const factory = BY_KIND.get(kind);
  assert(factory !== undefined, `there is no operator ${kind}`);
  return factory;
}
