/** GROUP BY, HAVING, grouping sets, DISTINCT, OVER, QUALIFY. */
import { describe, expect, test } from 'vitest';
import { Fixture, table, tree } from '../support.ts';

const fixture = new Fixture([table('sales', 'city STRING NOT NULL, item STRING, qty INT, price DECIMAL(10, 2)')]);

describe('GROUP BY', () => {
  test('keys may be expressions; equal aggregates are computed once', () => {
    const sql =
      'SELECT UPPER(city) AS c, SUM(qty) AS s, SUM(qty) * 2 AS d FROM sales GROUP BY UPPER(city) HAVING SUM(qty) > 1';
    expect(fixture.bound(sql)).toBe(
      tree(`
        LogicalProject(c=[$0], s=[$1], d=[*($1, 2)])
        +- LogicalFilter(condition=[>($1, 1)])
           +- LogicalAggregate(group=[{0}], s=[SUM($1)])
              +- LogicalProject($f0=[UPPER($0)], qty=[$2])
                 +- LogicalTableScan(table=[[default_catalog, default_database, sales]])
      `),
    );
  });

  test('a column outside GROUP BY is refused where it stands', () => {
    expect(fixture.error('SELECT city, item, COUNT(*) FROM sales GROUP BY city')).toEqual({
      code: 'SQL-NOT-GROUPED',
      message: 'expression is not being grouped',
      hint: 'the column must appear in GROUP BY, or inside an aggregate function',
      at: 'item',
    });
  });

  test('FILTER and DISTINCT', () => {
    expect(fixture.bound('SELECT COUNT(DISTINCT item) FILTER (WHERE qty > 0) AS n FROM sales')).toBe(
      tree(`
        LogicalAggregate(group=[{}], n=[COUNT(DISTINCT $0) FILTER $1])
        +- LogicalProject(item=[$1], $f0_filter=[>($2, 0)])
           +- LogicalTableScan(table=[[default_catalog, default_database, sales]])
      `),
    );
  });

  test('without keys SUM may be NULL, with keys over a column that is not it may not', () => {
    const type = (sql: string) => fixture.plans(sql)[0]!.schema.fields[0]!.type.nullable;
    expect(type('SELECT SUM(CHAR_LENGTH(city)) FROM sales')).toBe(true);
    expect(type('SELECT SUM(CHAR_LENGTH(city)) FROM sales GROUP BY item')).toBe(false);
    expect(type('SELECT SUM(CHAR_LENGTH(city)) FROM sales GROUP BY ROLLUP (item)')).toBe(true);
  });

  test.each([
    ['SELECT city FROM sales WHERE COUNT(*) > 1', 'aggregate expression is illegal in WHERE clause'],
    ['SELECT SUM(COUNT(*)) FROM sales GROUP BY city', 'aggregate expressions cannot be nested'],
    ['SELECT city FROM sales GROUP BY SUM(qty)', 'aggregate expression is illegal in GROUP BY clause'],
    ['SELECT SUM(*) FROM sales', 'SUM(*) makes no sense'],
  ])('%s', (sql, message) => {
    expect(fixture.error(sql)).toMatchObject({ code: 'SQL-AGGREGATE', message });
  });
});

describe('grouping sets', () => {
  test('ROLLUP: each row once per set, the id tells which keys are rolled up', () => {
    expect(fixture.bound('SELECT city, item, COUNT(*) AS n FROM sales GROUP BY ROLLUP (city, item)')).toBe(
      tree(`
        LogicalProject(city=[$0], item=[$1], n=[$3])
        +- LogicalAggregate(group=[{0, 1, 2}], n=[COUNT()])
           +- LogicalExpand(projects=[{$0, $1, 0:BIGINT}, {$0, null:VARCHAR(2147483647), 1:BIGINT}, {null:VARCHAR(2147483647), null:VARCHAR(2147483647), 3:BIGINT}])
              +- LogicalProject(city=[$0], item=[$1])
                 +- LogicalTableScan(table=[[default_catalog, default_database, sales]])
      `),
    );
  });

  test('CUBE of two has four sets, and they multiply with plain keys', () => {
    const sets = (groupBy: string) =>
      fixture.bound(`SELECT COUNT(*) FROM sales GROUP BY ${groupBy}`).match(/\d:BIGINT/g);
    expect(sets('CUBE (city, item)')).toEqual(['0:BIGINT', '1:BIGINT', '2:BIGINT', '3:BIGINT']);
    expect(sets('city, ROLLUP (item)')).toEqual(['0:BIGINT', '1:BIGINT']);
  });

  test('a set that is written twice counts twice', () => {
    const plan = fixture.bound('SELECT city, COUNT(*) FROM sales GROUP BY GROUPING SETS ((city), (city))');
    expect(plan.match(/\d:BIGINT/g)).toEqual(['0:BIGINT', '2:BIGINT']);
  });

  test('GROUPING reads the id; a key that is rolled up makes what is computed from it nullable', () => {
    const sql =
      'SELECT GROUPING(city, item) AS g, CHAR_LENGTH(city) AS l FROM sales GROUP BY GROUPING SETS ((city), (item))';
    expect(fixture.bound(sql).split('\n')[0]).toBe(
      'LogicalProject(g=[CASE(=($2, 1:BIGINT), 1:BIGINT, 2:BIGINT)], l=[CHAR_LENGTH($0)])',
    );
    expect(fixture.plans(sql)[0]!.schema.fields[1]!.type.nullable).toBe(true);
    expect(fixture.error('SELECT GROUPING(qty) FROM sales GROUP BY city')).toMatchObject({ at: 'qty' });
  });

  test('an aggregate over a key sees the value before it is rolled up', () => {
    const plan = fixture.bound('SELECT city, MAX(city) AS m FROM sales GROUP BY GROUPING SETS ((city), ())');
    expect(plan).toContain('m=[MAX($1)]');
    expect(plan).toContain('{$0, $1, 0:BIGINT}, {null:VARCHAR(2147483647), $1, 1:BIGINT}');
  });
});

