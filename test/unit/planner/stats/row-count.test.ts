/** Estimates against counts that follow from the statistics by hand. */
import { describe, expect, test } from 'vitest';
import type { TableStatistics } from '../../../../src/dataflow/connector.ts';
import { type Expr, literal } from '../../../../src/expr/expr.ts';
import type { LogicalPlan } from '../../../../src/planner/logical.ts';
import * as build from '../../../../src/planner/logical-build.ts';
import { Estimator, equiPairs, estimateRows } from '../../../../src/planner/stats/row-count.ts';
import { DATE, type DataType, decimal, INT, nullable } from '../../../../src/types/data-type.ts';
import { count, fn, ref, table } from '../physical/harness.ts';

/** TPC-H at scale 1: 1.5 M orders of 100 k customers in 2406 days. */
const ORDERS: TableStatistics = {
  rowCount: 1_500_000,
  columns: {
    o_custkey: { distinctCount: 100_000, min: 1, max: 150_000 },
    o_orderdate: { distinctCount: 2406, min: 8035, max: 10440 },
    o_total: { distinctCount: 1_400_000, min: 85_000n, max: 55_500_000n },
    o_clerk: { distinctCount: 1000, nullCount: 150_000 },
  },
};
const CUSTOMER: TableStatistics = { rowCount: 150_000, columns: { c_segment: { distinctCount: 5 } } };

const orders = () =>
  table(
    'orders',
    { o_orderkey: INT, o_custkey: INT, o_orderdate: DATE, o_total: decimal(15, 2), o_clerk: nullable(INT) },
    { statistics: ORDERS, key: [0] },
  );
const customer = () => table('customer', { c_custkey: INT, c_segment: INT }, { statistics: CUSTOMER, key: [0] });

const filtered = (plan: LogicalPlan, predicate: Expr): number => estimateRows(build.filter(plan, predicate));
const date = (days: number): Expr => literal(days, DATE);
const number = (value: number): Expr => literal(value, INT);

describe('selectivity', () => {
  test('equality is one over the distinct values', () => {
    const plan = orders();
    expect(filtered(plan, fn('=', ref(plan, 'o_custkey'), number(7)))).toBeCloseTo(15);
    expect(filtered(plan, fn('=', number(7), ref(plan, 'o_orderkey')))).toBeCloseTo(1);
  });

  test('a value out of range is not there', () => {
    const plan = orders();
    expect(filtered(plan, fn('=', ref(plan, 'o_custkey'), number(999_999)))).toBe(0);
  });

  test('both ends of a range are measured together', () => {
    const plan = orders();
    const day = ref(plan, 'o_orderdate');
    const year = fn('AND', fn('>=', day, date(8766)), fn('<', day, date(9131)));
    expect(filtered(plan, year) / 1_500_000).toBeCloseTo(365 / 2405, 5);
  });

  test('decimals are compared by value, whatever their scale', () => {
    const plan = orders();
    const half = literal(277_925n, decimal(10, 0));
    const share = filtered(plan, fn('<=', ref(plan, 'o_total'), half)) / 1_500_000;
    expect(share).toBeCloseTo((277_925 - 850) / (555_000 - 850), 5);
  });

  test('NULLs by their count, OR and NOT by probability', () => {
    const plan = orders();
    const clerk = ref(plan, 'o_clerk');
    expect(filtered(plan, fn('IS NULL', clerk))).toBeCloseTo(150_000);
    expect(filtered(plan, fn('NOT', fn('IS NULL', clerk)))).toBeCloseTo(1_350_000);
    const either = fn('OR', fn('=', clerk, number(1)), fn('=', clerk, number(2)));
    expect(filtered(plan, either)).toBeCloseTo(1_500_000 * (1 - (1 - 0.0009) ** 2), 0);
  });
});

describe('joins', () => {
  const joined = (left: LogicalPlan, right: LogicalPlan, type: 'INNER' | 'SEMI' | 'LEFT' = 'INNER'): LogicalPlan =>
    build.join(type, left, right, fn('=', ref(left, 'o_custkey'), { kind: 'input-ref', index: 5, type: INT }));

  test('a foreign key keeps its rows, thinned by the filter on the other side', () => {
    const buyers = customer();
    const segment = build.filter(buyers, fn('=', ref(buyers, 'c_segment'), number(3)));
    expect(estimateRows(joined(orders(), buyers))).toBeCloseTo(1_500_000);
    expect(estimateRows(joined(orders(), segment))).toBeCloseTo(300_000);
  });

  test('without a key, the product over the larger number of distinct values', () => {
    const other = table(
      'other',
      { k: INT },
      { statistics: { rowCount: 1000, columns: { k: { distinctCount: 500 } } } },
    );
    expect(estimateRows(joined(orders(), other))).toBeCloseTo((1_500_000 * 1000) / 100_000);
  });

  test('an outer join keeps at least its own rows', () => {
    const few = table('few', { k: INT }, { statistics: { rowCount: 10, columns: { k: { distinctCount: 10 } } } });
    expect(estimateRows(joined(orders(), few, 'LEFT'))).toBeCloseTo(1_500_000);
  });

  test('pairs of equal columns, either way round', () => {
    const condition = fn('AND', fn('=', inputAt(3, INT), inputAt(1, INT)), fn('<', inputAt(0, INT), inputAt(2, INT)));
    expect(equiPairs(condition, 2)).toEqual([[1, 1]]);
  });
});

describe('groups', () => {
  test('distinct values of the keys, never more than rows', () => {
    const plan = orders();
    expect(estimateRows(build.aggregate(plan, [1], [count('n')]))).toBeCloseTo(100_000);
    expect(estimateRows(build.aggregate(plan, [1, 2], [count('n')]))).toBeCloseTo(1_500_000);
    expect(estimateRows(build.aggregate(plan, [], [count('n')]))).toBe(1);
  });
});

test('a table without statistics has a default size, and says that it is not known', () => {
  const estimate = new Estimator().estimate(table('t', { a: INT }));
  expect([estimate.rows, estimate.known]).toEqual([1e8, false]);
});

function inputAt(index: number, type: DataType): Expr {
  return { kind: 'input-ref', index, type };
}

test('between two bounds there are no more whole numbers than that', () => {
  const statistics: TableStatistics = { rowCount: 1000, columns: { nation: { min: 0, max: 24 } } };
  const plan = table('customer', { nation: INT }, { statistics });
  expect(estimateRows(build.aggregate(plan, [0], [count('n')]))).toBe(25);
});
