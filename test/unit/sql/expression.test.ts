import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../../src/sql/parse.ts';
import { print } from '../../../src/sql/print.ts';
import { shapeOf } from './support.ts';

/** The expression with a parenthesis around every operator, so that the tree can be read. */
function grouped(text: string): string {
  return print(parseExpression(text), {
    name: 'grouped',
    identifier: (name) => name,
    string: (value) => `'${value}'`,
    override: (node, child) => {
      switch (node.kind) {
        case 'binary':
          return `(${child(node.left)} ${node.op} ${child(node.right)})`;
        case 'unary':
          return `(${node.op} ${child(node.operand)})`;
        case 'is':
          return node.other
            ? `(${child(node.operand)} IS ${node.negated ? 'NOT ' : ''}DISTINCT FROM ${child(node.other)})`
            : `(${child(node.operand)} IS ${node.negated ? 'NOT ' : ''}${node.test})`;
        case 'between':
          return `(${child(node.operand)} BETWEEN ${child(node.low)} AND ${child(node.high)})`;
        case 'like':
          return `(${child(node.operand)} ${node.op} ${child(node.pattern)})`;
        default:
          return undefined;
      }
    },
  });
}

describe('precedence', () => {
  it.each([
    ['a OR b AND c', '(a OR (b AND c))'],
    ['NOT a AND b', '((NOT a) AND b)'],
    ['NOT a = b', '(NOT (a = b))'],
    ['NOT a IS NULL', '(NOT (a IS NULL))'],
    ['NOT NOT a', '(NOT (NOT a))'],
    ['a = b = c', '((a = b) = c)'],
    ['a = b IS NULL', '((a = b) IS NULL)'],
    ['a IS NULL = b', '((a IS NULL) = b)'],
    ['a + b * c - d', '((a + (b * c)) - d)'],
    ['a - b - c', '((a - b) - c)'],
    ['a + b || c', '(a + (b || c))'],
    ['-a * b', '((- a) * b)'],
    ['- - a', '(- (- a))'],
    ['a - -b', '(a - (- b))'],
    ['a BETWEEN b + 1 AND c AND d', '((a BETWEEN (b + 1) AND c) AND d)'],
    ['a BETWEEN b AND c = d', '((a BETWEEN b AND c) = d)'],
    ['a LIKE b || c = d', '((a LIKE (b || c)) = d)'],
    ['a IS NOT DISTINCT FROM b AND c', '((a IS NOT DISTINCT FROM b) AND c)'],
    ['a = b LIKE c', '(a = (b LIKE c))'],
    ['(a + b) * c', '((a + b) * c)'],
    ['a % b / c', '((a % b) / c)'],
    ['a < b OR NOT c > d AND e', '((a < b) OR ((NOT (c > d)) AND e))'],
  ])('%s', (text, expected) => {
    expect(grouped(text)).toBe(expected);
  });
});

describe('literals', () => {
  it.each([
    ['1.50', { kind: 'number', text: '1.50' }],
    ['.5', { kind: 'number', text: '.5' }],
    ['5.', { kind: 'number', text: '5.' }],
    ['1.e5', { kind: 'number', text: '1.e5' }],
    ["'it''s'", { kind: 'string', value: "it's" }],
    ["_UTF8'a'", { kind: 'string', value: 'a', charset: 'UTF8' }],
    ["U&'\\0041\\\\'", { kind: 'string', value: 'A\\' }],
    ["U&'!0041' UESCAPE '!'", { kind: 'string', value: 'A' }],
    ["e'a\\n\\x41'''", { kind: 'string', value: "a\nA'" }],
    ["N'a'", { kind: 'string', value: 'a' }],
    ["'a'\n'b'", { kind: 'string', value: 'ab' }],
    ["x'0aFf'", { kind: 'binary-string', hex: '0AFF' }],
    ['TRUE', { kind: 'boolean', value: true }],
    ['NULL', { kind: 'null' }],
    ["DATE '2020-01-01'", { kind: 'datetime', type: 'DATE', text: '2020-01-01' }],
    ["TIMESTAMP WITH LOCAL TIME ZONE 'x'", { kind: 'datetime', type: 'TIMESTAMP_LTZ', text: 'x' }],
    [
      "INTERVAL -'1 02' DAYS(3) TO HOURS",
      { kind: 'interval', sign: -1, text: '1 02', qualifier: { from: 'DAY', to: 'HOUR', leadingPrecision: 3 } },
    ],
    [
      "INTERVAL '1' SECOND(2, 3)",
      {
        kind: 'interval',
        sign: 1,
        text: '1',
        qualifier: { from: 'SECOND', leadingPrecision: 2, fractionalPrecision: 3 },
      },
    ],
  ])('%s', (text, expected) => {
    expect(shapeOf(text)).toEqual(expected);
  });
});

