import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/base/errors.ts';
import { editDistance } from '../../../src/base/nearest.ts';
import { renderError } from '../../../src/base/source-text.ts';
import { parseExpression } from '../../../src/sql/parse.ts';
import { errorOf } from './support.ts';

/** text, place, message, hint */
const MISTAKES: readonly (readonly [string, string, string, string | undefined])[] = [
  [
    'SELECT a,\n  b\nFORM t\nWHERE a > 1',
    '3:6',
    'unexpected "t"; expected ",", FROM, a set operator, ORDER, LIMIT, OFFSET or FETCH',
    'did you mean FROM instead of "FORM" at 3:1?',
  ],
  [
    'SELECT COUNT(a FROM t',
    '1:16',
    'unexpected "FROM"; expected an operator, "=>", ",", IGNORE, RESPECT, ORDER or ")"',
    'close the parenthesis before "FROM"',
  ],
  ['SELECT a, b,\nFROM t', '2:1', 'unexpected "FROM"; expected an expression or "*"', 'remove the "," at 1:12'],
  ["SELECT 'abc FROM t", '1:8', 'unterminated string literal', "close it with '"],
  [
    'SELECT a, COUNT(*)\nFROM t\nGROUP BY\nORDER BY a',
    '4:1',
    'unexpected "ORDER"; expected an expression, ALL, DISTINCT, GROUPING, CUBE or ROLLUP',
    undefined,
  ],
  ['SELECT a FROM t WHERE', '1:22', 'unexpected end of input; expected an expression', undefined],
  [
    'SELECT a FROM t WHERE select = 1',
    '1:23',
    'unexpected "select"; expected an expression',
    'SELECT is a reserved word; as a name write `select`',
  ],
  [
    "CREATE TABLE t (\n  a INT,\n  b STRINGG\n) WITH ('connector' 'kafka')",
    '4:21',
    'unexpected "\'kafka\'"; expected "="',
    undefined,
  ],
  [
    "CREATE TABLE t (ts TIMESTAMP(3), WATERMRK FOR ts AS ts) WITH ('connector'='x')",
    '1:43',
    'unexpected "FOR"; expected a data type or AS',
    'did you mean WATERMARK instead of "WATERMRK" at 1:34?',
  ],
  [
    "SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' MINUTS))",
    '1:67',
    'unexpected "MINUTS"; expected a time unit',
    'did you mean MINUTES instead of "MINUTS" at 1:67?',
  ],
  [
    'SELECT a != b FROM t',
    '1:10',
    'unexpected "!="; expected an operator, AS, a name, ",", FROM, a set operator, ORDER, LIMIT, …',
    "write '<>' for 'not equal'",
  ],
  [
    'SELECT a == 1',
    '1:10',
    'unexpected "=="; expected an operator, AS, a name, ",", FROM, a set operator, ORDER, LIMIT, …',
    "write '=' for 'equal'",
  ],
  [
    'SELECT a::INT FROM t',
    '1:9',
    'unexpected "::"; expected an operator, AS, a name, ",", FROM, a set operator, ORDER, LIMIT, …',
    'write CAST(value AS type)',
  ],
  [
    'SET execution.runtime-mode = batch;',
    '1:5',
    'unexpected "execution"; expected a string',
    "quote the key and the value: SET 'execution.runtime-mode' = 'batch'",
  ],
  ['SELECT "a" FROM t', '1:8', 'double quotes have no meaning here', "write `a` for a name, 'a' for a string"],
  ['SELEC 1', '1:1', 'unexpected "SELEC"; expected a statement', 'did you mean SELECT instead of "SELEC" at 1:1?'],
  [
    'SELECT a FROM t GROPU BY a',
    '1:23',
    'unexpected "BY"; expected "(", MATCH_RECOGNIZE, PIVOT, UNPIVOT, a join, ",", WHERE, GROUP, …',
    'did you mean GROUP instead of "GROPU" at 1:17?',
  ],
  [
    'CREATE TABEL t (a INT)',
    '1:8',
    'unexpected "TABEL"; expected OR, TEMPORARY, TABLE, MATERIALIZED, VIEW, CATALOG, DATABASE, FUNCTION, …',
    'did you mean TABLE instead of "TABEL" at 1:8?',
  ],
  [
    'SELECT CAST(a AS VARCHR(3)) FROM t',
    '1:24',
    'unexpected "("; expected ".", ARRAY, MULTISET or ")"',
    'did you mean VARCHAR instead of "VARCHR" at 1:18?',
  ],
  [
    'SELECT value FROM t',
    '1:8',
    'unexpected "value"; expected an expression, "/*+", ALL, DISTINCT or "*"',
    'VALUE is a reserved word; as a name write `value`',
  ],
  ['SELECT a FROM t LIMIT x', '1:23', 'unexpected "x"; expected a number, "?" or ALL', undefined],
  [
    'INSERT INTO t VALUES (1, 2',
    '1:27',
    'unexpected end of input; expected an operator, "," or ")"',
    'the "(" at 1:22 is not closed',
  ],
  [
    'SHOW TABELS',
    '1:6',
    'unexpected "TABELS"; expected CREATE, CURRENT, PARTITIONS, COLUMNS, MODULES, JARS, JOBS, FULL, …',
    'did you mean TABLES instead of "TABELS" at 1:6?',
  ],
  ['/* a', '1:1', 'unterminated comment', "close it with '*/'"],
  ['SELECT @a', '1:8', 'unexpected character "@"', undefined],
  [
    "CREATE TABLE t (a INT) WITH (connector = 'x')",
    '1:30',
    'unexpected "connector"; expected a string',
    "put it in quotes: 'connector'",
  ],
  [
    'SELECT a FROM t;\nSELECT b FRM t;',
    '2:14',
    'unexpected "t"; expected ",", FROM, a set operator, ORDER, LIMIT, OFFSET or FETCH',
    'did you mean FROM instead of "FRM" at 2:10?',
  ],
  [
    'SELECT EXTRACT(YAER FROM d)',
    '1:16',
    'unexpected "YAER"; expected a time unit',
    'did you mean YEAR instead of "YAER" at 1:16?',
  ],
  [
    'SELECT a FROM t ORDER BY a DSC',
    '1:28',
    'unexpected "DSC"; expected an operator, ASC, DESC, NULLS, ",", LIMIT, OFFSET or FETCH',
    'did you mean DESC instead of "DSC" at 1:28?',
  ],
  [
    'CREATE TABLE t (a INT,)',
    '1:23',
    'unexpected ")"; expected WATERMARK, CONSTRAINT, PRIMARY, UNIQUE or a name',
    'remove the "," at 1:22',
  ],
  [
    'SELECT f(a,) FROM t',
    '1:12',
    'unexpected ")"; expected an expression, TABLE, MODEL, DESCRIPTOR or DEFAULT',
    'remove the "," at 1:11',
  ],
  [
    'SELECT a b c FROM t',
    '1:12',
    'unexpected "c"; expected ",", FROM, a set operator, ORDER, LIMIT, OFFSET or FETCH',
    undefined,
  ],
];

