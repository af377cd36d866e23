import { describe, expect, test } from 'vitest';
import { EngineError } from '../../../src/base/errors.ts';
import { evaluate } from '../../../src/expr/evaluate.ts';
import {
  call,
  exprFromJson,
  exprToJson,
  inputRef,
  inputsOf,
  literal,
  remapInputs,
  substituteInputs,
} from '../../../src/expr/expr.ts';
import { resolveBetween, resolveCase, resolveCast } from '../../../src/expr/operators.ts';
import { resolveCall, resolveNamed } from '../../../src/expr/resolve.ts';
import { parseExpression } from '../../../src/sql/parse.ts';
import { BIGINT, DOUBLE, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import { printType } from '../../../src/types/print.ts';
import { CONTEXT, Scope } from './golden/bind.ts';

const column = inputRef(1, nullable(INT));

test('expressions survive JSON with bigints, bytes and special numbers', () => {
  const tree = call('f', [literal(5n, BIGINT), literal(Number.NaN, DOUBLE), literal(-0, DOUBLE), column], INT);
  expect(exprFromJson(exprToJson(tree))).toEqual(tree);
});

test('input columns are found, renumbered and replaced', () => {
  const sum = resolveCall('+', [column, inputRef(0, INT)]);
  expect(inputsOf(sum)).toEqual([0, 1]);
  expect(inputsOf(remapInputs(sum, (index) => index + 10))).toEqual([10, 11]);
  expect(inputsOf(substituteInputs(sum, [literal(1, INT), column]))).toEqual([1]);
});

test('implicit casts are written out', () => {
  const sum = resolveCall('+', [column, literal(1n, BIGINT)]);
  expect(sum).toEqual(call('+', [call('CAST', [column], nullable(BIGINT)), literal(1n, BIGINT)], nullable(BIGINT)));
  expect(evaluate(sum, [0, 41], CONTEXT)).toBe(42n);
  expect(evaluate(sum, [0, null], CONTEXT)).toBeNull();
});

test('errors name the function, and what would work', () => {
  const refused = (run: () => unknown): EngineError => {
    try {
      run();
    } catch (error) {
      if (error instanceof EngineError) return error;
    }
    throw new Error('it was accepted');
  };
  expect(refused(() => resolveNamed('UPER', []))).toMatchObject({
    code: 'SQL-FUNCTION-UNKNOWN',
    detail: { hint: 'did you mean UPPER?' },
  });
  expect(refused(() => resolveNamed('UPPER', [column]))).toMatchObject({
    code: 'SQL-ARGUMENT-TYPE',
    message: 'cannot apply UPPER to (INT): argument 1 must be a string',
  });
  expect(refused(() => resolveNamed('UPPER', [])).message).toBe('UPPER takes 1 arguments, not 0');
  expect(refused(() => resolveNamed('+', [column, column])).code).toBe('SQL-FUNCTION-UNKNOWN');
  expect(
    refused(() =>
      resolveCast(literal(true, { kind: 'BOOLEAN', nullable: false }), { kind: 'DATE', nullable: true }, false),
    ).code,
  ).toBe('SQL-TYPE');
});

test('run-time errors have codes', () => {
  const text = literal('x', STRING);
  expect(() => evaluate(resolveCast(text, INT, false), [], CONTEXT)).toThrow("cannot cast 'x' to INT");
  expect(evaluate(resolveCast(text, INT, true), [], CONTEXT)).toBeNull();
  expect(() => evaluate(resolveCall('/', [literal(1, INT), literal(0, INT)]), [], CONTEXT)).toThrow('division by zero');
});

test('AND and CASE evaluate no more than they need', () => {
  const fails = resolveCall('=', [resolveCall('/', [literal(1, INT), literal(0, INT)]), literal(1, INT)]);
  const no = literal(false, { kind: 'BOOLEAN', nullable: false });
  expect(evaluate(resolveCall('AND', [no, fails]), [], CONTEXT)).toBe(false);
  expect(evaluate(resolveCase(null, [{ when: no, result: fails }], no), [], CONTEXT)).toBe(false);
});

test('NOT BETWEEN is below or above, so that NaN is neither', () => {
  const nan = literal(Number.NaN, DOUBLE);
  const options = { negated: true, symmetric: false };
  expect(evaluate(resolveBetween(nan, literal(0, DOUBLE), literal(1, DOUBLE), options), [], CONTEXT)).toBe(false);
});

/** Flink 2.3's answers: the type, or what it refuses. */
describe('literals', () => {
  const typeOf = (text: string): string => printType(new Scope([]).bind(parseExpression(text)).type);

  test.each([
    ['00012', 'INT NOT NULL'],
    ['-2147483648', 'INT NOT NULL'],
    ['2147483648', 'BIGINT NOT NULL'],
    ['-9223372036854775808', 'BIGINT NOT NULL'],
    ['000.10', 'DECIMAL(5, 2) NOT NULL'],
    ['0.1234567890123456789', 'DECIMAL(20, 19) NOT NULL'],
    ['5.', 'INT NOT NULL'],
    ['1e-400', 'DOUBLE NOT NULL'],
    ["TIMESTAMP '2020-01-01'", 'TIMESTAMP(0) NOT NULL'],
    ["TIMESTAMP '2020-01-01 00:00:00.1234567891'", 'TIMESTAMP(9) NOT NULL'],
    ["TIME '1:2:3'", 'TIME(0) NOT NULL'],
    ["INTERVAL '0099' DAY", 'INTERVAL SECOND(3) NOT NULL'],
    ["INTERVAL '123' DAY(3)", 'INTERVAL SECOND(3) NOT NULL'],
    ["INTERVAL '1.5' SECOND(2, 1)", 'INTERVAL SECOND(3) NOT NULL'],
    ['CAST(1 AS DECIMAL(39, 2))', 'DECIMAL(38, 2) NOT NULL'],
    ["CAST('ab' AS VARCHAR)", 'STRING NOT NULL'],
    ["CAST(DATE '2020-01-01' AS TIMESTAMP(10))", 'TIMESTAMP(9) NOT NULL'],
  ])('%s is %s', (text, type) => {
    expect(typeOf(text)).toBe(type);
  });

  test.each([
    ['9223372036854775808', 'number 9223372036854775808 is out of range'],
    ['12345678901234567890.5', 'number 12345678901234567890.5 is out of range'],
    ['1.00000000000000000000', 'number 1.00000000000000000000 is out of range'],
    ['1e400', 'number 1e400 is out of range'],
    ["DATE '2020-13-01'", "illegal DATE literal '2020-13-01'"],
    ["TIME '25:00:00'", "illegal TIME literal '25:00:00'"],
    ["INTERVAL '123' DAY", '123 has more than 2 digits'],
    ["INTERVAL '123 10' DAY TO HOUR", '123 has more than 2 digits'],
    ["INTERVAL '1.1234567' SECOND", '1234567 has more than 6 digits'],
    ["INTERVAL '1.55' SECOND(2, 1)", '55 has more than 1 digits'],
    ["INTERVAL '1-13' YEAR TO MONTH", "illegal interval literal '1-13' YEAR TO MONTH"],
    ["INTERVAL '1' DAY(11)", 'the leading precision of an interval must be between 1 and 10, not 11'],
    ["INTERVAL '1' DAY(0)", 'the leading precision of an interval must be between 1 and 10, not 0'],
    ["INTERVAL '1' SECOND(2, 10)", 'the fractional precision of an interval must be between 1 and 9, not 10'],
  ])('%s: %s', (text, message) => {
    expect(() => typeOf(text)).toThrow(message);
  });

  test('a TIMESTAMP WITH LOCAL TIME ZONE is read in UTC, whatever the zone of the session', () => {
    const scope = new Scope([], 'Asia/Tokyo');
    const expr = scope.bind(parseExpression("TIMESTAMP WITH LOCAL TIME ZONE '1970-01-01 00:00:00'"));
    expect(expr).toMatchObject({ kind: 'literal', value: 0n });
  });
});
