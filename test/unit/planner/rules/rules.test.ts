/** Each rule by a plan before and after, worked out by hand. */
import { describe, expect, test } from 'vitest';
import { nodesOf } from '../../../../src/planner/logical-visit.ts';
import { optimize, RULES } from '../../../../src/planner/rules/index.ts';
import { Fixture, table, tree } from '../support.ts';

const fixture = new Fixture([
  table('t', 'a INT NOT NULL, b INT, s STRING, d DATE'),
  table('u', 'k INT NOT NULL, v INT, w STRING'),
]);

const scan = (name: string, columns: string, filters = '') =>
  `LogicalTableScan(table=[[default_catalog, default_database, ${name}, project=[${columns}]${filters}]])`;

describe('simplify-expressions', () => {
  const condition = (sql: string) =>
    /condition=\[(.*)\]\)/.exec(fixture.optimized(`SELECT a FROM t WHERE ${sql}`))?.[1] ?? 'TRUE';

  test.each([
    ['b > 1 + 2', '>($0, 3)'],
    ['3 < b', '>($0, 3)'],
    ["d >= DATE '2024-01-31' + INTERVAL '1' MONTH", '>=($0, 2024-02-29)'],
    ['b = 1 AND TRUE AND b = 1', '=($0, 1)'],
    ['NOT (b < 5)', '>=($0, 5)'],
    ['NOT (b IS NULL)', 'IS NOT NULL($0)'],
    ['b IN (7)', '=($0, 7)'],
    ['CAST(b AS BIGINT) = 5', '=($0, 5)'],
    ['CASE WHEN 1 = 2 THEN b = 1 ELSE b = 2 END', '=($0, 2)'],
    ['COALESCE(a, b) = 1', '=($0, 1)'],
    ['b + CAST(NULL AS INT) = 1 OR b = 2', '=($0, 2)'],
  ])('%s → %s', (sql, expected) => {
    expect(condition(sql).replaceAll('$1', '$0')).toBe(expected);
  });

  test('what fails is left for run time, what is random for every row', () => {
    expect(fixture.optimized('SELECT 1 / 0 AS x FROM t')).toContain('/(1, 0)');
    expect(fixture.optimized('SELECT RAND() AS x FROM t')).toContain('RAND()');
  });

  test('a filter that lets nothing through leaves no rows, and joins with them none', () => {
    expect(fixture.optimized('SELECT a FROM t WHERE 1 = 2')).toBe('LogicalValues(tuples=[[]])');
    expect(fixture.optimized('SELECT t.a FROM t JOIN (SELECT k FROM u WHERE FALSE) e ON a = k')).toBe(
      'LogicalValues(tuples=[[]])',
    );
    expect(fixture.optimized('SELECT COUNT(*) AS n FROM t WHERE NULL')).toContain('LogicalAggregate');
  });
});