describe('common mistakes', () => {
  it.each(MISTAKES)('%s', (text, place, message, hint) => {
    const { message: actual, detail } = errorOf(text);
    expect({ place: `${detail.span?.line}:${detail.span?.column}`, message: actual, hint: detail.hint }).toEqual({
      place,
      message,
      hint,
    });
  });

  it('are never put right by a wrong word', () => {
    for (const text of ['SELECT abc xyz pqr FROM t', 'SELECT 1 2', 'SELECT a FROM t u v']) {
      expect(errorOf(text).detail.hint).toBeUndefined();
    }
  });
});

describe('renderError', () => {
  it('shows the place, the line, a caret and the hint', () => {
    const text = 'SELECT a,\n  b\nFORM t\nWHERE a > 1';
    expect(renderError(errorOf(text), text, 'q.sql').split('\n')).toEqual([
      'q.sql:3:6: unexpected "t"; expected ",", FROM, a set operator, ORDER, LIMIT, OFFSET or FETCH',
      '3 | FORM t',
      '  |      ^',
      'hint: did you mean FROM instead of "FORM" at 3:1?',
    ]);
  });

  it('marks the whole word, keeps tabs and counts wide letters twice', () => {
    const text = '\tSELECT 주문 FROM t';
    const error = new EngineError('X', 'wrong', { span: { offset: 8, length: 2, line: 1, column: 9 } });
    expect(renderError(error, text).split('\n').slice(1)).toEqual([`1 | ${text}`, '  | \t       ^^^^']);
    const later = new EngineError('X', 'wrong', { span: { offset: 11, length: 4, line: 1, column: 12 } });
    expect(renderError(later, text).split('\n')[2]).toBe('  | \t            ^^^^');
  });

  it('does without a span', () => {
    expect(renderError(new EngineError('X', 'no such thing', { hint: 'try another' }), '', 'f')).toBe(
      'f: no such thing\nhint: try another',
    );
  });
});

describe('parseExpression', () => {
  it('wants one expression and nothing after it', () => {
    expect(() => parseExpression('a b')).toThrow('unexpected "b"; expected an operator or end of input');
    expect(() => parseExpression('')).toThrow('unexpected end of input; expected an expression');
    expect(() => parseExpression("'a")).toThrow('unterminated string literal');
  });
});

describe('editDistance', () => {
  it('counts a swap of neighbours as one', () => {
    expect(editDistance('FORM', 'FROM')).toBe(1);
    expect(editDistance('MINUTS', 'MINUTES')).toBe(1);
    expect(editDistance('', 'ABC')).toBe(3);
    expect(editDistance('KITTEN', 'SITTING')).toBe(3);
  });
});
