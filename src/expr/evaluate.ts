/**
 * The interpreter: evaluates an expression over one row of edge values. It is the reference that the compiled kernels are
 * tested against, and it folds constants. Speed does not matter here, being right does.
 */
import { assert } from '../base/assert.ts';
import type { Value } from '../types/value.ts';
import type { Call, Expr } from './expr.ts';
import type { Evaluation, EvaluationContext } from './functions/define.ts';
import { functions } from './functions/index.ts';

/**
 * @param row the values of the input columns
 * @returns the value, in the representation of `expr.type` (types/value.ts)
 * @throws EngineError RUN-… for what fails on these values (a cast, a division by zero)
 */
export function evaluate(expr: Expr, row: readonly Value[], context: EvaluationContext): Value {
  switch (expr.kind) {
    case 'literal':
      return expr.value;
    case 'input-ref': {
      const value = row[expr.index];
      assert(value !== undefined, `the row has no column ${expr.index}`);
      return value;
    }
    case 'call':
      return evaluateCall(expr, row, context);
  }
}

function evaluateCall(expr: Call, row: readonly Value[], context: EvaluationContext): Value {
  const fn = functions.scalar(expr.fn);
  assert(fn !== undefined, `no function ${expr.fn} in the catalogue`);
  const call: Evaluation = { type: expr.type, argTypes: expr.args.map((arg) => arg.type), context };
  if (fn.evaluateLazily !== undefined) {
    return fn.evaluateLazily(
      expr.args.map((arg) => () => evaluate(arg, row, context)),
      call,
    );
  }
  const args = expr.args.map((arg) => evaluate(arg, row, context));
  if (fn.strict && args.includes(null)) return null;
  return fn.evaluate(args, call);
}
