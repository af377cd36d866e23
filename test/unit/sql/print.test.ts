import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseExpression } from '../../../src/sql/parse.ts';
import { type Dialect, flinkDialect, print } from '../../../src/sql/print.ts';
import { withoutSpans } from './support.ts';

const NAMES = ['a', 'b1', 'select', 'Value', 'two words', 'back`tick', '주문', 'KEY', 'x'];

/** Text of an expression with parentheses around everything, so that any tree comes about. */
const expression: fc.Arbitrary<string> = fc.letrec<{ expr: string }>((tie) => {
  const e = tie('expr');
  const name = fc.constantFrom(...NAMES).map((each) => `\`${each.replaceAll('`', '``')}\``);
  const text = fc.string({ unit: 'grapheme', maxLength: 6 }).map((each) => `'${each.replaceAll("'", "''")}'`);
  const binary = fc.constantFrom(
    '+',
    '-',
    '*',
    '/',
    '%',
    '||',
    '=',
    '<>',
    '<',
    '>=',
    'AND',
    'OR',
    'IS DISTINCT FROM',
    'OVERLAPS',
    'MEMBER OF',
    'MULTISET UNION ALL',
    'MULTISET INTERSECT',
  );
  return {
    expr: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.nat(999).map(String),
      fc.oneof(name, text),
      fc.tuple(e, binary, e).map(([l, op, r]) => `((${l}) ${op} (${r}))`),
      fc.tuple(fc.constantFrom('-', '+', 'NOT '), e).map(([op, x]) => `(${op}(${x}))`),
      fc.tuple(e, fc.constantFrom('IS NULL', 'IS NOT TRUE', 'IS JSON ARRAY')).map(([x, test]) => `((${x}) ${test})`),
      fc.tuple(e, e, e).map(([x, l, h]) => `((${x}) NOT BETWEEN SYMMETRIC (${l}) AND (${h}))`),
      fc.tuple(e, e).map(([x, p]) => `((${x}) LIKE (${p}) ESCAPE '#')`),
      fc.tuple(e, fc.array(e, { minLength: 1, maxLength: 3 })).map(([x, list]) => `((${x}) IN (${list.join(', ')}))`),
      fc.tuple(e, e).map(([x, y]) => `((${x}) > ALL (SELECT ${y} FROM t))`),
      fc.tuple(e, e, e).map(([c, x, y]) => `CASE WHEN ${c} THEN ${x} ELSE ${y} END`),
      fc.array(e, { maxLength: 3 }).map((args) => `f(${args.join(', ')})`),
      fc.array(e, { minLength: 2, maxLength: 3 }).map((items) => `(${items.join(', ')})`),
      fc.tuple(e, e).map(([x, i]) => `(${x})[${i}]`),
      fc.tuple(e, name).map(([x, field]) => `(${x}).${field}`),
      e.map((x) => `POSITION((${x}) IN (${x}))`),
      e.map((x) => `TRIM(BOTH 'x' FROM ${x})`),
      e.map((x) => `CAST(${x} AS ROW<a INT NOT NULL, b ARRAY<STRING>>)`),
      fc
        .tuple(e, e)
        .map(
          ([x, y]) =>
            `SUM(DISTINCT ${x}) FILTER (WHERE ${y}) OVER (PARTITION BY ${x} ORDER BY ${y} DESC ROWS ${1} PRECEDING)`,
        ),
      fc.tuple(e, e).map(([x, y]) => `(SELECT ${x} UNION ALL (SELECT ${y} INTERSECT SELECT 1) ORDER BY 1 LIMIT 1)`),
      fc.tuple(e, e).map(([x, y]) => `((${x}) - (${y})) DAY`),
      fc.tuple(e, e).map(([k, v]) => `JSON_OBJECT(KEY ${k} VALUE ${v} ABSENT ON NULL)`),
    ),
  };
}).expr;

describe('print', () => {
  it('then parse gives the same tree, for any expression', () => {
    fc.assert(
      fc.property(expression, (text) => {
        const tree = parseExpression(text);
        expect(withoutSpans(parseExpression(print(tree)))).toEqual(withoutSpans(tree));
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  it.each([
    '(a + b) * c',
    'a - (b - c)',
    'a - b - c',
    '-(-a)'.replace('-(-a)', '- -a'),
    'NOT (a AND b) OR c',
    '(a = b) = c'.replace('(a = b) = c', 'a = b = c'),
    'a = (b = c)',
    "a LIKE 'x' ESCAPE '#'",
    'COUNT(DISTINCT a) FILTER (WHERE b > 0) OVER w',
    'CASE a WHEN 1, 2 THEN b ELSE c END',
    "INTERVAL -'1' DAY(3) TO SECOND(6)",
    'LEFT(`select`, 1)',
    'CURRENT_TIMESTAMP',
  ])('writes no parenthesis too many: %s', (text) => {
    expect(print(parseExpression(text))).toBe(text);
  });

  it('quotes names that need it, also where the tree says nothing', () => {
    const name = (text: string) =>
      print({ kind: 'identifier', span: { offset: 0, length: 0, line: 1, column: 1 }, name: text, quoted: false });
    expect(['a', 'select', 'a b', 'a`b', '1a', 'Key', ''].map(name)).toEqual([
      'a',
      '`select`',
      '`a b`',
      '`a``b`',
      '`1a`',
      'Key',
      '``',
    ]);
  });

  it('lets a dialect write nodes its own way', () => {
    const dialect: Dialect = {
      ...flinkDialect,
      name: 'double quotes',
      identifier: (name) => `"${name}"`,
      override: (node, child) => {
        if (node.kind === 'simple-type' && node.name === 'STRING') return 'VARCHAR';
        if (node.kind === 'collection') return `[${node.items.map(child).join(', ')}]`;
        return undefined;
      },
    };
    const [statement] = parse(
      "SELECT CAST(a AS STRING), ARRAY[b, ARRAY['x']] FROM `t` AS t WHERE a = 1 AND ARRAY[1] = c",
    ).statements;
    expect(print(statement!, dialect)).toBe(
      `SELECT CAST("a" AS VARCHAR), ["b", ['x']] FROM "t" AS "t" WHERE "a" = 1 AND [1] = "c"`,
    );
  });
});
