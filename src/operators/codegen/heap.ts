/** A binary heap of 32-bit entries in linear memory, as kernels keep it: the first entry goes before all others. */
import { and, type I32, i32, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';

/** Address of an entry. */
export function heapSlot(heap: I32, index: I32): I32 {
  return i32.add(heap, i32.shl(index, i32.const(2)));
}

export function heapEntry(heap: I32, index: I32): I32 {
  return i32.load(heapSlot(heap, index));
}

/**
 * Emits: moves the hole at `at` down to where `moved` belongs. The caller stores `moved` there.
 *
 * @param count entries of the heap
 * @param goesBefore whether the first entry comes out before the second
 */
export function siftHoleDown(
  f: FunctionBuilder,
  heap: I32,
  count: I32,
  at: Variable<'i32'>,
  moved: I32,
  goesBefore: (a: I32, b: I32) => I32,
): void {
  const child = f.declare('child', 'i32');
  const label = f.freshLabel('down');
  f.loop({
    label,
    body: () => {
      f.set(child, i32.add(i32.shl(at, i32.const(1)), i32.const(1)));
      f.if(i32.ge_s(child, count), () => f.break(label));
      const right = f.let('right', i32.add(child, i32.const(1)));
      const takesRight = and(i32.lt_s(right, count), goesBefore(heapEntry(heap, right), heapEntry(heap, child)));
      f.if(takesRight, () => f.set(child, right));
      f.if(i32.eqz(goesBefore(heapEntry(heap, child), moved)), () => f.break(label));
      f.do(i32.store(heapSlot(heap, at), heapEntry(heap, child)));
      f.set(at, child);
    },
  });
}
