/**
 * Comparisons of one column with constants, as many rows at a time as fit a vector: each four bits of the mask choose
 * from a table which row numbers are written, so that rows that fail cost nothing.
 */
import { physicalType } from '../../columnar/physical.ts';
import { compileExpr } from '../../expr/compile/compile.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import type { Expr } from '../../expr/expr.ts';
import { type I32, type I64, i32, i64, type V128, type Variable, v128 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { BatchInput } from './batch-input.ts';

/** Rows whose numbers are written together. */
const STEP = 4;
/** What is written behind the last number: a step writes four numbers, whether they count or not. */
export const OVERRUN_BYTES = STEP * 2;
/** The number of a row, four times. */
const REPEATED = 0x0001_0001_0001_0001n;

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
  /** Bytes of a value. */
  readonly width: 1 | 2 | 4 | 8;
  readonly op: string;
  readonly constant: I32 | I64;
}

/** The test as a comparison of an integer column without NULLs with a constant; null: it is something else. */
function comparisonOf(test: Expr, input: BatchInput, context: CompileContext): Comparison | null {
  const ops = test.kind === 'call' ? COMPARISONS[test.fn] : undefined;
  if (test.kind !== 'call' || ops === undefined) return null;
  const mirrored = test.args[0]!.kind === 'literal';
  const [column, literal] = mirrored ? [test.args[1]!, test.args[0]!] : [test.args[0]!, test.args[1]!];
  if (column.kind !== 'input-ref' || literal.kind !== 'literal' || literal.value === null) return null;
  const physical = physicalType(column.type);
  if (physicalType(literal.type) !== physical || input.validityOf(column.index) !== null) return null;
  if (physical !== 'i32' && physical !== 'i64') return null;
  const constant = compileExpr(literal, context).value;
  if (constant.kind !== 'constant' || constant.type === 'v128') return null;
  const width = input.storageOf(column.index)?.width ?? (physical === 'i64' ? 8 : 4);
  const limit = 1n << BigInt(width * 8 - 1);
  const value = BigInt(constant.value);
  if (value < -limit || value >= limit) return null;
  return { column: column.index, width, op: ops[mirrored ? 1 : 0], constant: constant as I32 | I64 };
}

/**
 * Emits the listing of the rows that pass all tests, from row `row` on, while enough are left for a vector; nothing
 * where a test is something else, or columns differ in width.
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
  const comparisons = tests.flatMap((test) => comparisonOf(test, input, context) ?? []);
  const width = comparisons[0]?.width;
  if (comparisons.length < tests.length || comparisons.some((one) => one.width !== width)) return;
  const lanes = width === 8 ? 4 : 16 / width!;
  const table = i32.address(Number(context.host.view(numbersByMask()) & 0xffffffffn));
  const rows = f.let('rows', i64.mul(i64.extend_i32_u(row), i64.const(REPEATED)));
  const advance = (by: number): void => f.set(rows, i64.add(rows, i64.const(REPEATED * BigInt(by))));
  f.loop({
    condition: i32.le_s(i32.add(row, i32.const(lanes)), input.rowCount),
    body: () => {
      const masks = comparisons.map((one) => maskOf(one, input, row, f));
      const passing = masks.reduce((all, next) => v128.op('v128.and', all, next));
      const mask = f.let('mask', v128.test(`${shapeOf(width!)}.bitmask`, passing));
      for (let lane = 0; lane < lanes; lane += STEP) {
        const bits = f.let('bits', i32.and(i32.shr_u(mask, i32.const(lane)), i32.const(2 ** STEP - 1)));
        const numbers = i64.load(i32.add(table, i32.shl(bits, i32.const(3))));
        f.do(i64.store(append(count), i64.add(rows, numbers)));
        f.set(count, i32.add(count, i32.popcnt(bits)));
        advance(STEP);
      }
    },
    step: () => f.set(row, i32.add(row, i32.const(lanes))),
  });
}

/** Lanes of a mask over values of so many bytes. */
function shapeOf(width: Comparison['width']): string {
  return { 1: 'i8x16', 2: 'i16x8', 4: 'i32x4', 8: 'i32x4' }[width];
}

/** Ones in the lanes of the rows that pass. */
function maskOf({ column, width, op, constant }: Comparison, input: BatchInput, row: I32, f: FunctionBuilder): V128 {
  const shift = i32.const(Math.log2(width));
  const at = f.let('at', i32.add(input.valuesOf(column), i32.shl(row, shift)));
  if (width < 8) {
    const lane = constant.type === 'i64' ? i32.wrap_i64(constant) : constant;
    return v128.op(`${shapeOf(width)}.${op}`, v128.load(at), v128.op(`${shapeOf(width)}.splat`, lane));
  }
  const splat = v128.op('i64x2.splat', constant);
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
