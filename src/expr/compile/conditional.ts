/** CASE, IF, COALESCE, IFNULL: only the branch that is taken is evaluated. */

import { physicalType } from '../../columnar/physical.ts';
import type { Typed } from '../../kernel/build.ts';
import type { ValueType } from '../../kernel/ir.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Call, Expr } from '../expr.ts';
import type { CompileContext } from './context.ts';
import { compileCondition } from './logic.ts';
import { highOf, kernelType, type Operand, operand, type Range, rangeOf, validity } from './operand.ts';
import type { Compile, CompilerTable } from './table.ts';

/** Locals that the branches of a conditional write their result to. */
class Target {
  readonly #context: CompileContext;
  readonly #type: DataType;
  readonly #value;
  readonly #high;
  readonly #valid;
  #range: Range | null = null;

  constructor(context: CompileContext, type: DataType) {
    const physical = physicalType(type);
    this.#context = context;
    this.#type = type;
    this.#value = context.f.declare('r', kernelType(physical));
    this.#high = physical === 'i128' ? context.f.declare('r_hi', 'i64') : null;
    this.#valid = type.nullable ? context.f.declare('r_ok', 'i32') : null;
  }

  assign(from: Operand): void {
    const f = this.#context.f;
    f.set(this.#value, from.value as Typed<ValueType>);
    if (this.#high !== null) f.set(this.#high, highOf(from));
    if (this.#valid !== null) f.set(this.#valid, validity(from));
    if (from.valid?.kind === 'constant' && from.valid.value === 0) return;
    if (this.#value.type === 'i32' || this.#value.type === 'i64') {
      const [low, high] = rangeOf(from);
      this.#range = this.#range === null ? [low, high] : [min(low, this.#range[0]), max(high, this.#range[1])];
    }
  }

  result(): Operand {
    const numeric = this.#type.kind === 'DECIMAL' || this.#type.kind === 'INT' || this.#type.kind === 'BIGINT';
    const range = numeric && this.#range !== null ? this.#range : undefined;
    return operand(this.#type, this.#value, this.#valid, this.#high, range);
  }
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** CASE w1 THEN t1 … ELSE e: nested branches, each result written to the same locals. */
function emitCase(args: readonly Expr[], type: DataType, context: CompileContext, compile: Compile): Operand {
  const target = new Target(context, type);
  const from = (at: number): void => {
    if (at === args.length - 1) {
      target.assign(compile(args[at]!));
      return;
    }
    const when = compileCondition(args[at]!, context, compile);
    context.branch(
      when,
      () => target.assign(compile(args[at + 1]!)),
      () => from(at + 2),
    );
  };
  from(0);
  return target.result();
}

/** The first argument that is not NULL; the others are not evaluated. */
function emitCoalesce(args: readonly Expr[], type: DataType, context: CompileContext, compile: Compile): Operand {
  const target = new Target(context, type);
  const from = (at: number): void => {
    const value = compile(args[at]!);
    if (at === args.length - 1 || value.valid === null) {
      target.assign(value);
      return;
    }
    context.branch(
      value.valid,
      () => target.assign(value),
      () => from(at + 1),
    );
  };
  from(0);
  return target.result();
}

/** All arguments that can be the result have its physical form. */
function alike(from: number, step: number): (call: Call) => boolean {
  return (call) => {
    const physical = physicalType(call.type);
    return call.args.every((arg, i) => {
      const isResult = (i >= from && (i - from) % step === 0) || i === call.args.length - 1;
      return !isResult || physicalType(arg.type) === physical;
    });
  };
}

export const CONDITIONAL: CompilerTable = {
  CASE: { accepts: alike(1, 2), emit: (call, context, compile) => emitCase(call.args, call.type, context, compile) },
  IF: { accepts: alike(1, 1), emit: (call, context, compile) => emitCase(call.args, call.type, context, compile) },
  COALESCE: {
    accepts: alike(0, 1),
    emit: (call, context, compile) => emitCoalesce(call.args, call.type, context, compile),
  },
  IFNULL: {
    accepts: alike(0, 1),
    emit: (call, context, compile) => emitCoalesce(call.args, call.type, context, compile),
  },
};
