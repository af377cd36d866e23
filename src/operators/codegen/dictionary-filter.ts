/**
 * Tests of one string column of a dictionary: made once for each string that there is, so that a row only looks up what
 * was found for its number.
 */
import { compilePredicate } from '../../expr/compile/compile.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { cannotFail } from '../../expr/compile/logic.ts';
import { operand } from '../../expr/compile/operand.ts';
import { type Expr, inputsOf } from '../../expr/expr.ts';
import { type I32, i32, i64 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { DataType } from '../../types/data-type.ts';
import type { ColumnFacts } from './batch-input.ts';
import { FAIL, type KernelHost, RESERVE } from './kernel-host.ts';

/** Where the answers stand: behind the word that says whether they are known. */
const ANSWERS = 4;

/** The column of a test that can be made for each string of a dictionary; null: it reads something else. */
function dictionaryColumn(
  test: Expr,
  types: readonly DataType[],
  { stored, withoutNulls }: ColumnFacts,
): number | null {
  const [column, ...others] = inputsOf(test);
  if (column === undefined || others.length > 0 || !cannotFail(test)) return null;
  const isNullable = types[column]!.nullable && !withoutNulls.has(column);
  return isNullable || !stored.get(column)?.entries ? null : column;
}

/** Compiles tests of rows, those of dictionaries by what is known of their strings. */
export class RowTests {
  readonly #answers = new Map<Expr, { readonly table: number; readonly column: number }>();

  /** Emits the making of the tests for the strings, in the first call of the kernel. */
  constructor(
    f: FunctionBuilder,
    tests: readonly Expr[],
    types: readonly DataType[],
    facts: ColumnFacts,
    host: KernelHost,
  ) {
    for (const test of tests) {
      const column = dictionaryColumn(test, types, facts);
      if (column === null) continue;
      const { dictionary, entries } = facts.stored.get(column)!;
      const table = host.allocate(ANSWERS + entries);
      this.#answers.set(test, { table, column });
      f.if(i32.eqz(i32.load(i32.address(table))), () => {
        f.do(i32.store(i32.address(table), i32.const(1)));
        f.for('number', i32.const(0), i32.const(entries), (number) => {
          const view = i64.load(i32.add(i32.address(dictionary), i32.shl(number, i32.const(3))));
          const context = new CompileContext(f, (index) => operand(types[index]!, view, null), host, FAIL, RESERVE);
          f.do(i32.store8(i32.add(i32.address(table), number), compilePredicate(test, context), ANSWERS));
        });
      });
    }
  }

  /** 1 where the row of the context passes. */
  passes(test: Expr, context: CompileContext): I32 {
    const answer = this.#answers.get(test);
    if (answer === undefined) return compilePredicate(test, context);
    const { code } = context.column(answer.column);
    return i32.load8_u(i32.add(i32.address(answer.table), code!), ANSWERS);
  }
}
