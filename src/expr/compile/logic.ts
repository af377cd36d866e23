/** AND, OR, NOT, IS …: three-valued logic, with the right operand skipped where it could fail or is dear. */
import { type I32, i32 } from '../../kernel/build.ts';
import { BOOLEAN } from '../../types/data-type.ts';
import type { Call, Expr } from '../expr.ts';
import type { CompileContext } from './context.ts';
import { asI32, isFalse, isTrue, type Operand, operand, validity } from './operand.ts';
import type { Compile, CompilerTable } from './table.ts';

/** Comparisons and arithmetic that can neither fail nor take long: evaluated on both sides, without a branch. */
const CHEAP = new Set(['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', 'AND', 'OR', 'NOT', 'IS NULL', 'IS NOT NULL']);

/** Whether evaluating it for nothing costs less than a branch. */
export function isCheap(expr: Expr): boolean {
  if (expr.kind !== 'call') return true;
  if (!CHEAP.has(expr.fn) && !(expr.fn === 'CAST' && expr.type.kind === expr.args[0]!.type.kind)) return false;
  return expr.args.every((arg) => isCheap(arg) && !isText(arg));
}

function isText(expr: Expr): boolean {
  return expr.type.kind === 'VARCHAR' || expr.type.kind === 'CHAR';
}

/** 1 exactly where the predicate is true. NULL counts as false, so no validity is computed for AND and OR. */
export function compileCondition(expr: Expr, context: CompileContext, compile: Compile): I32 {
  if (expr.kind !== 'call') return isTrue(compile(expr));
  switch (expr.fn) {
    case 'AND':
      return junction(expr, context, compile, compileCondition, false);
    case 'OR':
      return junction(expr, context, compile, compileCondition, true);
    case 'NOT':
      return compileRefutation(expr.args[0]!, context, compile);
    default:
      return isTrue(compile(expr));
  }
}

/** 1 exactly where the predicate is false. */
function compileRefutation(expr: Expr, context: CompileContext, compile: Compile): I32 {
  if (expr.kind !== 'call') return isFalse(compile(expr));
  switch (expr.fn) {
    case 'AND':
      return junction(expr, context, compile, compileRefutation, true);
    case 'OR':
      return junction(expr, context, compile, compileRefutation, false);
    case 'NOT':
      return compileCondition(expr.args[0]!, context, compile);
    default:
      return isFalse(compile(expr));
  }
}

type Part = (expr: Expr, context: CompileContext, compile: Compile) => I32;

/** The tests that all have to hold, in the order in which they are made. */
export function testsOf(condition: Expr): readonly Expr[] {
  const flat = (expr: Expr): readonly Expr[] =>
    expr.kind === 'call' && expr.fn === 'AND' ? expr.args.flatMap(flat) : [expr];
  return inOrder(flat(condition));
}

/** What is cheap first, unless a failure could come to light that another part prevents. */
function inOrder(parts: readonly Expr[]): readonly Expr[] {
  if (!parts.every((part) => isCheap(part) || cannotFail(part))) return parts;
  return [...parts].sort((a, b) => Number(isCheap(b)) - Number(isCheap(a)));
}

/** All parts (or, if `any`, one of them) hold; a dear part is only looked at while the answer is open. */
function junction(call: Call, context: CompileContext, compile: Compile, part: Part, any: boolean): I32 {
  const ordered = inOrder(call.args);
  const combine = any ? i32.or : i32.and;
  let result = part(ordered[0]!, context, compile);
  for (const next of ordered.slice(1)) {
    if (isCheap(next)) {
      result = context.local('p', combine(result, part(next, context, compile)));
      continue;
    }
    const open = context.f.let('p', result);
    context.branch(any ? i32.eqz(open) : open, () => {
      context.f.set(open, part(next, context, compile));
    });
    result = open;
  }
  return result;
}

/** Functions over strings that are dear but give an answer for every input. */
const TOTAL = new Set(['LIKE', 'IN', 'SUBSTRING', 'UPPER', 'LOWER', 'CHAR_LENGTH', 'EXTRACT', 'CASE']);

/** Whether it gives an answer for every input. */
export function cannotFail(expr: Expr): boolean {
  if (expr.kind !== 'call') return true;
  if (!TOTAL.has(expr.fn) && !CHEAP.has(expr.fn)) return false;
  return expr.args.every(cannotFail);
}

/** The three-valued result: known where either side decides or both are known. */
function threeValued(call: Call, context: CompileContext, compile: Compile): Operand {
  if (!call.type.nullable) {
    const value = compileCondition(call, context, compile);
    return operand(call.type, value, null);
  }
  const holds = compileCondition(call, context, compile);
  const fails = compileRefutation(call, context, compile);
  const held = context.local('t', holds);
  return operand(call.type, held, i32.or(held, fails));
}

function test(value: (operand: Operand) => I32) {
  return {
    emit: (call: Call, _: CompileContext, compile: Compile): Operand =>
      operand({ ...BOOLEAN, nullable: false }, value(compile(call.args[0]!)), null),
  };
}

export const LOGIC: CompilerTable = {
  AND: { emit: (call, context, compile) => threeValued(call, context, compile) },
  OR: { emit: (call, context, compile) => threeValued(call, context, compile) },
  NOT: {
    emit: (call, _, compile) => {
      const arg = compile(call.args[0]!);
      return operand(call.type, i32.xor(asI32(arg), i32.const(1)), arg.valid);
    },
  },
  'IS NULL': test((arg) => (arg.valid === null ? i32.const(0) : i32.xor(arg.valid, i32.const(1)))),
  'IS NOT NULL': test(validity),
  'IS TRUE': test(isTrue),
  'IS FALSE': test(isFalse),
  'IS NOT TRUE': test((arg) => i32.xor(isTrue(arg), i32.const(1))),
  'IS NOT FALSE': test((arg) => i32.xor(isFalse(arg), i32.const(1))),
  'IS UNKNOWN': test((arg) => i32.xor(validity(arg), i32.const(1))),
  'IS NOT UNKNOWN': test(validity),
};
