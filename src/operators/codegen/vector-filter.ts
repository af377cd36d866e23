/**
 * Comparisons of one column with constants, four rows at a time: bits of a mask choose from a table which row numbers
 * are written, so that rows that fail cost nothing.
 */
import { physicalType } from '../../columnar/physical.ts';
import { compileExpr } from '../../expr/compile/compile.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import type { Expr } from '../../expr/expr.ts';
import { type I32, type I64, i32, i64, type V128, type Variable, v128 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { BatchInput } from './batch-input.ts';

/** Rows that are tested together. */
const STEP = 4;
/** What is written behind the last number: a step writes four numbers, whether they count or not. */
export const OVERRUN_BYTES = STEP * 2;

/** Signed comparisons by what is written between column and constant, and between constant and column. */
const COMPARISONS: Readonly<Record<string, readonly [string, string]>> = {
  '=': ['eq', 'eq'],
  '<>': ['ne', 'ne'],
  '<': ['lt_s', 'gt_s'],
  '<=': ['le_s', 'ge_s'],
  '>': ['gt_s', 'lt_s'],
  '>=': ['ge_s', 'le_s'],
};

interface Comparison {
  readonly column: number;
  readonly wide: boolean;
  readonly op: string;
  readonly constant: Expr;
}

/** The test as a comparison of an integer column without NULLs with a constant; null: it is something else. */
function comparisonOf(test: Expr, input: BatchInput): Comparison | null {
  const ops = test.kind === 'call' ? COMPARISONS[test.fn] : undefined;
  if (test.kind !== 'call' || ops === undefined) return null;
  const mirrored = test.args[0]!.kind === 'literal';
  const [column, constant] = mirrored ? [test.args[1]!, test.args[0]!] : [test.args[0]!, test.args[1]!];
  if (column.kind !== 'input-ref' || constant.kind !== 'literal' || constant.value === null) return null;
  const physical = physicalType(column.type);
  if (physicalType(constant.type) !== physical || input.validityOf(column.index) !== null) return null;
  if (physical !== 'i32' && physical !== 'i64') return null;
  return { column: column.index, wide: physical === 'i64', op: ops[mirrored ? 1 : 0], constant };
}

/**
 * Emits the listing of the rows that pass all tests, from row `row` on, while four are left; nothing where a test is
 * something else.
 *
 * @param append where numbers of 16 bits go
 * @param count of them, counted up
 */
export function listByVector(
  f: FunctionBuilder,
  tests: readonly Expr[],
  input: BatchInput,
  row: Variable<'i32'>,
  append: (count: I32) => I32,
  count: Variable<'i32'>,
  context: CompileContext,
): void {
  const comparisons = tests.map((test) => comparisonOf(test, input));
  if (comparisons.includes(null)) return;
  const table = i32.address(Number(context.host.view(numbersByMask()) & 0xffffffffn));
  const rows = f.let('rows', i64.mul(i64.extend_i32_u(row), i64.const(0x0001_0001_0001_0001n)));
  f.loop({
    condition: i32.le_s(i32.add(row, i32.const(STEP)), input.rowCount),
    body: () => {
      const masks = comparisons.map((one) => maskOf(one!, input, row, context));
      const passing = masks.reduce((all, next) => v128.op('v128.and', all, next));
      const mask = f.let('mask', v128.test('i32x4.bitmask', passing));
      const numbers = i64.add(rows, i64.load(i32.add(table, i32.shl(mask, i32.const(3)))));
      f.do(i64.store(append(count), numbers));
      f.set(count, i32.add(count, i32.popcnt(mask)));
    },
    step: () => {
      f.set(row, i32.add(row, i32.const(STEP)));
      f.set(rows, i64.add(rows, i64.const(0x0004_0004_0004_0004n)));
    },
  });
}

/** Ones in the lanes (i32x4) of the rows that pass. */
function maskOf(
  { column, wide, op, constant }: Comparison,
  input: BatchInput,
  row: I32,
  context: CompileContext,
): V128 {
  const { value } = compileExpr(constant, context);
  const values = input.valuesOf(column);
  if (!wide) {
    const four = v128.load(i32.add(values, i32.shl(row, i32.const(2))));
    return v128.op(`i32x4.${op}`, four, v128.op('i32x4.splat', value as I32));
  }
  const at = context.f.let('at', i32.add(values, i32.shl(row, i32.const(3))));
  const splat = v128.op('i64x2.splat', value as I64);
  const [first, second] = [0, 16].map((offset) => v128.op(`i64x2.${op}`, v128.load(at, offset), splat));
  return v128.shuffle(first!, second!, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
}

/** By mask of four bits: the positions of its ones, as numbers of 16 bits. */
function numbersByMask(): Uint8Array {
  const words = new Uint16Array(16 * STEP);
  for (let mask = 0; mask < 16; mask++) {
    let at = mask * STEP;
    for (let bit = 0; bit < STEP; bit++) if ((mask >> bit) & 1) words[at++] = bit;
  }
  return new Uint8Array(words.buffer);
}
