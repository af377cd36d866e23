/**
 * Expressions → kernel IR. `compileExpr` writes the statements that compute an expression for the current row and gives
 * the operand that holds the result. What is not listed in COMPILERS the kernel asks the interpreter for
 * (interpreted.ts).
 */
import { encodeNested } from '../../columnar/nested.ts';
import { physicalType } from '../../columnar/physical.ts';
import { f32, f64, type I32, i32, i64 } from '../../kernel/build.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';
import type { Call, Expr, Literal } from '../expr.ts';
import { functions } from '../functions/index.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { CASTS } from './cast.ts';
import { COMPARISON } from './comparison.ts';
import { CONDITIONAL } from './conditional.ts';
import type { CompileContext } from './context.ts';
import { DATE_TEXT } from './date-format.ts';
import { interpretCall, interpretTree } from './interpreted.ts';
import { PATTERN } from './like.ts';
import { compileCondition, LOGIC } from './logic.ts';
import { MATH } from './math.ts';
import { nullOperand, type Operand, operand } from './operand.ts';
import { STRING } from './string.ts';
import type { CallCompiler } from './table.ts';
import { TEMPORAL } from './temporal.ts';
import { TEMPORAL_PLUS } from './temporal-plus.ts';

/** The compiled functions by catalogue name. */
const COMPILERS: ReadonlyMap<string, CallCompiler> = new Map(
  [
    ARITHMETIC,
    CASTS,
    COMPARISON,
    CONDITIONAL,
    DATE_TEXT,
    LOGIC,
    MATH,
    PATTERN,
    STRING,
    TEMPORAL,
    TEMPORAL_PLUS,
  ].flatMap((table) => Object.entries(table)),
);

export function compileExpr(expr: Expr, context: CompileContext): Operand {
  switch (expr.kind) {
    case 'input-ref':
      return context.column(expr.index);
    case 'literal':
      return compileLiteral(expr, context);
    case 'call':
      return context.once(expr, () => context.bind(compileCall(expr, context), 'x'));
  }
}

/** 1 exactly where the predicate is true: what WHERE, ON and FILTER ask. */
export function compilePredicate(expr: Expr, context: CompileContext): I32 {
  return compileCondition(expr, context, (part) => compileExpr(part, context));
}

function compileCall(call: Call, context: CompileContext): Operand {
  const compiler = COMPILERS.get(call.fn);
  const compile = (arg: Expr): Operand => compileExpr(arg, context);
  if (compiler !== undefined && (compiler.accepts?.(call, context) ?? true)) {
    return compiler.emit(call, context, compile);
  }
  if (functions.scalar(call.fn)?.evaluateLazily !== undefined) return interpretTree(call, context);
  return interpretCall(call, call.args.map(compile), context);
}

function compileLiteral({ value, type }: Literal, context: CompileContext): Operand {
  const physical = physicalType(type);
  if (value === null) return nullOperand(type);
  switch (physical) {
    case 'u8':
      return operand(type, i32.const(value === true ? 1 : 0), null);
    case 'i8':
    case 'i16':
    case 'i32': {
      const exact = BigInt(value as number);
      return operand(type, i32.const(Number(value)), null, null, [exact, exact]);
    }
    case 'i64': {
      const unscaled = isTimestamp(type) ? floorDiv(value as bigint, 1000n) : (value as bigint);
      return operand(type, i64.const(unscaled), null, null, [unscaled, unscaled]);
    }
    case 'i128': {
      const wide = value as bigint;
      const high = BigInt.asIntN(64, wide) === wide ? null : i64.const(BigInt.asIntN(64, wide >> 64n));
      return operand(type, i64.const(BigInt.asIntN(64, wide)), null, high, [wide, wide]);
    }
    case 'f32':
      return operand(type, f32.const(Number(value)), null);
    case 'f64':
      return operand(type, f64.const(Number(value)), null);
    case 'view':
      return context.constantView(literalBytes(value, type), type);
  }
}

function literalBytes(value: Exclude<Value, null>, type: DataType): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  return value instanceof Uint8Array ? value : encodeNested(value, type);
}

function isTimestamp(type: Literal['type']): boolean {
  return type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ';
}

function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}
