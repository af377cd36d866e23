/** Algorithms of BATCH: which is chosen, why, and in Flink's words. */
import { describe, expect, test } from 'vitest';
import type { TableStatistics } from '../../../../src/dataflow/connector.ts';
import { literal } from '../../../../src/expr/expr.ts';
import { explainPlan } from '../../../../src/planner/explain.ts';
import type { Hint, LogicalPlan } from '../../../../src/planner/logical.ts';
import * as build from '../../../../src/planner/logical-build.ts';
import { translate } from '../../../../src/planner/translate.ts';
import { BIGINT, INT } from '../../../../src/types/data-type.ts';
import { batch, columns, count, fn, NULLABLE_INT, NULLABLE_STRING, ref, show, sum, table } from './harness.ts';

const rows = (rowCount: number): TableStatistics => ({ rowCount, columns: {} });
const fact = (statistics = rows(1_000_000)) =>
  table('fact', { id: NULLABLE_INT, dim: NULLABLE_INT, amount: NULLABLE_INT }, { statistics });
const dim = (statistics = rows(1000)) => table('dim', { dim: NULLABLE_INT, name: NULLABLE_STRING }, { statistics });

function joined(left: LogicalPlan, right: LogicalPlan, hints: readonly Hint[] = []): LogicalPlan {
  const condition = fn('=', ref(left, 'dim'), { kind: 'input-ref', index: 3, type: NULLABLE_INT });
  return build.join('INNER', left, right, condition, { hints });
}
const hint = (name: string, ...args: readonly string[]): Hint => ({ name, args, options: {} });

describe('joins', () => {
  test('the smaller side is built; every side is read in its turn', () => {
    const plan = batch(joined(fact(), dim()));
    expect(show(plan)).toEqual([
      'HashJoin(joinType=[InnerJoin], where=[=(dim, dim0)], select=[id, dim, amount, dim0, name], build=[right])',
      ':- Exchange(distribution=[hash[dim]])',
      ':  +- TableSourceScan(table=[[fact]], fields=[id, dim, amount])',
      '+- Exchange(distribution=[hash[dim]])',
      '   +- TableSourceScan(table=[[dim]], fields=[dim, name])',
    ]);
    expect(translate(plan, null)[0]!.inputs.map((input) => input.priority)).toEqual([1, 0]);
    expect(plan.roots[0]!.reason).toContain('right is smaller');
  });

  test('a small side is sent to every subtask, if there are several', () => {
    const plan = batch(joined(fact(), dim()), {}, 4);
    expect(show(plan).slice(0, 4)).toEqual([
      'HashJoin(joinType=[InnerJoin], where=[=(dim, dim0)], select=[id, dim, amount, dim0, name], isBroadcast=[true], build=[right])',
      ':- TableSourceScan(table=[[fact]], fields=[id, dim, amount])',
      '+- Exchange(distribution=[broadcast])',
      '   +- TableSourceScan(table=[[dim]], fields=[dim, name])',
    ]);
  });

  test('hints decide', () => {
    expect(show(batch(joined(fact(), dim(), [hint('SHUFFLE_MERGE', 'LEFT')])))[0]).toContain('SortMergeJoin(');
    expect(show(batch(joined(fact(), dim(), [hint('NEST_LOOP', 'LEFT')])))[0]).toMatch(
      /NestedLoopJoin.*build=\[left\]/,
    );
    expect(show(batch(joined(fact(), dim(), [hint('SHUFFLE_HASH', 'LEFT')])))[0]).toMatch(/HashJoin.*build=\[left\]/);
    expect(show(batch(joined(fact(), dim(), [hint('BROADCAST', 'LEFT')])))[0]).toMatch(/isBroadcast.*build=\[left\]/);
  });

  test('disabled algorithms are not taken', () => {
    const disabled = { 'table.exec.disabled-operators': 'ShuffleHashJoin,BroadcastHashJoin,NestedLoopJoin' };
    expect(show(batch(joined(fact(), dim()), disabled))[0]).toContain('SortMergeJoin(');
  });

  test('a single row is kept and met by every row (explain-batch/single-row-join)', () => {
    const average = build.aggregate(columns(fact(), 'amount'), [], [sum(0, INT, 'EXPR$0')]);
    const left = columns(fact(), 'id', 'amount');
    const condition = fn('>', ref(left, 'amount'), { kind: 'input-ref', index: 2, type: NULLABLE_INT });
    const plan = columns(build.join('INNER', left, average, condition), 'id');
    expect(show(batch(plan)).slice(0, 2)).toEqual([
      'Calc(select=[id])',
      '+- NestedLoopJoin(joinType=[InnerJoin], where=[>(amount, EXPR$0)], select=[id, amount, EXPR$0], build=[right], singleRowJoin=[true])',
    ]);
  });
});

