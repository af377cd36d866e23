/** Expressions as Flink's EXPLAIN prints them; the texts are from test/golden/changelogs. */
import { expect, test } from 'vitest';
import { call, type Expr, inputRef, literal } from '../../../../src/expr/expr.ts';
import { printDouble } from '../../../../src/planner/explain.ts';
import { printExpr } from '../../../../src/planner/explain-expr.ts';
import {
  BIGINT,
  BOOLEAN,
  binary,
  char,
  DATE,
  type DataType,
  DOUBLE,
  decimal,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  nullable,
  STRING,
  timestamp,
  varchar,
} from '../../../../src/types/data-type.ts';

const NAMES = ['means', 'amount', 'ts'];
const means = inputRef(0, nullable(STRING));
const amount = inputRef(1, nullable(INT));
const fn = (name: string, ...args: readonly Expr[]): Expr => call(name, args, BOOLEAN);
const both = (expr: Expr): readonly string[] => [printExpr(expr, NAMES, 'prefix'), printExpr(expr, NAMES, 'infix')];
const lit = (value: Parameters<typeof literal>[0], type: DataType): readonly string[] => both(literal(value, type));

test('calls: prefix and infix', () => {
  expect(both(fn('=', means, literal('card', STRING)))).toEqual([
    `=(means, _UTF-16LE'card':VARCHAR(2147483647) CHARACTER SET "UTF-16LE")`,
    "(means = 'card')",
  ]);
  expect(both(fn('IS TRUE', fn('>', amount, literal(0, INT))))).toEqual([
    'IS TRUE(>(amount, 0))',
    '(amount > 0) IS TRUE',
  ]);
  expect(both(call('CAST', [amount], nullable(STRING)))[0]).toBe(
    'CAST(amount AS VARCHAR(2147483647) CHARACTER SET "UTF-16LE")',
  );
  const three = fn('AND', fn('AND', means, amount), fn('IS NULL', means));
  expect(both(three)).toEqual(['AND(means, amount, IS NULL(means))', '(means AND amount AND means IS NULL)']);
});

test('literals carry their type in the physical plan where it is not the natural one', () => {
  expect(lit(1, INT)).toEqual(['1', '1']);
  expect(lit(1n, BIGINT)).toEqual(['1:BIGINT', '1']);
  expect(lit(250n, decimal(5, 2))).toEqual(['2.50:DECIMAL(5, 2)', '2.50']);
  expect(lit(1e-7, DOUBLE)).toEqual(['1E-7:DOUBLE', '1E-7']);
  expect(lit('x', char(1))).toEqual(["_UTF-16LE'x'", "'x'"]);
  expect(lit('hi', varchar(2))[0]).toBe(`_UTF-16LE'hi':VARCHAR(2) CHARACTER SET "UTF-16LE"`);
  expect(lit(null, nullable(INT))).toEqual(['null:INTEGER', 'null:INTEGER']);
  expect(lit(19782, DATE)).toEqual(['2024-02-29', '2024-02-29']);
  expect(lit(1709208000123000000n, timestamp(3))).toEqual([
    '2024-02-29 12:00:00.123:TIMESTAMP(3)',
    '2024-02-29 12:00:00.123',
  ]);
  expect(lit(86_400_000n, INTERVAL_DAY_TIME)).toEqual(['86400000:INTERVAL DAY', '86400000:INTERVAL DAY']);
  expect(lit(3000n, INTERVAL_DAY_TIME)[1]).toBe('3000:INTERVAL SECOND');
  expect(lit(14, INTERVAL_YEAR_MONTH)[0]).toBe('14:INTERVAL MONTH');
  expect(lit(Uint8Array.of(0xca, 0xfe), binary(2))).toEqual(["X'cafe':BINARY(2)", "X'cafe'"]);
});

test('costs are printed as Java prints doubles', () => {
  expect([1_500_000, 2.55e8, 0, 100.25, 33_900_000].map(printDouble)).toEqual([
    '1500000.0',
    '2.55E8',
    '0.0',
    '100.25',
    '3.39E7',
  ]);
});
