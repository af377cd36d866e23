import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/base/errors.ts';
import { AstBuilder } from '../../../src/sql/build.ts';
import { parse as generatedParse } from '../../../src/sql/generated/parser.js';
import { tokenize } from '../../../src/sql/lexer.ts';
import { MAX_NESTING } from '../../../src/sql/nesting.ts';
import { parseExpression, parseScript } from '../../../src/sql/parse.ts';
import { print } from '../../../src/sql/print.ts';

const SHAPES: Readonly<Record<string, (depth: number) => string>> = {
  parentheses: (d) => `${'('.repeat(d)}1${')'.repeat(d)}`,
  'parentheses with operators': (d) => `${'(1 + '.repeat(d)}1${')'.repeat(d)}`,
  rows: (d) => `${'(1, '.repeat(d)}1${')'.repeat(d)}`,
  calls: (d) => `${'f('.repeat(d)}1${')'.repeat(d)}`,
  'named arguments': (d) => `${'f(a => '.repeat(d)}1${')'.repeat(d)}`,
  CASE: (d) => `${'CASE WHEN a THEN '.repeat(d)}1${' END'.repeat(d)}`,
  'scalar subqueries': (d) => `${'(SELECT '.repeat(d)}1${')'.repeat(d)}`,
  'subqueries that turn out to be operands': (d) => `${'('.repeat(d)}(SELECT 1)${' + 1)'.repeat(d)}`,
  'subqueries that turn out to be set operations': (d) => `${'('.repeat(d)}(SELECT 1)${' UNION SELECT 1)'.repeat(d)}`,
  'derived tables': (d) => `${'(SELECT * FROM '.repeat(d)}t${')'.repeat(d)}`,
  'joined tables': (d) => `(SELECT * FROM ${'('.repeat(d)}a${' JOIN b ON 1 = 1)'.repeat(d)})`,
  'tables that turn out to be set operations': (d) =>
    `(SELECT * FROM ${'('.repeat(d)}(SELECT 1)${' UNION SELECT 1)'.repeat(d)})`,
  IN: (d) => `${'a IN (1, '.repeat(d)}1${')'.repeat(d)}`,
  'IN with a subquery': (d) => `${'a IN (SELECT '.repeat(d)}1${')'.repeat(d)}`,
  signs: (d) => `${'- '.repeat(d)}1`,
  NOT: (d) => `${'NOT '.repeat(d)}a`,
  EXISTS: (d) => `${'EXISTS (SELECT '.repeat(d)}1${')'.repeat(d)}`,
  BETWEEN: (d) => `${'a BETWEEN ('.repeat(d)}1${') AND 2'.repeat(d)}`,
  CAST: (d) => `${'CAST('.repeat(d)}1${' AS INT)'.repeat(d)}`,
  TRIM: (d) => `${'TRIM('.repeat(d)}a${')'.repeat(d)}`,
  'TRIM FROM': (d) => `${'TRIM('.repeat(d)}a${' FROM b)'.repeat(d)}`,
  SUBSTRING: (d) => `${'SUBSTRING('.repeat(d)}a${' FROM 1)'.repeat(d)}`,
  'SUBSTRING with commas': (d) => `${'SUBSTRING('.repeat(d)}a${', 1)'.repeat(d)}`,
  FLOOR: (d) => `${'FLOOR('.repeat(d)}a${' TO DAY)'.repeat(d)}`,
  JSON_OBJECT: (d) => `${"JSON_OBJECT('a' VALUE ".repeat(d)}1${')'.repeat(d)}`,
  'JSON_OBJECT with KEY': (d) => `${"JSON_OBJECT(KEY 'a' VALUE ".repeat(d)}1${')'.repeat(d)}`,
  JSON_VALUE: (d) => `${'JSON_VALUE('.repeat(d)}a${", '$' ERROR ON ERROR)".repeat(d)}`,
  JSON_ARRAYAGG: (d) => `${'JSON_ARRAYAGG('.repeat(d)}1${')'.repeat(d)}`,
  OVERLAY: (d) => `${'OVERLAY('.repeat(d)}a${' PLACING b FROM 1)'.repeat(d)}`,
  POSITION: (d) => `${'POSITION('.repeat(d)}a${' IN b)'.repeat(d)}`,
  TIMESTAMPADD: (d) => `${'TIMESTAMPADD(WEEK, 1, '.repeat(d)}a${')'.repeat(d)}`,
  maps: (d) => `${'MAP[1, '.repeat(d)}1${']'.repeat(d)}`,
  'ARRAY of a query': (d) => `${'ARRAY(SELECT '.repeat(d)}1${')'.repeat(d)}`,
  'ANY of a list': (d) => `${'a = SOME ('.repeat(d)}1${')'.repeat(d)}`,
  LEFT: (d) => `${'LEFT('.repeat(d)}a${', 1)'.repeat(d)}`,
  arrays: (d) => `${'ARRAY['.repeat(d)}1${']'.repeat(d)}`,
  elements: (d) => `${'a['.repeat(d)}1${']'.repeat(d)}`,
  OVER: (d) => `${'SUM(1) OVER (ORDER BY '.repeat(d)}1${')'.repeat(d)}`,
  FILTER: (d) => `${'SUM(1) FILTER (WHERE '.repeat(d)}1${')'.repeat(d)}`,
  types: (d) => `CAST(a AS ${'ARRAY<'.repeat(d)}INT${'>'.repeat(d)})`,
  'row types': (d) => `CAST(a AS ${'ROW<a '.repeat(d)}INT${'>'.repeat(d)})`,
  VALUES: (d) => `${'(VALUES '.repeat(d)}1${')'.repeat(d)}`,
  WITH: (d) => `(${'WITH a AS ('.repeat(d)}SELECT 1${') SELECT 1'.repeat(d)})`,
  interval: (d) => `${'INTERVAL ('.repeat(d)}1${') DAY'.repeat(d)}`,
  'function tables': (d) => `(SELECT * FROM ${'f((SELECT * FROM '.repeat(d)}t${'))'.repeat(d)})`,
};

