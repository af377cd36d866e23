/**
 * The algorithms, in order of preference: of two plans that cost the same the earlier one wins. A strategy that answers
 * with several nodes leaves the choice to cost.
 */

import { batchRanks } from './batch-rank.ts';
import { batchSorts } from './batch-sort-limit.ts';
import { projectAndFilter } from './calc.ts';
import { unnests } from './correlate-unnest.ts';
import { expands } from './expand.ts';
import { groupAggregates } from './group-aggregate.ts';
import { batchAggregates } from './hash-aggregate.ts';
import { hashJoins } from './hash-join.ts';
import { limits } from './limit.ts';
import { nestedLoopJoins } from './nested-loop-join.ts';
import { topN } from './rank.ts';
import { setOperations } from './set-operations.ts';
import { sinks } from './sink.ts';
import { sortLimits } from './sort-limit.ts';
import { sortMergeJoins } from './sort-merge-join.ts';
import type { Strategy } from './strategy.ts';
import { streamingJoins } from './streaming-join.ts';
import { scanTables } from './table-source-scan.ts';
import { streamingSorts } from './temporal-sort.ts';
import { unionAll } from './union.ts';
import { constantRows } from './values.ts';
import { watermarks } from './watermark-assigner.ts';

/** A group whose first applicable strategies stand for one another: the first group that answers is taken. */
export const STRATEGIES: readonly (readonly Strategy[])[] = [
  [scanTables],
  [constantRows],
  [watermarks],
  [topN, batchRanks],
  [projectAndFilter],
  [hashJoins, sortMergeJoins, nestedLoopJoins, streamingJoins],
  [groupAggregates, batchAggregates],
  [sortLimits, streamingSorts, batchSorts, limits],
  [unionAll, setOperations],
  [expands],
  [unnests],
  [sinks],
];