describe('push-predicates', () => {
  test('each side of a join gets its own, and what follows from the key', () => {
    expect(fixture.optimized('SELECT b, v FROM t, u WHERE a = k AND a > 3 AND b = 1 AND v < 5')).toBe(
      tree(`
        LogicalProject(b=[$1], v=[$3])
        +- LogicalJoin(condition=[=($0, $2)], joinType=[inner])
           :- LogicalFilter(condition=[AND(>($0, 3), =($1, 1))])
           :  +- ${scan('t', 'a, b', ', filter=[>($0, 3), =($1, 1)]')}
           +- LogicalFilter(condition=[AND(<($1, 5), >($0, 3))])
              +- ${scan('u', 'k, v', ', filter=[<($1, 5), >($0, 3)]')}
      `),
    );
  });

  test('an outer join whose padding is filtered away is an inner one', () => {
    const type = (sql: string) => /joinType=\[(\w+)\]/.exec(fixture.optimized(sql))?.[1];
    expect(type('SELECT a FROM t LEFT JOIN u ON a = k WHERE v > 1')).toBe('inner');
    expect(type('SELECT a FROM t LEFT JOIN u ON a = k WHERE v IS NULL')).toBe('left');
    expect(type('SELECT a FROM t LEFT JOIN u ON a = k WHERE COALESCE(v, 1) = 1')).toBe('left');
    expect(type('SELECT a FROM t FULL JOIN u ON a = k WHERE b = 1')).toBe('left');
    expect(type('SELECT a FROM t FULL JOIN u ON a = k WHERE v = 1')).toBe('right');
    expect(type('SELECT a FROM t RIGHT JOIN u ON a = k WHERE b = 1')).toBe('inner');
  });

  test('the condition of a LEFT join filters the right side only', () => {
    expect(fixture.optimized('SELECT a, v FROM t LEFT JOIN u ON a = k AND v > 1 AND b > 2 WHERE a < 9')).toBe(
      tree(`
        LogicalProject(a=[$0], v=[$3])
        +- LogicalJoin(condition=[AND(=($0, $2), >($1, 2))], joinType=[left])
           :- LogicalFilter(condition=[<($0, 9)])
           :  +- ${scan('t', 'a, b', ', filter=[<($0, 9)]')}
           +- LogicalFilter(condition=[AND(>($1, 1), <($0, 9))])
              +- ${scan('u', 'k, v', ', filter=[>($1, 1), <($0, 9)]')}
      `),
    );
  });

  test('below grouping by its keys, below OVER by its partition, not below a limit', () => {
    expect(fixture.optimized('SELECT * FROM (SELECT b, COUNT(*) AS n FROM t GROUP BY b) x WHERE b = 1 AND n > 2')).toBe(
      tree(`
        LogicalFilter(condition=[>($1, 2:BIGINT)])
        +- LogicalAggregate(group=[{0}], n=[COUNT()])
           +- LogicalFilter(condition=[=($0, 1)])
              +- ${scan('t', 'b', ', filter=[=($0, 1)]')}
      `),
    );
    const over =
      'SELECT * FROM (SELECT a, b, ROW_NUMBER() OVER (PARTITION BY b ORDER BY a) AS rn FROM t) x WHERE rn <= 2 AND b = 1';
    expect(fixture.optimized(over)).toContain('LogicalFilter(condition=[<=($2, 2:BIGINT)])');
    expect(fixture.optimized(over)).toContain('LogicalFilter(condition=[=($1, 1)])');
    expect(fixture.optimized('SELECT * FROM (SELECT a FROM t LIMIT 5) x WHERE a = 1').split('\n')[0]).toBe(
      'LogicalFilter(condition=[=($0, 1)])',
    );
  });

  test('into every branch of a union', () => {
    const plan = fixture.optimized('SELECT * FROM (SELECT a FROM t UNION ALL SELECT k FROM u) x WHERE a = 1');
    expect(plan.match(/LogicalFilter/g)).toHaveLength(2);
  });
});

describe('factor-disjunctions', () => {
  test('a common factor becomes the join key; each side gets what follows for it', () => {
    const sql = "SELECT a FROM t, u WHERE (a = k AND b = 1 AND w = 'x') OR (a = k AND b = 2 AND w = 'y')";
    const plan = fixture.optimized(sql);
    expect(plan).toContain('LogicalJoin(condition=[AND(=($0, $2), OR(');
    expect(plan).toContain('LogicalFilter(condition=[OR(=($1, 1), =($1, 2))])');
  });
});

