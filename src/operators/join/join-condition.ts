/** What must hold of a pair of rows besides the keys. */
import { compileExpr, compilePredicate } from '../../expr/compile/compile.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import { isFalse } from '../../expr/compile/operand.ts';
import type { Expr } from '../../expr/expr.ts';
import { type I32, i32 } from '../../kernel/build.ts';

export class JoinCondition {
  readonly #expr: Expr;

  constructor(expr: Expr) {
    this.#expr = expr;
  }

  /** 1 exactly where it is true. @param pair context over the fields of the pair */
  holds(pair: CompileContext): I32 {
    return compilePredicate(this.#expr, pair);
  }

  /** 1 where it is true or unknown. */
  mayHold(pair: CompileContext): I32 {
    return i32.eqz(isFalse(compileExpr(this.#expr, pair)));
  }
}
