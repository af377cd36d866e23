/** Comparing rows by an ORDER BY in kernels. */
import type { Ordering } from '../../dataflow/traits.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import { equalOperands, identicalOperands, lessThan } from '../../expr/compile/equality.ts';
import { type Operand, validity } from '../../expr/compile/operand.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';

/**
 * Emits the comparison of two rows field by field.
 *
 * @returns a local: negative if `a` comes first, positive if `b` does, 0 if the ordering does not say
 */
export function compareRows(
  ordering: Ordering,
  a: (field: number) => Operand,
  b: (field: number) => Operand,
  context: CompileContext,
): Variable<'i32'> {
  const { f } = context;
  const result = f.let('order', i32.const(0));
  const label = f.freshLabel('compared');
  f.block(label, () => {
    for (const { index, direction, nulls } of ordering) {
      context.scoped(() => {
        const x = context.bind(a(index), 'x');
        const y = context.bind(b(index), 'y');
        const [before, after] = direction === 'ASC' ? [-1, 1] : [1, -1];
        const compare = (): void => {
          f.if(i32.eqz(same(x, y, context)), () => {
            f.set(result, i32.const(after));
            f.if(lessThan(x, y, context, true), () => f.set(result, i32.const(before)));
            f.break(label);
          });
        };
        if (x.valid === null && y.valid === null) {
          compare();
          return;
        }
        const [vx, vy] = [validity(x), validity(y)];
        const nullBefore = nulls === 'FIRST' ? -1 : 1;
        f.if(i32.ne(vx, vy), () => {
          // The NULL one is the one whose validity is 0.
          f.set(result, i32.const(-nullBefore));
          f.if(vy, () => f.set(result, i32.const(nullBefore)));
          f.break(label);
        });
        context.branch(vx, compare);
      });
    }
  });
  return result;
}

function same(x: Operand, y: Operand, context: CompileContext): I32 {
  return x.physical === 'f32' || x.physical === 'f64' ? identicalOperands(x, y, context) : equalOperands(x, y, context);
}
