/**
 * Expressions that have no compiled form (regular expressions, JSON, casts of strings …) are computed by the interpreter
 * over whole columns, and the kernel reads the result as one more column. An expression that is only evaluated under a
 * condition (a CASE branch, the right side of AND) is interpreted together with the condition, so that nothing fails for
 * rows that never asked.
 */

import type { Batch } from '../../columnar/batch.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import { RowReader } from '../../columnar/row-reader.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';
import { evaluate } from '../evaluate.ts';
import { type Expr, exprToJson, inputRef, inputsOf } from '../expr.ts';
import type { EvaluationContext } from '../functions/define.ts';
import { isCompilable } from './compile.ts';

/** Functions that leave arguments unevaluated. */
const LAZY = new Set(['AND', 'OR', 'CASE', 'IF', 'COALESCE', 'NULLIF', 'IFNULL']);

export interface Split {
  /** The expressions with interpreted parts replaced by references to columns after the input's. */
  readonly exprs: readonly Expr[];
  /** What those columns hold. */
  readonly interpreted: readonly Expr[];
}

export function splitInterpreted(exprs: readonly Expr[], inputCount: number): Split {
  const interpreted: Expr[] = [];
  const positions = new Map<string, number>();
  const replace = (expr: Expr): Expr => {
    if (isCompilable(expr)) return expr;
    const whole = expr.kind !== 'call' || LAZY.has(expr.fn) || !isCompilable(withSimpleArguments(expr));
    if (!whole) return { ...expr, args: expr.args.map(replace) };
    const key = exprToJson(expr);
    let position = positions.get(key);
    if (position === undefined) {
      position = interpreted.length;
      interpreted.push(expr);
      positions.set(key, position);
    }
    return inputRef(inputCount + position, expr.type);
  };
  return { exprs: exprs.map(replace), interpreted };
}

/** The call with columns in place of arguments that cannot be compiled: whether the call itself can. */
function withSimpleArguments(expr: Extract<Expr, { kind: 'call' }>): Expr {
  return { ...expr, args: expr.args.map((arg) => (isCompilable(arg) ? arg : inputRef(0, arg.type))) };
}

/** Computes interpreted columns for batches of one shape. */
export class InterpretedColumns {
  readonly #memory: LinearMemory;
  readonly #exprs: readonly Expr[];
  readonly #inputs: readonly number[];
  readonly #reader: RowReader;
  readonly #context: EvaluationContext;
  readonly #width: number;

  constructor(
    memory: LinearMemory,
    inputTypes: readonly DataType[],
    exprs: readonly Expr[],
    context: EvaluationContext,
  ) {
    this.#memory = memory;
    this.#exprs = exprs;
    this.#inputs = [...new Set(exprs.flatMap((expr) => inputsOf(expr)))];
    this.#reader = new RowReader(memory, inputTypes);
    this.#context = context;
    this.#width = inputTypes.length;
  }

  /** A batch with one column per expression; the caller releases it. */
  compute(batch: Batch): Batch {
    const builder = new BatchBuilder(
      this.#memory,
      this.#exprs.map((expr) => ({ ...expr.type, nullable: true })),
      Math.max(batch.rowCount, 1),
    );
    const row: Value[] = new Array<Value>(this.#width).fill(null);
    try {
      for (let i = 0; i < batch.rowCount; i++) {
        for (const input of this.#inputs) row[input] = this.#reader.value(batch, i, input);
        builder.append(this.#exprs.map((expr) => evaluate(expr, row, this.#context)));
      }
    } catch (error) {
      builder.close();
      throw error;
    }
    return builder.finish();
  }
}