describe('OVER', () => {
  test('arguments that are no columns are computed below the window', () => {
    expect(
      fixture.bound('SELECT SUM(qty * 2) OVER (PARTITION BY city ORDER BY item ROWS 2 PRECEDING) AS s FROM sales'),
    ).toBe(
      tree(`
        LogicalProject(s=[SUM($4) OVER (PARTITION BY $0 ORDER BY $1 NULLS FIRST ROWS BETWEEN -2 AND 0)])
        +- LogicalProject(city=[$0], item=[$1], qty=[$2], price=[$3], $4=[*($2, 2)])
           +- LogicalTableScan(table=[[default_catalog, default_database, sales]])
      `),
    );
  });

  test('a named window may be refined', () => {
    const sql = 'SELECT RANK() OVER (w ORDER BY qty DESC) AS r FROM sales WINDOW w AS (PARTITION BY city)';
    expect(fixture.bound(sql).split('\n')[0]).toBe(
      'LogicalProject(r=[RANK() OVER (PARTITION BY $0 ORDER BY $2 DESC NULLS LAST)])',
    );
  });

  test('over groups: aggregates are arguments', () => {
    const sql = 'SELECT city, RANK() OVER (ORDER BY SUM(qty) DESC) AS r FROM sales GROUP BY city';
    expect(fixture.bound(sql)).toBe(
      tree(`
        LogicalProject(city=[$0], r=[RANK() OVER (ORDER BY $1 DESC NULLS LAST)])
        +- LogicalAggregate(group=[{0}], EXPR$1=[SUM($1)])
           +- LogicalProject(city=[$0], qty=[$2])
              +- LogicalTableScan(table=[[default_catalog, default_database, sales]])
      `),
    );
  });

  test('QUALIFY filters the window, by alias or by its own call', () => {
    const byAlias = 'SELECT item, ROW_NUMBER() OVER (PARTITION BY city ORDER BY qty) AS rn FROM sales QUALIFY rn = 1';
    expect(fixture.plans(byAlias)[0]).toMatchObject({
      kind: 'project',
      input: { kind: 'filter', input: { kind: 'window' } },
    });
    const own = 'SELECT city, SUM(qty) FROM sales GROUP BY city QUALIFY RANK() OVER (ORDER BY SUM(qty)) <= 2';
    expect(fixture.columns(own)).toEqual(['city', 'EXPR$1']);
    expect(fixture.error("SELECT city FROM sales QUALIFY city = 'x'")).toMatchObject({ code: 'SQL-WINDOW' });
  });

  test.each([
    ['SELECT city FROM sales WHERE ROW_NUMBER() OVER (ORDER BY qty) = 1', 'OVER is not allowed in WHERE clause'],
    ['SELECT ROW_NUMBER() FROM sales', 'ROW_NUMBER needs an OVER clause'],
    ['SELECT RANK() OVER (PARTITION BY city) FROM sales', 'RANK needs ORDER BY in its OVER clause'],
    ['SELECT SUM(qty) OVER w FROM sales', "window 'w' not found"],
    [
      'SELECT SUM(qty) OVER (ORDER BY item ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING) FROM sales',
      'the frame starts after it ends',
    ],
  ])('%s', (sql, message) => {
    expect(fixture.error(sql).message).toBe(message);
  });
});
