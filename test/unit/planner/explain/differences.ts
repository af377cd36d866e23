/**
 * Where a streaming plan is not, letter by letter, the one that Flink 2.3.0 printed, and why. `shape`: the same nodes
 * with the same changelog modes, other names or expressions. `other`: another plan, which must give the same result.
 * `refused`: not built.
 */
export interface Difference {
  readonly level: 'shape' | 'other' | 'refused';
  readonly reason: string;
}

const named = (reason: string): Difference => ({ level: 'shape', reason });
const planned = (reason: string): Difference => ({ level: 'other', reason });
const refused = (reason: string): Difference => ({ level: 'refused', reason });

const GENERATED = named('columns that the planner makes have other names than Calcite gives them ($f0, w0$o0)');
const UNNESTED = planned('only the columns that are read pass the Correlate');
const PRUNED_FIRST = planned('columns that nobody reads are dropped before the (Sort)Limit keeps rows, not after it');
const COPIES = planned('REPLICATE_ROWS gives the repeated columns alone: Flink drops the first copy in a Calc above');
const AVERAGE = planned(
  'AVG, VAR and STDDEV are aggregate functions here, Flink spells them out over SUM, COUNT and M2',
);
const CONFLICT = refused('ON CONFLICT DO ERROR and DO NOTHING need an operator that buffers until the watermark');

export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'changelog-normalize/union-with-insert-only': planned('a cast that only changes nullability is no work'),
  'deduplicate/rowtime-keep-first-then-window': refused('window table-valued functions'),
  'deduplicate/rowtime-keep-last-then-aggregate': GENERATED,
  'distinct-aggregate/distinct-with-filters': named('a FILTER column may be NULL: no IS TRUE around it'),
  'distinct-aggregate/split-distinct': planned('the bucket is dropped in front of the second level'),
  'group-aggregate/constant-and-boolean-group': named('a constant among the keys is kept as a key'),
  'group-aggregate/count-sum-avg-with-nulls': AVERAGE,
  'group-aggregate/filter-clause': named('a FILTER column may be NULL: no IS TRUE around it'),
  'group-aggregate/filter-clause-retract': named('a FILTER column may be NULL: no IS TRUE around it'),
  'group-aggregate/global-aggregate-filtered-empty': GENERATED,
  'group-aggregate/json-aggregates': planned('JSON aggregates take the value, not JSON_STRING of it'),
  'group-aggregate/sum-becomes-null-again': AVERAGE,
  'group-aggregate/variance-family': AVERAGE,
  'grouping-sets/duplicate-grouping-sets': planned(
    'a repeated grouping set is one more copy of the row, not a second scan',
  ),
  'grouping-sets/group-id': named('an aggregated key is copied before Expand under its own name'),
  'grouping-sets/grouping-sets': named('CASE is not rewritten to SEARCH'),
  'join-inner/join-on-expression': GENERATED,
  'join-inner/three-way-multi-join': planned('no MultiJoin: binary joins keep intermediate rows'),
  'join-inner/values-join': GENERATED,
  'join-outer/full-join-coalesce-aggregate': GENERATED,
  'join-semi-anti/anti-in-aggregated': GENERATED,
  'join-semi-anti/anti-uncorrelated-not-exists': planned('EXISTS without correlation is a join on TRUE, not on a MIN'),
  'join-semi-anti/semi-in-aggregated': GENERATED,
  'limit-sort/limit': PRUNED_FIRST,
  'limit-sort/limit-inside-join': PRUNED_FIRST,
  'limit-sort/limit-offset': PRUNED_FIRST,
  'limit-sort/order-by-proctime': GENERATED,
  'limit-sort/order-limit-1': PRUNED_FIRST,
  'limit-sort/order-limit-offset': PRUNED_FIRST,
  'limit-sort/order-limit-retract': PRUNED_FIRST,
  'on-conflict/insert-only-do-error': CONFLICT,
  'on-conflict/insert-only-do-nothing': CONFLICT,
  'on-conflict/watermark-do-error': CONFLICT,
  'on-conflict/watermark-do-nothing': CONFLICT,
  'set-operations/except-all': COPIES,
  'set-operations/except-all-retract': COPIES,
  'set-operations/intersect-all': COPIES,
  'set-operations/intersect-all-retract': COPIES,
  'sink-upsert/partial-insert-null': named('targetColumns is not printed'),
  'sink-upsert/two-inserts-one-sink': planned('two INSERTs into one table are two sinks'),
  'subquery/correlated-count-bug': named('COALESCE in place of CASE; no derived IS NOT NULL below the grouping'),
  'subquery/correlated-scalar': named('no derived IS NOT NULL below the grouping'),
  'subquery/exists-or': GENERATED,
  'subquery/in-as-value': named('a CASE in place of AND and OR; generated names'),
  'subquery/not-in-correlated': planned('columns in the order of the table: no Calc changes it'),
  'subquery/scalar-subquery-exactly-one-row': GENERATED,
  'subquery/scalar-subquery-more-than-one-row': GENERATED,
  'subquery/subquery-in-from-with-filter': named('IS NOT NULL is not known to follow from a comparison'),
  'topn/append-top1-with-rank-column': GENERATED,
  'topn/topn-into-upsert-sink': planned('a filter on the partition is applied before the Rank'),
  'topn/variable-n': GENERATED,
  'unnest-lateral/lateral-aggregate': planned('keeps the row of an empty correlated aggregate, which Flink loses'),
  'unnest-lateral/left-unnest-array': UNNESTED,
  'unnest-lateral/unnest-array': UNNESTED,
  'unnest-lateral/unnest-filter': UNNESTED,
  'unnest-lateral/unnest-literal': planned('a constant collection is unnested per row instead of joined'),
  'unnest-lateral/unnest-map': UNNESTED,
  'unnest-lateral/unnest-retract': UNNESTED,
  'unnest-lateral/unnest-then-aggregate': UNNESTED,
  'unnest-lateral/unnest-with-ordinality': UNNESTED,
  'views-cte/case-and-casts': named('MOD is the operator %'),
  'views-cte/chained-pipeline': planned('no partial aggregation below the join'),
  'views-cte/values-only': planned('VALUES with NULL is one Values, not a union of rows'),
};