describe('aggregates', () => {
  const grouped = () => build.aggregate(columns(fact(), 'dim', 'amount'), [0], [count('n'), sum(1, INT, 's')]);

  test('one phase where there is one subtask', () => {
    expect(show(batch(grouped()))).toEqual([
      'HashAggregate(isMerge=[false], groupBy=[dim], select=[dim, COUNT(*) AS n, SUM(amount) AS s])',
      '+- Exchange(distribution=[hash[dim]])',
      '   +- Calc(select=[dim, amount])',
      '      +- TableSourceScan(table=[[fact]], fields=[id, dim, amount])',
    ]);
  });

  test('two phases where there are several (explain-batch/aggregate-two-phase)', () => {
    expect(show(batch(grouped(), {}, 2)).slice(0, 3)).toEqual([
      'HashAggregate(isMerge=[true], groupBy=[dim], select=[dim, Final_COUNT(count1$0) AS n, Final_SUM(sum$1) AS s])',
      '+- Exchange(distribution=[hash[dim]])',
      '   +- LocalHashAggregate(groupBy=[dim], select=[dim, Partial_COUNT(*) AS count1$0, Partial_SUM(amount) AS sum$1])',
    ]);
  });

  test('one phase where a first one would leave as many rows', () => {
    const distinct = (distinctCount: number) =>
      fact({ rowCount: 1_000_000, columns: { dim: { distinctCount, nullCount: 0, min: 0, max: distinctCount } } });
    const phases = (groups: number, options = {}) =>
      show(batch(build.aggregate(columns(distinct(groups), 'dim', 'amount'), [0], [count('n')]), options, 2))
        .join('\n')
        .includes('LocalHashAggregate');
    expect([phases(1000), phases(150_000), phases(300_000)]).toEqual([true, true, false]);
    expect(phases(300_000, { 'table.optimizer.agg-phase-strategy': 'TWO_PHASE' })).toBe(true);
    expect(phases(1000, { 'table.optimizer.agg-phase-strategy': 'ONE_PHASE' })).toBe(false);
  });

  test('rows that are distributed by some of the keys stay where they are', () => {
    const shuffled = joined(fact(), dim(), [hint('SHUFFLE_HASH', 'RIGHT')]);
    const over = (keys: readonly number[]) => show(batch(build.aggregate(shuffled, keys, [count('n')]), {}, 2));
    expect(over([1, 0]).slice(0, 2)).toEqual([
      'HashAggregate(isMerge=[false], groupBy=[dim, id], select=[dim, id, COUNT(*) AS n])',
      expect.stringContaining('HashJoin(joinType=[InnerJoin]'),
    ]);
    expect(over([0]).slice(0, 2)).toEqual([
      expect.stringMatching(/^HashAggregate\(isMerge=\[true\]/),
      '+- Exchange(distribution=[hash[id]])',
    ]);
    // Groups of groups: the first are where the second have to be.
    const twice = build.aggregate(build.aggregate(fact(), [0, 1], [count('n')]), [0], [count('m')]);
    expect(show(batch(twice, {}, 2)).filter((line) => line.includes('Exchange'))).toEqual([
      expect.stringContaining('hash[id]'),
      expect.stringContaining('hash[id, dim]'),
    ]);
    const inner = build.aggregate(shuffled, [1, 2], [count('n')]);
    const outer = build.aggregate(inner, [0], [count('m')]);
    expect(show(batch(outer, {}, 2)).filter((line) => line.includes('Exchange'))).toHaveLength(2);
  });

  test('by sorting, where hashing is disabled', () => {
    expect(show(batch(grouped(), { 'table.exec.disabled-operators': 'HashAgg' })).slice(0, 3)).toEqual([
      'SortAggregate(isMerge=[false], groupBy=[dim], select=[dim, COUNT(*) AS n, SUM(amount) AS s])',
      '+- Sort(orderBy=[dim ASC])',
      '   +- Exchange(distribution=[hash[dim]])',
    ]);
  });
});

describe('order', () => {
  const order = [{ index: 2, direction: 'DESC', nulls: 'LAST' }] as const;

  test('LIMIT is cut before it is sent (explain-batch/order-limit)', () => {
    expect(show(batch(build.sort(fact(), order, 0, 2), {}, 2))).toEqual([
      'SortLimit(orderBy=[amount DESC], offset=[0], fetch=[2], global=[true])',
      '+- Exchange(distribution=[single])',
      '   +- SortLimit(orderBy=[amount DESC], offset=[0], fetch=[2], global=[false])',
      '      +- TableSourceScan(table=[[fact]], fields=[id, dim, amount])',
    ]);
  });

  test('ORDER BY alone sorts on one subtask', () => {
    expect(show(batch(build.sort(fact(), order, 0, null))).slice(0, 2)).toEqual([
      'Sort(orderBy=[amount DESC])',
      '+- Exchange(distribution=[single])',
    ]);
  });

  test('RANK() in partitions over sorted input', () => {
    const rank = { fn: 'RANK', args: [], distinct: false, filter: null, type: BIGINT, name: 'rk' };
    const window = build.windowNode(fact(), [{ call: rank, partition: [1], order, frame: null }]);
    const plan = build.filter(window, fn('<=', ref(window, 'rk'), literal(2n, BIGINT)));
    expect(show(batch(plan)).slice(0, 3)).toEqual([
      'Rank(rankType=[RANK], rankRange=[rankStart=1, rankEnd=2], partitionBy=[dim], orderBy=[amount DESC], global=[true], select=[id, dim, amount, rk])',
      '+- Sort(orderBy=[dim ASC, amount DESC])',
      '   +- Exchange(distribution=[hash[dim]])',
    ]);
  });
});

test('BATCH refuses what updates and what never ends, in Flink’s words', () => {
  expect(() => batch(table('t', { a: INT }, { mode: 'I,UB,UA,D' }))).toThrow(
    'currently only possible for INSERT-only table sources',
  );
  expect(() => batch(table('t', { a: INT }, { unbounded: true }))).toThrow(
    "querying an unbounded table 'default_catalog.default_database.t' in batch mode is not allowed",
  );
});

test('EXPLAIN says why', () => {
  const text = explainPlan(batch(joined(fact(), dim())), {
    details: new Set(),
    syntaxTrees: ['…'],
    modeReason: "'execution.runtime-mode' is BATCH",
  });
  expect(text).toContain(
    "== Decisions ==\nmode: BATCH: 'execution.runtime-mode' is BATCH\nHashJoin(where=[(dim = dim0)]): hash: build",
  );
});

test('a hash table that would not fit in memory is not built', () => {
  const big = rows(1_000_000_000);
  const plan = batch(joined(fact(big), dim(big)));
  expect(show(plan)[0]).toContain('SortMergeJoin(');
  expect(plan.roots[0]!.reason).toContain('no side fits in 256 MB');
});

test('NOT IN sees the right side whole in every subtask', () => {
  const [left, right] = [columns(fact(), 'id', 'dim'), columns(dim(), 'dim')];
  const condition = fn('=', ref(left, 'dim'), { kind: 'input-ref', index: 2, type: NULLABLE_INT });
  const plan = batch(build.join('ANTI', left, right, condition, { nullAware: true }), {}, 4);
  expect(show(plan)[0]).toContain(
    'where=[OR(IS NULL(dim), IS NULL(dim0), =(dim, dim0))], select=[id, dim], isBroadcast=[true], build=[right]',
  );
});
