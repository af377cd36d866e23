/** How kernels make strings: calls of the library of text functions, concatenation, results that may be NULL. */
import { type I32, type I64, i32, i64, call as invoke, libraryFunction } from '../../kernel/build.ts';
import type { Expression } from '../../kernel/ir.ts';
import { bytesLibrary } from '../../kernel/library/bytes.ts';
import type { DataType } from '../../types/data-type.ts';
import type { CompileContext } from './context.ts';
import { addressOf, lengthOf, makeView } from './equality.ts';
import { NONE, textLibrary } from './library/text.ts';
import { type Operand, operand } from './operand.ts';

export function text(name: string, ...args: readonly Expression[]): Expression {
  return invoke(libraryFunction(textLibrary, name), ...args);
}

/** A string of the library's that is never NULL. */
export function textOperand(type: DataType, view: Expression): Operand {
  return operand(type, view, null);
}

/** A string of the library's; the view NONE is NULL. */
export function textOrNull(type: DataType, view: Expression, context: CompileContext): Operand {
  const made = context.local('text', view as I64);
  const valid = context.local('text_ok', i64.ne(made, i64.const(NONE)));
  const value = i64.and(made, i64.sub(i64.const(0), i64.extend_i32_u(valid)));
  return operand(type, context.local('text', value), valid);
}

/** Room for the bytes of a new string. */
export function reserve(length: I32, context: CompileContext): I32 {
  return context.f.let('to', invoke(context.reserveBytes, length) as I32);
}

/** Copies the bytes behind a view. */
export function copyTo(to: I32, view: I64, context: CompileContext): void {
  context.f.do(invoke(libraryFunction(bytesLibrary, 'bytes_copy'), to, addressOf(view), lengthOf(view)));
}

/** The strings one after another. */
export function concatenation(views: readonly I64[], context: CompileContext): I64 {
  const lengths = views.map((view) => context.local('n', lengthOf(view)));
  const total = context.local(
    'total',
    lengths.reduce((sum, each) => i32.add(sum, each)),
  );
  const to = reserve(total, context);
  let at = to;
  views.forEach((view, i) => {
    copyTo(at, view, context);
    at = context.local('at', i32.add(at, lengths[i]!));
  });
  return context.local('joined', makeView(to, total));
}
