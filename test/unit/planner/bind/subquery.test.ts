/** Subqueries become joins: the shapes, by hand. */
import { describe, expect, test } from 'vitest';
import { Fixture, table, tree } from '../support.ts';

const fixture = new Fixture([
  table('o', 'oid INT NOT NULL, cust INT, amount INT'),
  table('c', 'cid INT NOT NULL, area INT, vip BOOLEAN'),
  table('p', 'poid INT, pay INT NOT NULL'),
]);

const scan = (name: string) => `LogicalTableScan(table=[[default_catalog, default_database, ${name}]])`;

describe('as conjuncts of WHERE', () => {
  test('EXISTS is a SEMI join on the lifted condition; what is selected does not matter', () => {
    expect(
      fixture.bound('SELECT oid FROM o WHERE amount > 1 AND EXISTS (SELECT 1 / 0 FROM c WHERE cid = cust AND vip)'),
    ).toBe(
      tree(`
        LogicalProject(oid=[$0])
        +- LogicalJoin(condition=[=($3, $1)], joinType=[semi])
           :- LogicalFilter(condition=[>($2, 1)])
           :  +- ${scan('o')}
           +- LogicalFilter(condition=[$2])
              +- ${scan('c')}
      `),
    );
  });

  test('NOT EXISTS is an ANTI join, with any comparison', () => {
    expect(
      fixture.bound('SELECT oid FROM o WHERE NOT EXISTS (SELECT * FROM p WHERE poid = oid AND pay > amount)'),
    ).toBe(
      tree(`
        LogicalProject(oid=[$0])
        +- LogicalJoin(condition=[AND(=($3, $0), >($4, $2))], joinType=[anti])
           :- ${scan('o')}
           +- ${scan('p')}
      `),
    );
  });

  test('NOT IN over values that may be NULL is null-aware, else plain', () => {
    expect(fixture.bound('SELECT oid FROM o WHERE cust NOT IN (SELECT cid FROM c)')).toContain('nullAware=[true]');
    expect(fixture.bound('SELECT oid FROM o WHERE oid NOT IN (SELECT cid FROM c)')).not.toContain('nullAware');
  });

  test('correlated NOT IN: UNKNOWN among the correlated rows keeps the row out', () => {
    expect(fixture.bound('SELECT oid FROM o WHERE amount NOT IN (SELECT area FROM c WHERE cid = cust)')).toContain(
      'LogicalJoin(condition=[AND(=($3, $1), OR(=($2, $4), IS NULL($2), IS NULL($4)))], joinType=[anti])',
    );
  });

  test('> ALL is an ANTI join with the rows that refute it', () => {
    expect(fixture.bound('SELECT oid FROM o WHERE oid > ALL (SELECT cid FROM c)')).toContain(
      'LogicalJoin(condition=[<=($0, $3)], joinType=[anti])',
    );
    expect(fixture.bound('SELECT oid FROM o WHERE amount < ANY (SELECT pay FROM p)')).toContain(
      'LogicalJoin(condition=[<($2, $3)], joinType=[semi])',
    );
  });

  test('rows IN a subquery of several columns', () => {
    expect(fixture.bound('SELECT oid FROM o WHERE (oid, amount) IN (SELECT poid, pay FROM p)')).toContain(
      'LogicalJoin(condition=[AND(=($0, $3), =($2, $4))], joinType=[semi])',
    );
  });

  test('correlation over two levels', () => {
    const sql = `SELECT cid FROM c WHERE EXISTS (
      SELECT 1 FROM o WHERE cust = cid AND EXISTS (SELECT 1 FROM p WHERE poid = oid AND pay = area))`;
    const plan = fixture.bound(sql);
    expect(plan).not.toContain('$OUTER');
    // The inner condition needs columns of both outer levels: pairs of order and area are made first.
    expect(plan).toContain('joinType=[semi]');
  });
});

