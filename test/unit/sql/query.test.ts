import { describe, expect, it } from 'vitest';
import type { Query, QueryBody, Select, TableRef } from '../../../src/sql/ast.ts';
import { isComplete, parse, parseScript } from '../../../src/sql/parse.ts';
import { withoutSpans } from './support.ts';

function query(text: string): Query {
  const [statement] = parse(text).statements;
  if (statement?.kind !== 'query-statement') throw new Error(statement?.kind);
  return statement.query;
}

function select(text: string): Select {
  const { body } = query(text);
  if (body.kind !== 'select') throw new Error(body.kind);
  return body;
}

/** `a UNION (b INTERSECT c)` with the tables' names. */
function sets(body: QueryBody): string {
  switch (body.kind) {
    case 'set-operation':
      return `(${sets(body.left)} ${body.op}${body.all ? ' ALL' : ''} ${sets(body.right)})`;
    case 'query':
      return `[${sets(body.body)}]`;
    case 'table-query':
      return body.name.parts[0]!.name;
    default:
      return body.kind;
  }
}

function joins(table: TableRef | undefined): string {
  if (table === undefined) return '';
  if (table.kind === 'join') return `(${joins(table.left)} ${table.comma ? ',' : table.type} ${joins(table.right)})`;
  return table.alias?.name.name ?? (table.kind === 'named-table' ? table.name.parts[0]!.name : table.kind);
}

describe('set operations', () => {
  it.each([
    ['TABLE a UNION TABLE b EXCEPT TABLE c', '((a UNION b) EXCEPT c)'],
    ['TABLE a UNION ALL TABLE b INTERSECT TABLE c', '(a UNION ALL (b INTERSECT c))'],
    ['TABLE a INTERSECT TABLE b UNION TABLE c', '((a INTERSECT b) UNION c)'],
    [
      'TABLE a UNION TABLE b INTERSECT TABLE c INTERSECT TABLE d MINUS TABLE e',
      '((a UNION ((b INTERSECT c) INTERSECT d)) EXCEPT e)',
    ],
    ['(TABLE a UNION TABLE b) INTERSECT TABLE c', '((a UNION b) INTERSECT c)'],
    ['TABLE a UNION (TABLE b LIMIT 1)', '(a UNION [b])'],
    ['TABLE a UNION DISTINCT TABLE b', '(a UNION b)'],
  ])('%s', (text, expected) => {
    expect(sets(query(text).body)).toBe(expected);
  });

  it('ORDER BY and LIMIT belong to the whole', () => {
    const { body, orderBy, limit, offset } = query('TABLE a UNION TABLE b ORDER BY 1 DESC NULLS LAST LIMIT 3 OFFSET 2');
    expect(body.kind).toBe('set-operation');
    expect(withoutSpans(orderBy)).toEqual([
      { kind: 'order-item', expr: { kind: 'number', text: '1' }, descending: true, nulls: 'LAST' },
    ]);
    expect([limit, offset]).toMatchObject([{ text: '3' }, { text: '2' }]);
    expect(query('TABLE a LIMIT ALL').limit).toBeUndefined();
    expect(query('TABLE a OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY')).toMatchObject({
      limit: { text: '3' },
      offset: { text: '2' },
    });
  });
});

describe('FROM', () => {
  it.each([
    ['a, b, c', '((a , b) , c)'],
    ['a, b JOIN c ON 1 = 1', '(a , (b INNER c))'],
    ['a JOIN b USING (x) LEFT JOIN c ON 1 = 1', '((a INNER b) LEFT c)'],
    ['a CROSS JOIN (b FULL OUTER JOIN c ON 1 = 1)', '(a CROSS (b FULL c))'],
    ['a AS x, LATERAL (SELECT 1) AS y', '(x , y)'],
    ['(SELECT 1) AS s JOIN t ON TRUE', '(s INNER t)'],
    ['((SELECT 1) UNION (SELECT 2)) AS u', 'u'],
    ["'data/*.parquet' p", 'p'],
    ['UNNEST(arr) WITH ORDINALITY AS t (v, o)', 't'],
    ['f(TABLE t, x => 1) AS g', 'g'],
  ])('%s', (text, expected) => {
    expect(joins(select(`SELECT * FROM ${text}`).from)).toBe(expected);
  });

  it('reads time travel, hints and samples of a table', () => {
    const { from } = select("SELECT * FROM c.d.t /*+ OPTIONS('k' = 'v') */ FOR SYSTEM_TIME AS OF o.ts AS r (x)");
    expect(withoutSpans(from)).toMatchObject({
      kind: 'named-table',
      name: { parts: [{ name: 'c' }, { name: 'd' }, { name: 't' }] },
      hints: [{ name: 'OPTIONS', args: [{ key: 'k', value: 'v', type: 'string' }] }],
      systemTime: { kind: 'column-ref' },
      alias: { name: { name: 'r' }, columns: [{ name: 'x' }] },
    });
  });

  it('reads files in place, with their path', () => {
    expect(select("SELECT * FROM 'data/x.csv'").from).toMatchObject({ kind: 'path-table', path: 'data/x.csv' });
  });

  it('reads the arguments of process table functions', () => {
    const { from } = select(
      'SELECT * FROM f(t => TABLE t PARTITION BY (a, b) ORDER BY (c DESC), on_time => DESCRIPTOR(ts), n => DEFAULT)',
    );
    expect(withoutSpans(from)).toMatchObject({
      kind: 'function-table',
      call: {
        args: [
          {
            kind: 'named-argument',
            name: { name: 't' },
            value: { kind: 'table-argument', partitionBy: [{}, {}], orderBy: [{ descending: true }] },
          },
          { kind: 'named-argument', value: { kind: 'descriptor', columns: [{ name: { name: 'ts' } }] } },
          { kind: 'named-argument', value: { kind: 'default' } },
        ],
      },
    });
  });

  it('refuses an alias of a parenthesised join by name', () => {
    expect(() => parse('SELECT * FROM (a JOIN b ON TRUE) AS c')).toThrow(
      'only a single table or a query can have an alias',
    );
  });
});