describe('prune-columns', () => {
  test('scans read what is read above, joins carry what is read above them', () => {
    expect(fixture.optimized('SELECT s FROM t JOIN u ON a = k WHERE b > 1')).toBe(
      tree(`
        LogicalProject(s=[$1])
        +- LogicalJoin(condition=[=($0, $2)], joinType=[inner])
           :- LogicalProject(a=[$0], s=[$2])
           :  +- LogicalFilter(condition=[>($1, 1)])
           :     +- ${scan('t', 'a, b, s', ', filter=[>($1, 1)]')}
           +- ${scan('u', 'k')}
      `),
    );
  });

  test('COUNT(*) reads the cheapest column, unused aggregates go', () => {
    expect(fixture.optimized('SELECT COUNT(*) AS n FROM t JOIN u ON a = k')).toContain(scan('t', 'a'));
    expect(fixture.optimized("SELECT COUNT(*) AS n FROM t WHERE s = 'x'")).toContain(
      scan('t', 's', ', filter=[=($0, _UTF-16LE\'x\':VARCHAR(2147483647) CHARACTER SET "UTF-16LE")]'),
    );
    expect(fixture.optimized('SELECT COUNT(*) AS n FROM t')).toContain(scan('t', 'a'));
    expect(fixture.optimized('SELECT n FROM (SELECT b, COUNT(*) AS n, MAX(s) AS m FROM t GROUP BY b) x')).not.toContain(
      'MAX',
    );
  });

  test('elements stay behind the columns that are left', () => {
    const baskets = new Fixture([table('basket', 'id INT, note STRING, items ARRAY<STRING>')]);
    expect(baskets.optimized('SELECT id, x FROM basket CROSS JOIN UNNEST(items) AS t (x)')).toBe(
      tree(`
        LogicalProject(id=[$0], x=[$2])
        +- LogicalCorrelate(unnest=[$1], joinType=[inner])
           +- ${scan('basket', 'id, items')}
      `),
    );
  });

  test('a plan that is read twice stays one node with the columns of both readers', () => {
    const sql = `WITH x AS (SELECT b, SUM(a) AS s, MAX(a) AS m FROM t GROUP BY b)
      SELECT l.s, r.m FROM x AS l JOIN x AS r ON l.b = r.b`;
    const plan = optimize(fixture.plans(sql)[0]!, fixture.context('BATCH'));
    const groupings = nodesOf([plan]).filter((node) => node.kind === 'aggregate');
    expect(groupings).toHaveLength(1);
    expect(groupings[0]).toMatchObject({ calls: [{ fn: 'SUM' }, { fn: 'MAX' }] });
  });
});

describe('flatten-rows', () => {
  test('a field of a ROW that a source makes flat is one column of the scan', () => {
    const nexmark = new Fixture(["CREATE TABLE nex WITH ('connector' = 'nexmark')"]);
    expect(nexmark.optimized('SELECT bid.price * 2 AS p FROM nex WHERE event_type = 2 AND bid.auction > 7')).toBe(
      tree(`
        LogicalProject(p=[*($2, 2:BIGINT)])
        +- LogicalFilter(condition=[AND(=($0, 2), >($1, 7:BIGINT))])
           +- LogicalTableScan(table=[[default_catalog, default_database, nex, project=[event_type, bid.auction, bid.price], filter=[=($0, 2), >($1, 7:BIGINT)]]])
      `),
    );
  });

  test('also below a watermark and computed columns', () => {
    const nexmark = new Fixture([
      `CREATE TABLE nex (
        event_type INT, person ROW<id BIGINT, name STRING>, bid ROW<auction BIGINT, price BIGINT, \`dateTime\` TIMESTAMP(3)>,
        ts AS CASE WHEN event_type = 2 THEN bid.\`dateTime\` ELSE TIMESTAMP '2020-01-01 00:00:00.000' END,
        WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
      ) WITH ('connector' = 'nexmark')`,
      'CREATE VIEW bids AS SELECT bid.auction, bid.price, ts FROM nex WHERE event_type = 2',
    ]);
    const timed = 'SELECT auction, SUM(price) OVER (PARTITION BY auction ORDER BY ts) AS m FROM bids';
    const plan = nexmark.optimized(timed, 'STREAMING');
    expect(plan).toContain('LogicalWatermarkAssigner');
    expect(plan).toContain('project=[event_type, bid.auction, bid.price, bid.dateTime]');
    expect(plan).not.toContain('ROW(');
    // Where nobody asks for the time, no watermark stands between the filter and the source.
    const untimed = 'SELECT auction, MAX(price) AS m FROM bids GROUP BY auction';
    expect(nexmark.optimized(untimed, 'STREAMING')).toBe(
      tree(`
        LogicalAggregate(group=[{0}], m=[MAX($1)])
        +- LogicalProject(auction=[$1], price=[$2])
           +- LogicalFilter(condition=[=($0, 2)])
              +- LogicalTableScan(table=[[default_catalog, default_database, nex, project=[event_type, bid.auction, bid.price], filter=[=($0, 2)]]])
      `),
    );
  });

  test('the kind of the event is known behind its filter: only the branch for it is left', () => {
    const nexmark = new Fixture([
      `CREATE TABLE nex (
        event_type INT, auction ROW<id BIGINT, \`dateTime\` TIMESTAMP(3)>, bid ROW<auction BIGINT, \`dateTime\` TIMESTAMP(3)>,
        ts AS CASE WHEN event_type = 1 THEN auction.\`dateTime\` ELSE bid.\`dateTime\` END,
        WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
      ) WITH ('connector' = 'nexmark')`,
    ]);
    expect(nexmark.optimized('SELECT bid.auction, ts FROM nex WHERE event_type = 2', 'STREAMING')).toContain(
      'project=[event_type, bid.auction, bid.dateTime]',
    );
  });
});

