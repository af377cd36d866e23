/** Names: what they mean, and what is said when they mean nothing or two things. */
import { describe, expect, test } from 'vitest';
import { Fixture, table, tree } from '../support.ts';

const fixture = new Fixture([
  table('emp', 'id INT, name STRING, dept INT, addr ROW<city STRING, pos ROW<x INT, y INT>>'),
  table('dept', 'id INT, title STRING'),
]);

describe('columns', () => {
  test('an alias hides the name of the table', () => {
    expect(fixture.columns('SELECT e.id, e.name FROM emp AS e')).toEqual(['id', 'name']);
    const error = fixture.error('SELECT emp.id FROM emp AS e');
    expect(error).toMatchObject({ code: 'SQL-COLUMN-UNKNOWN', message: "table 'emp' not found", at: 'emp.id' });
  });

  test('a table may be qualified by database and catalog', () => {
    expect(fixture.columns('SELECT default_catalog.default_database.emp.id FROM emp')).toEqual(['id']);
    expect(fixture.columns('SELECT default_database.emp.id FROM default_database.emp')).toEqual(['id']);
  });

  test('fields of rows are reached through dots, to any depth', () => {
    expect(fixture.bound('SELECT addr.city, emp.addr.pos.y FROM emp')).toBe(
      tree(`
        LogicalProject(city=[$3.city], y=[$3.pos.y])
        +- LogicalTableScan(table=[[default_catalog, default_database, emp]])
      `),
    );
  });

  test('a name in two tables is ambiguous, and the message offers both', () => {
    expect(fixture.error('SELECT id FROM emp JOIN dept ON emp.dept = dept.id')).toEqual({
      code: 'SQL-COLUMN-AMBIGUOUS',
      message: "column 'id' is ambiguous",
      hint: 'write emp.id or dept.id',
      at: 'id',
    });
  });

  test.each([
    ['SELECT nam FROM emp', 'nam', "did you mean 'name'?"],
    ['SELECT e.deptt FROM emp e', 'e.deptt', "did you mean 'dept'?"],
    ['SELECT id FROM emp WHERE titel = 1', 'titel', 'columns are id, name, dept, addr'],
  ])('%s', (sql, at, hint) => {
    expect(fixture.error(sql)).toMatchObject({ code: 'SQL-COLUMN-UNKNOWN', at, hint });
  });

  test('an unknown table is shown with the nearest name', () => {
    expect(fixture.error('SELECT * FROM epm')).toMatchObject({
      code: 'SQL-TABLE-UNKNOWN',
      message: "object 'epm' not found",
      hint: "did you mean 'emp'?",
      at: 'epm',
    });
  });

  test('names are compared exactly', () => {
    expect(fixture.error('SELECT ID FROM emp')).toMatchObject({ hint: "did you mean 'id'?" });
  });
});

describe('stars and generated names', () => {
  test('* has the columns of all tables; equal names are numbered at the top', () => {
    expect(fixture.columns('SELECT * FROM emp, dept')).toEqual(['id', 'name', 'dept', 'addr', 'id0', 'title']);
    expect(fixture.columns('SELECT d.*, e.id FROM emp e, dept d')).toEqual(['id', 'title', 'id0']);
  });

  test('a star after a ROW column gives its fields, as in Flink 2.3', () => {
    expect(fixture.columns('SELECT addr.*, id FROM emp')).toEqual(['city', 'pos', 'id']);
    expect(fixture.columns('SELECT emp.addr.pos.* FROM emp')).toEqual(['x', 'y']);
    expect(fixture.error('SELECT id.* FROM emp')).toMatchObject({ message: "table 'id' not found in FROM" });
  });

  test('what has no name is EXPR$ and its place', () => {
    expect(fixture.columns('SELECT id, id + 1, name AS n, 2 FROM emp')).toEqual(['id', 'EXPR$1', 'n', 'EXPR$3']);
  });

  test('USING joins the columns into one, which stands first', () => {
    expect(fixture.columns('SELECT * FROM emp JOIN dept USING (id)')).toEqual(['id', 'name', 'dept', 'addr', 'title']);
    expect(fixture.columns('SELECT dept.id FROM emp NATURAL JOIN dept')).toEqual(['id']);
  });

  test('the joined column of a FULL join is the first that is not NULL', () => {
    expect(fixture.bound('SELECT id FROM emp FULL JOIN dept USING (id)')).toBe(
      tree(`
        LogicalProject(id=[COALESCE($0, $4)])
        +- LogicalJoin(condition=[=($0, $4)], joinType=[full])
           :- LogicalTableScan(table=[[default_catalog, default_database, emp]])
           +- LogicalTableScan(table=[[default_catalog, default_database, dept]])
      `),
    );
  });

  test('a list of column aliases must have the width of the table', () => {
    expect(fixture.columns('SELECT a, b FROM dept AS t (a, b)')).toEqual(['a', 'b']);
    expect(fixture.error('SELECT * FROM dept AS t (a)')).toMatchObject({ code: 'SQL-ALIAS', at: 't' });
  });
});