describe('SELECT', () => {
  it('keeps hints, and arguments as written', () => {
    const { hints } = select("SELECT /*+ broadcast(a, b.c), LOOKUP('table' = 'd') */ * FROM a");
    expect(withoutSpans(hints)).toEqual([
      {
        kind: 'hint',
        name: 'BROADCAST',
        args: [
          { value: 'a', type: 'identifier' },
          { value: 'b.c', type: 'identifier' },
        ],
      },
      { kind: 'hint', name: 'LOOKUP', args: [{ key: 'table', value: 'd', type: 'string' }] },
    ]);
  });

  it('tells lists from expressions in GROUP BY', () => {
    const { groupBy } = select(
      'SELECT 1 FROM t GROUP BY a, (b, c), (), ROLLUP (d, (e, f)), GROUPING SETS ((g), CUBE (h))',
    );
    expect(groupBy?.items.map((item) => item.kind)).toEqual([
      'grouping-set',
      'grouping-set',
      'grouping-set',
      'rollup',
      'grouping-sets',
    ]);
    expect(groupBy?.items.slice(0, 3).map((item) => 'exprs' in item && item.exprs.length)).toEqual([1, 2, 0]);
  });

  it('reads windows, named and in place', () => {
    const { windows, items, qualify } = select(
      'SELECT SUM(a) OVER w, SUM(b) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t WINDOW w AS (PARTITION BY c ORDER BY d) QUALIFY TRUE',
    );
    expect(windows).toMatchObject([{ name: { name: 'w' }, spec: { partitionBy: [{}], orderBy: [{}] } }]);
    expect(items).toMatchObject([
      { expr: { over: { kind: 'window-name' } } },
      {
        expr: {
          over: {
            kind: 'window-spec',
            base: { name: 'w' },
            frame: { unit: 'ROWS', start: { kind: 'preceding', offset: { text: '2' } }, end: { kind: 'current-row' } },
          },
        },
      },
    ]);
    expect(qualify?.kind).toBe('boolean');
  });

  it('VALUES (ROW(1, 2)) is a row of one column', () => {
    const { body } = query('VALUES 1, (2, 3), ROW(4, 5), (ROW(6, 7))');
    expect(body.kind === 'values' && body.rows.map((row) => row.length)).toEqual([1, 2, 2, 1]);
  });
});

describe('MATCH_RECOGNIZE', () => {
  it('reads patterns with their quantifiers', () => {
    const { from } = select(
      'SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES A.x AS x AFTER MATCH SKIP TO FIRST B PATTERN (A (B | C)+? D{2,}) DEFINE A AS TRUE) AS m',
    );
    expect(withoutSpans(from)).toMatchObject({
      kind: 'match-recognize',
      skip: { to: 'FIRST', variable: { name: 'B' } },
      alias: { name: { name: 'm' } },
      pattern: {
        kind: 'pattern-sequence',
        items: [
          { kind: 'pattern-variable' },
          { kind: 'pattern-repeat', min: 1, reluctant: true, item: { kind: 'pattern-alternatives' } },
          { kind: 'pattern-repeat', min: 2, reluctant: false },
        ],
      },
    });
  });
});

describe('scripts', () => {
  it('give their statements up to the first error', () => {
    const { statements, error } = parseScript('SELECT 1;; SELECT 2; SELEC 3; SELECT 4');
    expect(statements).toHaveLength(2);
    expect(error?.detail.span).toMatchObject({ line: 1, column: 22 });
    expect(parseScript("SELECT 1; SELECT 'a").statements).toHaveLength(1);
  });

  it('give their comments', () => {
    const { comments } = parse(
      '-- arrival: a b a\nSELECT 1 /* one */; // last\n/*+ not a comment */'.split('\n/*+')[0]!,
    );
    expect(comments.map((comment) => comment.text)).toEqual(['arrival: a b a', 'one', 'last']);
    expect(comments[1]!.span).toEqual({ offset: 27, length: 9, line: 2, column: 10 });
  });

  it('may be empty', () => {
    expect(parse('').statements).toEqual([]);
    expect(parse(' ; -- nothing\n;').statements).toEqual([]);
  });

  it('keep the name of their file', () => {
    expect(parse('SELECT 1', { file: 'q.sql' }).file).toBe('q.sql');
  });

  it('count parameters statement by statement', () => {
    const { statements } = parse('SELECT ?, ?; SELECT (?), ?');
    const indexes = statements.map((statement) => JSON.stringify(statement).match(/"index":\d/g));
    expect(indexes).toEqual([
      ['"index":0', '"index":1'],
      ['"index":0', '"index":1'],
    ]);
  });
});

describe('isComplete', () => {
  it.each([
    ['SELECT 1;', true],
    ['SELECT 1; -- done', true],
    ['SELECT 1;\n\n', true],
    ['SELECT 1', false],
    ["SELECT ';", false],
    ["SELECT ';'", false],
    ['SELECT 1 -- ;', false],
    ['SELECT 1; /* ;', false],
    ['SELECT `a;', false],
    ['', false],
  ])('%s: %s', (text, expected) => {
    expect(isComplete(text)).toBe(expected);
  });
});
