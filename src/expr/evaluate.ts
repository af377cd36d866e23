/**
 * The interpreter: evaluates an expression over one row of edge values. It is the reference that the compiled kernels
 * are tested against, and it folds constants. Speed does not matter here, being right does.
 */
import { assert } from '../base/assert.ts';
import type { Value } from '../types/value.ts';
import type { Call, Expr } from './expr.ts';
import { type Evaluation, type EvaluationContext, Memo } from './functions/define.ts';
import { functions } from './functions/index.ts';

/** An expression made ready to be evaluated over many rows. */
export type Prepared = (row: readonly Value[]) => Value;

/**
 * @param row the values of the input columns
 * @returns the value, in the representation of `expr.type` (types/value.ts)
 * @throws EngineError RUN-… for what fails on these values (a cast, a division by zero)
 */
export function evaluate(expr: Expr, row: readonly Value[], context: EvaluationContext): Value {
  return prepare(expr, context)(row);
}

/** As `evaluate`, for many rows: functions are looked up, patterns and time zones made, only once. */
export function prepare(expr: Expr, context: EvaluationContext): Prepared {
  switch (expr.kind) {
    case 'literal': {
      const { value } = expr;
      return () => value;
    }
    case 'input-ref': {
      const { index } = expr;
      return (row) => {
        const value = row[index];
        assert(value !== undefined, `the row has no column ${index}`);
        return value;
      };
    }
    case 'call':
      return prepareCall(expr, context);
  }
}

function prepareCall(expr: Call, context: EvaluationContext): Prepared {
  const fn = functions.scalar(expr.fn);
  assert(fn !== undefined, `no function ${expr.fn} in the catalogue`);
  const argTypes = expr.args.map((arg) => arg.type);
  const literalArgs = expr.args.map((arg) => arg.kind === 'literal');
  const call: Evaluation = { type: expr.type, argTypes, literalArgs, context, memo: new Memo() };
  const args = expr.args.map((arg) => prepare(arg, context));
  if (fn.evaluateLazily !== undefined) {
    const lazily = fn.evaluateLazily;
    return (row) =>
      lazily(
        args.map((arg) => () => arg(row)),
        call,
      );
  }
  return (row) => {
    const values = args.map((arg) => arg(row));
    if (fn.strict && values.includes(null)) return null;
    return fn.evaluate(values, call);
  };
}
