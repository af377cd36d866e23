/**
 * What must hold of a pair of rows besides the keys. Compiled where it can be; else the columns that it reads are put
 * into one scratch row and the interpreter is asked, pair by pair.
 */
import { type ReadValue, valueReader } from '../../columnar/value-codec.ts';
import { compileExpr, compilePredicate, isCompilable } from '../../expr/compile/compile.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import { isFalse } from '../../expr/compile/operand.ts';
import { evaluate } from '../../expr/evaluate.ts';
import { type Expr, inputsOf } from '../../expr/expr.ts';
import type { EvaluationContext } from '../../expr/functions/define.ts';
import { call, extern, type I32, i32 } from '../../kernel/build.ts';
import type { Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';
import { RowLayout } from '../codegen/row-layout.ts';

/** Answers of the interpreter. */
const FALSE = 0;
const TRUE = 1;
const UNKNOWN = 2;
const EVALUATE = extern('join_condition', [], 'i32');

export class JoinCondition {
  readonly #expr: Expr;
  readonly #memory: LinearMemory;
  readonly #evaluation: EvaluationContext;
  readonly #columns: readonly number[];
  readonly #layout: RowLayout;
  readonly #readers: readonly ReadValue[];
  readonly #width: number;
  /** Address of the scratch row; 0: compiled. */
  readonly #scratch: number;

  /** @param types of the fields of a pair: left, then right */
  constructor(memory: LinearMemory, expr: Expr, types: readonly DataType[], evaluation: EvaluationContext) {
    this.#expr = expr;
    this.#memory = memory;
    this.#evaluation = evaluation;
    this.#columns = [...new Set(inputsOf(expr))];
    const columnTypes = this.#columns.map((column) => ({ ...types[column]!, nullable: true }));
    this.#layout = new RowLayout(columnTypes);
    this.#readers = columnTypes.map((type) => valueReader(memory, type));
    this.#width = types.length;
    this.#scratch = isCompilable(expr) ? 0 : memory.allocateZeroed(this.#layout.size);
  }

  get externs(): Readonly<Record<string, Extern>> {
    return this.#scratch === 0 ? {} : { join_condition: () => this.#evaluate() };
  }

  /** 1 exactly where it is true. @param pair context over the fields of the pair */
  holds(pair: CompileContext): I32 {
    if (this.#scratch === 0) return compilePredicate(this.#expr, pair);
    return i32.eq(this.#ask(pair), i32.const(TRUE));
  }

  /** 1 where it is true or unknown. */
  mayHold(pair: CompileContext): I32 {
    if (this.#scratch === 0) return i32.eqz(isFalse(compileExpr(this.#expr, pair)));
    return i32.ne(this.#ask(pair), i32.const(FALSE));
  }

  close(): void {
    this.#memory.free(this.#scratch);
  }

  #ask(pair: CompileContext): I32 {
    this.#columns.forEach((column, i) => {
      this.#layout.store(pair.f, i32.const(this.#scratch | 0), i, pair.column(column));
    });
    return pair.local('answer', call(EVALUATE) as I32);
  }

  #evaluate(): number {
    const row: Value[] = new Array<Value>(this.#width).fill(null);
    this.#columns.forEach((column, i) => {
      const { offset, validity } = this.#layout.fields[i]!;
      const valid = this.#memory.u8[this.#scratch + validity] !== 0;
      row[column] = valid ? this.#readers[i]!(this.#scratch + offset) : null;
    });
    const answer = evaluate(this.#expr, row, this.#evaluation);
    return answer === null ? UNKNOWN : answer === true ? TRUE : FALSE;
  }
}
