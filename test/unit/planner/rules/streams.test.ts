/** Rules that are about one of the modes, and those that need statistics. */
import { describe, expect, test } from 'vitest';
import { Configuration } from '../../../../src/base/config.ts';
import { printLogical } from '../../../../src/planner/logical-print.ts';
import { nodesOf } from '../../../../src/planner/logical-visit.ts';
import { optimizeAll } from '../../../../src/planner/rules/index.ts';
import { Fixture, table } from '../support.ts';

const fixture = new Fixture([
  table('t', 'a INT NOT NULL, b INT, pt AS PROCTIME()'),
  `CREATE TABLE up (k INT NOT NULL, v INT, w INT, PRIMARY KEY (k) NOT ENFORCED)
   WITH ('connector' = 'values', 'bounded' = 'true', 'changelog-mode' = 'I,UA,D')`,
]);

const numbered = `SELECT a, b FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY a ORDER BY pt) AS rn FROM t) WHERE rn = 1`;

describe('drop-proctime-order', () => {
  test('BATCH does not order by processing time, nor make it', () => {
    expect(fixture.optimized(numbered)).not.toContain('PROCTIME');
  });

  test('STREAMING does', () => {
    expect(fixture.optimized(numbered, 'STREAMING')).toContain('PROCTIME');
  });
});

describe('sort-past-projects', () => {
  test('LIMIT over upserts keeps all columns of the table below it', () => {
    const lines = fixture.optimized('SELECT k, v FROM up ORDER BY v LIMIT 2', 'STREAMING').split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe('LogicalProject(k=[$0], v=[$1])');
    expect(lines[1]).toContain('LogicalSort(sort0=[$1]');
    expect(lines[2]).toContain('LogicalTableScan(table=[[default_catalog, default_database, up]])');
  });
});

describe('split-distinct', () => {
  const split = (sql: string): string => {
    const configuration = new Configuration({
      'table.optimizer.distinct-agg.split.enabled': 'true',
      'table.optimizer.distinct-agg.split.bucket-num': '16',
    });
    return optimizeAll(fixture.plans(sql), { ...fixture.context('STREAMING'), configuration })
      .map(printLogical)
      .join('\n');
  };

  test('two levels: by the key and a bucket, then over the buckets', () => {
    const plan = split('SELECT a, COUNT(DISTINCT b) AS n, MAX(b) AS m FROM t GROUP BY a');
    expect(plan.match(/LogicalAggregate\(.*\)/g)).toEqual([
      'LogicalAggregate(group=[{0}], n=[$SUM0($1)], m=[MAX($2)])',
      'LogicalAggregate(group=[{0, 2}], n=[COUNT(DISTINCT $1)], m=[MAX($1)])',
    ]);
    expect(plan).toContain('%(HASH_CODE($1), 16)');
  });

  test('not for two distinct arguments, nor for aggregates that cannot be put together', () => {
    for (const calls of ['COUNT(DISTINCT a), COUNT(DISTINCT b)', 'COUNT(DISTINCT b), AVG(b)', 'COUNT(b)']) {
      expect(split(`SELECT ${calls} FROM t GROUP BY a`).match(/LogicalAggregate/g)).toHaveLength(1);
    }
  });
});

describe('semi joins', () => {
  const tpch = new Fixture(
    ['customer', 'orders', 'lineitem', 'part'].map(
      (name) => `CREATE TABLE ${name} WITH ('connector' = 'tpch', 'table' = '${name}')`,
    ),
  );
  const scans = (sql: string): readonly string[] =>
    nodesOf(optimizeAll(tpch.plans(sql), tpch.context('BATCH'))).flatMap((node) =>
      node.kind === 'scan' ? [node.table.path[2]] : [],
    );

  test('reuse-reductions: lines of few parts are read once, for the average and beside it', () => {
    const sql = `SELECT SUM(l_extendedprice) AS x FROM lineitem, part
      WHERE p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container = 'MED BOX'
        AND l_quantity < (SELECT 0.2 * AVG(l_quantity) FROM lineitem WHERE l_partkey = p_partkey)`;
    expect(scans(sql).filter((name) => name === 'lineitem')).toHaveLength(1);
  });

  test('push-semi-joins: orders are looked up before they meet their lines', () => {
    const plan = tpch.optimized(`SELECT c_name, SUM(l_quantity) AS q FROM customer, orders, lineitem
      WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem GROUP BY l_orderkey HAVING SUM(l_quantity) > 300)
        AND c_custkey = o_custkey AND o_orderkey = l_orderkey GROUP BY c_name`);
    const semi = plan.split('\n').findIndex((line) => line.includes('joinType=[semi]'));
    expect(plan.split('\n')[semi + 1]).toContain('orders');
  });
});