/** Counts the nodes that the grammar's actions make: whatever is read twice is made twice. */
class CountingBuilder extends AstBuilder {
  steps = 0;

  override node(kind: string, start: number, end: number, parts: Readonly<Record<string, unknown>>): unknown {
    this.steps++;
    return super.node(kind, start, end, parts);
  }
}

function stepsOf(text: string): number {
  const { codes, tokens } = tokenize(text);
  const builder = new CountingBuilder(tokens);
  try {
    generatedParse(codes, { startRule: 'OneExpression', builder, peg$library: true });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
  return builder.steps;
}

describe('nesting', () => {
  it.each(Object.entries(SHAPES))('%s: twice the depth is at most twice the work', (_, shape) => {
    const [single, double, fourfold] = [20, 40, 80].map((depth) => stepsOf(shape(depth)));
    expect(double! / single!).toBeLessThan(2.1);
    expect(fourfold! / double!).toBeLessThan(2.1);
  });

  it.each(Object.entries(SHAPES))('%s: a text that breaks off inside costs no more', (_, shape) => {
    const [double, fourfold] = [40, 80].map((depth) => {
      const text = shape(depth);
      return stepsOf(text.slice(0, text.length / 2));
    });
    expect(fourfold!).toBeLessThan(2.2 * double! + 20);
  });

  it.each(Object.entries(SHAPES))('%s: 2,000 levels are refused in words', (_, shape) => {
    let error: unknown;
    try {
      parseExpression(shape(2000));
    } catch (cause) {
      error = cause;
    }
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).code).toBe('SQL-NESTING');
    expect((error as EngineError).detail.span?.line).toBe(1);
  });

  it.each(Object.entries(SHAPES))('%s: as deep as allowed can be read and printed', (_, shape) => {
    const expr = parseExpression(shape(Math.floor((MAX_NESTING - 3) / 3)));
    expect(print(parseExpression(print(expr)))).toBe(print(expr));
  });

  it('does not count what stands side by side', () => {
    const wide = Array.from({ length: 5000 }, (_, i) => `f(${i})`);
    for (const operator of [' + ', ' AND ', ' || ']) {
      const text = wide.join(operator);
      expect(print(parseExpression(text))).toBe(text);
    }
    const union = wide.map((each) => `SELECT ${each}`).join(' UNION ALL ');
    expect(print(parseScript(union).statements[0]!)).toBe(union);
    const joins = `SELECT * FROM t${' CROSS JOIN u'.repeat(5000)}`;
    expect(print(parseScript(joins).statements[0]!)).toBe(joins);
  });

  it('leaves the statements before the deep one standing', () => {
    const { statements, error } = parseScript(`SELECT 1; SELECT ${'('.repeat(900)}1${')'.repeat(900)}; SELECT 2`);
    expect(statements).toHaveLength(1);
    expect(error?.code).toBe('SQL-NESTING');
  });
});