describe('keyword syntax becomes calls', () => {
  it.each([
    ['EXTRACT(DAY FROM d)', 'EXTRACT', ['symbol', 'column-ref']],
    ['FLOOR(d TO HOUR)', 'FLOOR', ['column-ref', 'symbol']],
    ['CEIL(x)', 'CEIL', ['column-ref']],
    ['TRIM(s)', 'TRIM', ['symbol', 'string', 'column-ref']],
    ["TRIM(LEADING 'x' FROM s)", 'TRIM', ['symbol', 'string', 'column-ref']],
    ['SUBSTRING(s FROM 1 FOR 2)', 'SUBSTRING', ['column-ref', 'number', 'number']],
    ['OVERLAY(s PLACING t FROM 1)', 'OVERLAY', ['column-ref', 'column-ref', 'number']],
    ["POSITION('a' IN s)", 'POSITION', ['string', 'column-ref']],
    ['TIMESTAMPADD(SQL_TSI_DAY, 1, d)', 'TIMESTAMPADD', ['symbol', 'number', 'column-ref']],
    ["JSON_OBJECT('a' : 1, KEY 'b' VALUE 2)", 'JSON_OBJECT', ['string', 'number', 'string', 'number']],
  ])('%s', (text, name, kinds) => {
    const call = parseExpression(text);
    if (call.kind !== 'call') throw new Error(call.kind);
    expect(call.name.parts.map((part) => part.name)).toEqual([name]);
    expect(call.args.map((arg) => arg.kind)).toEqual(kinds);
  });

  it('TIMESTAMPADD(SQL_TSI_DAY, …) has the unit DAY', () => {
    const call = parseExpression('TIMESTAMPADD(SQL_TSI_DAY, 1, d)');
    expect(call.kind === 'call' && call.args[0]).toMatchObject({ kind: 'symbol', value: 'DAY' });
  });

  it('CURRENT_TIMESTAMP needs no parentheses', () => {
    expect(parseExpression('CURRENT_TIMESTAMP')).toMatchObject({ kind: 'call', niladic: true, args: [] });
    expect(parseExpression('CURRENT_DATE()')).not.toHaveProperty('niladic');
  });
});

describe('names and accesses', () => {
  it('a path is one column reference', () => {
    expect(print(parseExpression('`a b`.c.`select`'))).toBe('`a b`.c.`select`');
    expect(shapeOf('a.b.c')).toMatchObject({
      kind: 'column-ref',
      name: { parts: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
    });
  });

  it('what follows a call, an index or a parenthesis is a field access', () => {
    expect(shapeOf('f(x).y')).toMatchObject({ kind: 'field-access', operand: { kind: 'call' } });
    expect(shapeOf('a[1].y')).toMatchObject({ kind: 'field-access', operand: { kind: 'element-access' } });
    expect(shapeOf('(a).y')).toMatchObject({ kind: 'field-access', operand: { kind: 'column-ref' } });
  });

  it('keywords that are not reserved are columns', () => {
    expect(shapeOf('key + `value`')).toMatchObject({ left: { kind: 'column-ref' }, right: { kind: 'column-ref' } });
  });
});

describe('parentheses', () => {
  it.each([
    ['((a))', 'column-ref'],
    ['(a, b)', 'row'],
    ['((SELECT 1))', 'subquery'],
    ['((SELECT 1) UNION (SELECT 2))', 'subquery'],
    ['((SELECT 1) + 1)', 'binary'],
    ['a IN (1)', 'in-list'],
    ['a IN ((SELECT 1))', 'in-query'],
    ['a IN ((SELECT 1), 2)', 'in-list'],
    ['a = ANY (SELECT 1)', 'quantified'],
    ['a = SOME (1, 2)', 'quantified'],
    ['(a - b) DAY', 'datetime-difference'],
  ])('%s is a %s', (text, kind) => {
    expect(parseExpression(text).kind).toBe(kind);
  });
});