describe('ORDER BY', () => {
  test('an alias comes before a column, an ordinal means an item, others become hidden columns', () => {
    expect(fixture.bound('SELECT id AS name, dept FROM emp ORDER BY name, 2, addr.city')).toBe(
      tree(`
        LogicalProject(name=[$0], dept=[$1])
        +- LogicalSort(sort0=[$0], sort1=[$1], sort2=[$2], dir0=[ASC-nulls-first], dir1=[ASC-nulls-first], dir2=[ASC-nulls-first])
           +- LogicalProject(name=[$0], dept=[$2], $2=[$3.city])
              +- LogicalTableScan(table=[[default_catalog, default_database, emp]])
      `),
    );
    expect(fixture.error('SELECT id FROM emp ORDER BY 2')).toMatchObject({ message: 'ordinal out of range', at: '2' });
  });

  test('in a subquery it means nothing without LIMIT', () => {
    expect(fixture.bound('SELECT * FROM (SELECT id FROM emp ORDER BY id) t')).not.toContain('LogicalSort');
    expect(fixture.bound('SELECT * FROM (SELECT id FROM emp ORDER BY id LIMIT 3) t')).toContain('fetch=[3]');
  });

  test('an alias is seen by ORDER BY, not by WHERE, GROUP BY and HAVING, and that is said', () => {
    const hint = (clause: string) =>
      `n is an alias of the SELECT list, which ${clause} does not see: repeat its expression`;
    expect(fixture.error('SELECT UPPER(name) AS n FROM emp WHERE n = 1')).toMatchObject({ hint: hint('WHERE') });
    expect(fixture.error('SELECT UPPER(name) AS n FROM emp GROUP BY n')).toMatchObject({ hint: hint('GROUP BY') });
    expect(fixture.error('SELECT COUNT(*) AS n FROM emp HAVING n > 1')).toMatchObject({ hint: hint('HAVING') });
  });

  test('two tables of one name are refused', () => {
    expect(fixture.error('SELECT x.id FROM emp x, dept x')).toMatchObject({ code: 'SQL-ALIAS', at: 'x' });
  });

  test('SELECT DISTINCT may be sorted by what is computed from its items', () => {
    expect(fixture.bound('SELECT DISTINCT name FROM emp ORDER BY UPPER(name), name')).toBe(
      tree(`
        LogicalProject(name=[$0])
        +- LogicalSort(sort0=[$1], sort1=[$0], dir0=[ASC-nulls-first], dir1=[ASC-nulls-first])
           +- LogicalProject(name=[$0], $1=[UPPER($0)])
              +- LogicalAggregate(group=[{0}])
                 +- LogicalProject(name=[$1])
                    +- LogicalTableScan(table=[[default_catalog, default_database, emp]])
      `),
    );
  });

  test('SELECT DISTINCT can only be sorted by what it selects', () => {
    expect(fixture.error('SELECT DISTINCT name FROM emp ORDER BY id')).toMatchObject({ code: 'SQL-ORDER' });
  });
});
