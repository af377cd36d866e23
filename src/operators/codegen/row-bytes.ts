/**
 * Emits the code that writes rows of a layout one behind another, each followed by the bytes of its strings, and takes
 * them in again. What is written holds no addresses, so that equal rows give equal bytes.
 */
import { addressOf, lengthOf, makeView } from '../../expr/compile/equality.ts';
import { asI64, type Operand } from '../../expr/compile/operand.ts';
import { type I32, i32, i64, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { RowField, RowLayout } from './row-layout.ts';

/** Words that are copied one by one. */
const MOST_WORDS = 32;
const LENGTHS = i64.const(0xffffffff00000000n);

/** Emits `at` going forward by the bytes of the row. */
export function skipRow(f: FunctionBuilder, layout: RowLayout, row: I32, at: Variable<'i32'>): void {
  f.set(at, i32.add(at, i32.const(layout.size)));
  for (const field of layout.viewFields) {
    ifFilled(f, row, field, (length) => f.set(at, i32.add(at, length)));
  }
  align(f, at);
}

/** Emits the writing of the row at `at`, which goes forward by its bytes. */
export function writeRowAt(f: FunctionBuilder, layout: RowLayout, row: I32, at: Variable<'i32'>): void {
  const written = f.let('written', at);
  copyFixed(f, written, row, layout.size);
  f.set(at, i32.add(at, i32.const(layout.size)));
  for (const field of layout.viewFields) {
    ifFilled(f, row, field, (length) => {
      f.copy(at, addressOf(i64.load(row, field.offset)), length);
      f.set(at, i32.add(at, length));
    });
    f.do(i64.store(written, i64.and(i64.load(written, field.offset), LENGTHS), field.offset));
  }
  align(f, at);
}

/**
 * Emits the finding of the row that was written at `at`, its views let point to their bytes; `at` goes behind it.
 *
 * @returns the address of the row where it was written
 */
export function readRowAt(f: FunctionBuilder, layout: RowLayout, at: Variable<'i32'>): Variable<'i32'> {
  const row = f.let('read', at);
  f.set(at, i32.add(at, i32.const(layout.size)));
  for (const field of layout.viewFields) {
    ifFilled(f, row, field, (length) => {
      f.do(i64.store(row, makeView(at, length), field.offset));
      f.set(at, i32.add(at, length));
    });
  }
  align(f, at);
  return row;
}

/** Emits the copying of a row; `own` copies its strings. */
export function copyRow(
  f: FunctionBuilder,
  layout: RowLayout,
  from: I32,
  to: I32,
  own: (value: Operand) => Operand,
): void {
  copyFixed(f, to, from, layout.size);
  layout.fields.forEach(({ physical, offset }, i) => {
    if (physical !== 'view') return;
    f.do(i64.store(to, asI64(own(layout.load(from, i))), offset));
  });
}

/** Emits the copying of a multiple of 8 bytes: word by word where few, so that the misses of many rows overlap. */
function copyFixed(f: FunctionBuilder, to: I32, from: I32, bytes: number): void {
  if (bytes > MOST_WORDS * 8) {
    f.copy(to, from, i32.const(bytes));
    return;
  }
  const words = Array.from({ length: bytes / 8 }, (_, i) => f.let('word', i64.load(from, i * 8)));
  for (const [i, word] of words.entries()) f.do(i64.store(to, word, i * 8));
}

function align(f: FunctionBuilder, at: Variable<'i32'>): void {
  f.set(at, i32.and(i32.add(at, i32.const(7)), i32.const(-8)));
}

/** Emits `body` for a view that is valid and not empty. */
export function ifFilled(f: FunctionBuilder, row: I32, field: RowField, body: (length: I32) => void): void {
  const length = f.let('length', lengthOf(i64.load(row, field.offset)));
  if (field.validity >= 0) f.if(i32.eqz(i32.load8_u(row, field.validity)), () => f.set(length, i32.const(0)));
  f.if(length, () => body(length));
}
