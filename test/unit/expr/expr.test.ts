import { expect, test } from 'vitest';
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
import { numberLiteral } from '../../../src/expr/literals.ts';
import { resolveBetween, resolveCase, resolveCast } from '../../../src/expr/operators.ts';
import { resolveCall, resolveNamed } from '../../../src/expr/resolve.ts';
import { BIGINT, DOUBLE, decimal, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import { CONTEXT } from './golden/tables.ts';

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

test('number literals have the types of their texts', () => {
  expect(numberLiteral('1')).toEqual(literal(1, INT));
  expect(numberLiteral('2147483648', true)).toEqual(literal(-2147483648, INT));
  expect(numberLiteral('2147483648')).toEqual(literal(2147483648n, BIGINT));
  expect(numberLiteral('0.50')).toEqual(literal(50n, decimal(3, 2)));
  expect(numberLiteral('1e3')).toEqual(literal(1000, DOUBLE));
  expect(() => numberLiteral('9223372036854775808')).toThrow('out of range');
});