describe('as values', () => {
  test('a scalar subquery of more than one row fails at run time', () => {
    expect(fixture.bound('SELECT (SELECT pay FROM p) AS x FROM o')).toBe(
      tree(`
        LogicalProject(x=[$4])
        +- LogicalJoin(condition=[true], joinType=[left])
           :- ${scan('o')}
           +- LogicalProject(pay=[$0], $value=[$0])
              +- LogicalAggregate(group=[{}], pay=[SINGLE_VALUE($0)])
                 +- LogicalProject(pay=[$1])
                    +- ${scan('p')}
      `),
    );
  });

  test('a correlated aggregate is grouped by the correlated column; COUNT of nothing is 0', () => {
    expect(fixture.bound('SELECT oid, (SELECT COUNT(*) FROM p WHERE poid = oid) AS n FROM o')).toBe(
      tree(`
        LogicalProject(oid=[$0], n=[COALESCE($5, 0:BIGINT)])
        +- LogicalJoin(condition=[=($3, $0)], joinType=[left])
           :- ${scan('o')}
           +- LogicalProject($lifted0=[$0], EXPR$0=[$1], $value=[$1])
              +- LogicalAggregate(group=[{1}], EXPR$0=[COUNT()])
                 +- LogicalProject(ZERO=[0], $lifted0=[$0])
                    +- ${scan('p')}
      `),
    );
  });

  test('EXISTS under OR is a mark', () => {
    const sql = 'SELECT oid FROM o WHERE amount = 1 OR EXISTS (SELECT 1 FROM p WHERE poid = oid)';
    expect(fixture.bound(sql)).toBe(
      tree(`
        LogicalProject(oid=[$0])
        +- LogicalFilter(condition=[OR(=($2, 1), IS NOT NULL($4))])
           +- LogicalJoin(condition=[=($0, $3)], joinType=[left])
              :- ${scan('o')}
              +- LogicalProject($key0=[$0], $mark=[true])
                 +- LogicalAggregate(group=[{0}])
                    +- LogicalProject($key0=[$0])
                       +- ${scan('p')}
      `),
    );
  });

  test('IN in the SELECT list is three-valued', () => {
    const [plan] = fixture.plans('SELECT cust IN (SELECT area FROM c) AS x FROM o');
    expect(plan!.schema.fields[0]).toMatchObject({ name: 'x', type: { kind: 'BOOLEAN', nullable: true } });
  });

  test('over groups an outer column must be a key', () => {
    const ok = 'SELECT cust, (SELECT MAX(area) FROM c WHERE cid = cust) FROM o GROUP BY cust';
    expect(fixture.columns(ok)).toEqual(['cust', 'EXPR$1']);
    const bad = 'SELECT cust, (SELECT MAX(area) FROM c WHERE cid = amount) FROM o GROUP BY cust';
    expect(fixture.error(bad)).toMatchObject({ code: 'SQL-NOT-GROUPED' });
  });

  test('a limit per outer row numbers the rows', () => {
    const sql = 'SELECT oid, (SELECT pay FROM p WHERE poid = oid ORDER BY pay DESC LIMIT 1) AS top FROM o';
    const plan = fixture.bound(sql);
    expect(plan).toContain('LogicalFilter(condition=[<=($2, 1:BIGINT)])');
    expect(plan).toContain('PARTITION BY $0 ORDER BY $1 DESC NULLS LAST');
  });

  test.each([
    ['SELECT (SELECT poid, pay FROM p) FROM o', 'a scalar subquery must have one column, this one has 2'],
    [
      'SELECT oid FROM o WHERE oid IN (SELECT poid, pay FROM p)',
      '1 value(s) cannot be compared with a subquery of 2 columns',
    ],
  ])('%s', (sql, message) => {
    expect(fixture.error(sql)).toMatchObject({ code: 'SQL-SUBQUERY', message });
  });
});

describe('LATERAL and UNNEST', () => {
  test('a lateral filter is a join condition', () => {
    expect(fixture.bound('SELECT oid, x FROM o, LATERAL (SELECT pay AS x FROM p WHERE poid = oid) t')).toBe(
      tree(`
        LogicalProject(oid=[$0], x=[$3])
        +- LogicalProject(oid=[$0], cust=[$1], amount=[$2], x=[$3])
           +- LogicalJoin(condition=[=($4, $0)], joinType=[inner])
              :- ${scan('o')}
              +- LogicalProject(x=[$1], poid=[$0], pay=[$1])
                 +- ${scan('p')}
      `),
    );
  });

  test('without LATERAL the tables to the left are not seen', () => {
    expect(fixture.error('SELECT * FROM o, (SELECT pay FROM p WHERE poid = o.oid) t')).toMatchObject({
      message: "table 'o' not found",
    });
  });

  test('a lateral aggregate has a row for every outer row', () => {
    const plan = fixture.bound('SELECT oid, n FROM o, LATERAL (SELECT COUNT(*) AS n FROM p WHERE poid = oid) t');
    expect(plan).toContain('COALESCE');
    expect(plan).toContain('joinType=[left]');
  });

  test('UNNEST beside its row, with ordinality, and outer', () => {
    const unnest = new Fixture([table('b', 'id INT, items ARRAY<ROW<k STRING, v INT>>, tags MAP<STRING, INT>')]);
    expect(unnest.columns('SELECT * FROM b CROSS JOIN UNNEST(items)')).toEqual(['id', 'items', 'tags', 'k', 'v']);
    expect(unnest.columns('SELECT t.* FROM b, UNNEST(b.tags) WITH ORDINALITY AS t (a, b, n)')).toEqual(['a', 'b', 'n']);
    const [plan] = unnest.plans('SELECT k FROM b LEFT JOIN UNNEST(items) AS t (k, v) ON TRUE');
    expect(plan).toMatchObject({ kind: 'project', input: { kind: 'unnest', outer: true } });
    expect(unnest.error('SELECT * FROM b, UNNEST(id)')).toMatchObject({ code: 'SQL-TYPE', at: 'id' });
  });
});