describe('limits', () => {
  test('without an order they reach the source', () => {
    expect(fixture.optimized('SELECT a + 1 AS x FROM t LIMIT 5 OFFSET 2')).toContain('limit=[7]');
    expect(fixture.optimized('SELECT a FROM t WHERE b = 1 LIMIT 5')).not.toContain('limit=[');
    expect(fixture.optimized('SELECT a FROM t ORDER BY a LIMIT 5')).not.toContain('limit=[');
  });
});

describe('join order', () => {
  const tpch = new Fixture(
    ['nation', 'region', 'supplier', 'customer', 'orders', 'lineitem', 'part', 'partsupp'].map(
      (name) => `CREATE TABLE ${name} WITH ('connector' = 'tpch', 'table' = '${name}')`,
    ),
  );
  const sql = `SELECT n_name FROM lineitem, region, nation, supplier
    WHERE s_suppkey = l_suppkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'ASIA'`;

  test('BATCH joins the few rows first, without cross products', () => {
    expect(tpch.optimized(sql)).not.toContain('condition=[true]');
    const leaves = [...tpch.optimized(sql).matchAll(/default_database, (\w+)/g)].map((match) => match[1]);
    expect(leaves[0]).toBe('lineitem');
  });

  test('STREAMING keeps the order that was written where it has no cross product', () => {
    const joined = `SELECT c_name FROM customer JOIN orders ON c_custkey = o_custkey JOIN lineitem ON o_orderkey = l_orderkey`;
    const leaves = [...tpch.optimized(joined, 'STREAMING').matchAll(/default_database, (\w+)/g)].map(
      (match) => match[1],
    );
    expect(leaves).toEqual(['customer', 'orders', 'lineitem']);
    expect(tpch.optimized(sql, 'STREAMING')).not.toContain('condition=[true]');
  });

  test('equality through a third table connects two', () => {
    const plan = tpch.optimized(
      "SELECT 1 AS x FROM customer, supplier, nation WHERE c_nationkey = n_nationkey AND s_nationkey = n_nationkey AND n_name = 'PERU'",
    );
    expect(plan).not.toContain('condition=[true]');
  });

  test('an aggregate that is asked for a few groups reads only these', () => {
    const plan = tpch.optimized(`SELECT SUM(l_extendedprice) AS x FROM lineitem, part
      WHERE p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container = 'MED BOX'
        AND l_quantity < (SELECT 0.2 * AVG(l_quantity) FROM lineitem WHERE l_partkey = p_partkey)`);
    expect(plan).toContain('joinType=[semi]');
    expect(plan).not.toContain('joinType=[left]');
  });
});

