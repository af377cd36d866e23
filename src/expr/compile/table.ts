/** What the compiler of one function is: an entry of the table that compile.ts looks functions up in. */
import type { Call, Expr } from '../expr.ts';
import type { CompileContext } from './context.ts';
import type { Operand } from './operand.ts';

export type Compile = (expr: Expr) => Operand;

/** Compiles one function of the catalogue. */
export interface CallCompiler {
  /** Whether this call, with its argument types, can be compiled; else it is interpreted. Default: always. */
  readonly accepts?: (call: Call, context: CompileContext) => boolean;
  /**
   * `compile` compiles an argument in the current block; arguments that may be skipped are compiled in
   * `context.branch`.
   */
  readonly emit: (call: Call, context: CompileContext, compile: Compile) => Operand;
}

export type CompilerTable = Readonly<Record<string, CallCompiler>>;
