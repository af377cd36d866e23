/**
 * Comparisons of integer columns with constants and with each other, of sixteen rows at a time: the masks of all tests,
 * whatever the width of their columns, become one of sixteen bits, and each four bits of it choose from a table which
 * row numbers are written, so that rows that fail cost nothing.
 */
import { physicalType } from '../../columnar/physical.ts';
import { compileExpr } from '../../expr/compile/compile.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import { isCheap } from '../../expr/compile/logic.ts';
import type { Expr, InputRef } from '../../expr/expr.ts';
import { type I32, type I64, i32, i64, type V128, type Variable, v128 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { BatchInput } from './batch-input.ts';

/** Rows that are tested together. */
const LANES = 16;
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

type Width = 1 | 2 | 4 | 8;

/** Lanes of values of so many bytes. */
const SHAPES: Readonly<Record<Width, string>> = { 1: 'i8x16', 2: 'i16x8', 4: 'i32x4', 8: 'i64x2' };

export interface Comparison {
  readonly column: number;
  /** Bytes of a value. */
  readonly width: Width;
  readonly op: string;
  /** A constant, or another column. */
  readonly other: I32 | I64 | { readonly column: number };
}

export interface Comparisons {
  readonly comparisons: readonly Comparison[];
  /** The tests that they are. */
  readonly compared: readonly Expr[];
  readonly others: readonly Expr[];
}

/**
 * The tests that are comparisons of integer columns without NULLs, among those at the beginning that may be made in any
 * order; and the others.
 */
export function splitComparisons(tests: readonly Expr[], input: BatchInput, context: CompileContext): Comparisons {
  const firstDear = tests.findIndex((test) => !isCheap(test));
  const cheap = firstDear < 0 ? tests.length : firstDear;
  const comparisons: Comparison[] = [];
  const compared: Expr[] = [];
  const others: Expr[] = [];
  tests.forEach((test, i) => {
    const comparison = i < cheap ? comparisonOf(test, input, context) : null;
    if (comparison !== null) comparisons.push(comparison);
    (comparison === null ? others : compared).push(test);
  });
  return { comparisons, compared, others };
}

function comparisonOf(test: Expr, input: BatchInput, context: CompileContext): Comparison | null {
  const ops = test.kind === 'call' ? COMPARISONS[test.fn] : undefined;
  if (test.kind !== 'call' || ops === undefined) return null;
  const mirrored = test.args[0]!.kind === 'literal';
  const [column, other] = mirrored ? [test.args[1]!, test.args[0]!] : [test.args[0]!, test.args[1]!];
  const width = widthOf(column, input);
  if (width === null || physicalType(column.type) !== physicalType(other.type)) return null;
  const { index } = column as InputRef;
  const op = ops[mirrored ? 1 : 0];
  if (other.kind === 'input-ref') {
    return widthOf(other, input) === width ? { column: index, width, op, other: { column: other.index } } : null;
  }
  if (other.kind !== 'literal' || other.value === null) return null;
  const constant = compileExpr(other, context).value;
  if (constant.kind !== 'constant' || constant.type === 'v128') return null;
  const limit = 1n << BigInt(width * 8 - 1);
  const value = BigInt(constant.value);
  return value >= -limit && value < limit ? { column: index, width, op, other: constant as I32 | I64 } : null;
}

/** Bytes of the values of an integer column without NULLs; null: it is something else. */
function widthOf(expr: Expr, input: BatchInput): Width | null {
  if (expr.kind !== 'input-ref' || input.validityOf(expr.index) !== null) return null;
  const physical = physicalType(expr.type);
  if (physical !== 'i32' && physical !== 'i64') return null;
  return input.storageOf(expr.index)?.width ?? (physical === 'i64' ? 8 : 4);
}

/**
 * Emits the listing of the rows that pass all comparisons, from row `row` on, while sixteen are left.
 *
 * @param append where numbers of 16 bits go
 * @param count of them, counted up
 */
export function listByVector(
  f: FunctionBuilder,
  comparisons: readonly Comparison[],
  input: BatchInput,
  row: Variable<'i32'>,
  append: (count: I32) => I32,
  count: Variable<'i32'>,
  context: CompileContext,
): void {
  const table = i32.address(Number(context.host.view(numbersByMask()) & 0xffffffffn));
  const masks = comparisons.map((one) => maskMaker(one, input, f));
  f.loop({
    condition: i32.le_s(i32.add(row, i32.const(LANES)), input.rowCount),
    body: () => {
      const passing = masks.map((mask) => mask(row)).reduce((all, next) => v128.op('v128.and', all, next));
      const mask = f.let('mask', v128.test('i8x16.bitmask', passing));
      f.if(mask, () => {
        const rows = f.let('rows', i64.mul(i64.extend_i32_u(row), i64.const(REPEATED)));
        for (let lane = 0; lane < LANES; lane += STEP) {
          const bits = f.let('bits', i32.and(i32.shr_u(mask, i32.const(lane)), i32.const(2 ** STEP - 1)));
          const numbers = i64.load(i32.add(table, i32.shl(bits, i32.const(3))));
          f.do(i64.store(append(count), i64.add(rows, numbers)));
          f.set(count, i32.add(count, i32.popcnt(bits)));
          f.set(rows, i64.add(rows, i64.const(REPEATED * BigInt(STEP))));
        }
      });
    },
    step: () => f.set(row, i32.add(row, i32.const(LANES))),
  });
}

/** Emits what does not change from row to row; gives what emits the mask of sixteen rows, a byte each. */
function maskMaker({ column, width, op, other }: Comparison, input: BatchInput, f: FunctionBuilder) {
  const shape = SHAPES[width];
  const constant = 'column' in other ? null : narrowed(other, width);
  const repeated = constant === null ? null : f.let('constant', v128.op(`${shape}.splat`, constant));
  const at = (of: number, row: I32): I32 => i32.add(input.valuesOf(of), i32.shl(row, i32.const(Math.log2(width))));
  return (row: I32): V128 => {
    const left = f.let('at', at(column, row));
    const right = 'column' in other ? f.let('at', at(other.column, row)) : null;
    const lanes = (offset: number): V128 => {
      const compared = right === null ? repeated! : v128.load(right, offset);
      return v128.op(`${shape}.${op}`, v128.load(left, offset), compared);
    };
    return asBytes(lanes, width, 0);
  };
}

/** Masks of sixteen values of so many bytes, from `offset` bytes on, as bytes. */
function asBytes(lanes: (offset: number) => V128, width: Width, offset: number): V128 {
  const eight = (from: number): V128 => {
    if (width === 2) return lanes(from);
    return v128.op('i16x8.narrow_i32x4_s', four(from), four(from + 4 * width));
  };
  const four = (from: number): V128 => {
    if (width === 4) return lanes(from);
    return v128.shuffle(lanes(from), lanes(from + 16), [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
  };
  if (width === 1) return lanes(offset);
  return v128.op('i8x16.narrow_i16x8_s', eight(offset), eight(offset + 8 * width));
}

function narrowed(constant: I32 | I64, width: Width): I32 | I64 {
  return width < 8 && constant.type === 'i64' ? i32.wrap_i64(constant) : constant;
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