describe('remove-distinct', () => {
  test('what was grouped is distinct by its keys, and only by all of them', () => {
    const groupings = (sql: string) => fixture.optimized(sql).match(/LogicalAggregate/g)?.length;
    expect(groupings('SELECT DISTINCT b, n FROM (SELECT b, COUNT(*) AS n FROM t GROUP BY b) x')).toBe(1);
    expect(groupings('SELECT DISTINCT n FROM (SELECT b, COUNT(*) AS n FROM t GROUP BY b) x')).toBe(2);
    expect(groupings('SELECT DISTINCT s FROM (SELECT s, b FROM t GROUP BY s, b) x')).toBe(2);
    expect(groupings('SELECT DISTINCT * FROM (SELECT DISTINCT s, b FROM t) x')).toBe(1);
  });
});

describe('share-plans', () => {
  test('equal joins of one statement are one node, equal scans are not', () => {
    const sql = `SELECT b, SUM(v) AS s FROM t, u WHERE a = k GROUP BY b
      HAVING SUM(v) > (SELECT SUM(v) * 0.1 FROM t, u WHERE a = k)`;
    const count = (mode: 'BATCH' | 'STREAMING', kind: string) =>
      nodesOf([optimize(fixture.plans(sql)[0]!, fixture.context(mode))]).filter((node) => node.kind === kind).length;
    // The join of t and u once, and the one with the total.
    expect(count('BATCH', 'join')).toBe(2);
    expect(count('STREAMING', 'join')).toBe(3);
    const twice = fixture.plans('SELECT x.a FROM t AS x JOIN t AS y ON x.a = y.b')[0]!;
    const scans = nodesOf([optimize(twice, fixture.context('BATCH'))]).filter((node) => node.kind === 'scan');
    expect(scans.map((node) => node.schema.fields.map((field) => field.name))).toEqual([['a'], ['b']]);
  });
});

describe('every rule', () => {
  const queries = [
    'SELECT b, COUNT(*) AS n FROM t JOIN u ON a = k WHERE v > 1 GROUP BY b',
    'SELECT a, (SELECT COUNT(*) FROM u WHERE k = a) AS n FROM t WHERE b IN (SELECT v FROM u)',
    'SELECT * FROM (SELECT a, b, RANK() OVER (PARTITION BY b ORDER BY a) AS r FROM t) x WHERE r < 3',
    'SELECT b, s, SUM(a) AS n FROM t GROUP BY ROLLUP (b, s)',
    'SELECT a FROM t UNION SELECT k FROM u ORDER BY a LIMIT 3',
  ];

  test.each(RULES.map((rule) => rule.name))('%s may be left out, and leaves the columns as they are', (name) => {
    for (const sql of queries) {
      const [plan] = fixture.plans(sql);
      for (const mode of ['BATCH', 'STREAMING'] as const) {
        const optimized = optimize(plan!, fixture.context(mode, [name]));
        expect(optimized.schema.fields.map((field) => [field.name, field.type.kind])).toEqual(
          plan!.schema.fields.map((field) => [field.name, field.type.kind]),
        );
      }
    }
  });

  test('has a reason, and is traced where it changed something', () => {
    for (const rule of RULES) expect(rule.reason.length).toBeGreaterThan(20);
    const traced: string[] = [];
    const context = { ...fixture.context('BATCH'), trace: (name: string) => traced.push(name) };
    optimize(fixture.plans('SELECT a FROM t JOIN u ON a = k WHERE v > 1')[0]!, context);
    expect(traced).toContain('push-predicates');
    expect(traced).toContain('prune-columns');
    expect(traced).not.toContain('reorder-joins');
    // Each rule that says it changed something did.
    expect(traced.filter((name) => name.startsWith('push-predicates'))).toEqual(['push-predicates']);
  });
});
