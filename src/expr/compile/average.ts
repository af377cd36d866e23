/** A sum over a count: the result of AVG, NULL where the count is 0. */
import { call, type F64, f32, f64, global, type I64, i32, i64, libraryFunction, select } from '../../kernel/build.ts';
import { int128Library } from '../../kernel/library/int128.ts';
import type { DataType } from '../../types/data-type.ts';
import type { CompileContext } from './context.ts';
import { fitDecimal, rescaleOperand } from './decimal.ts';
import { asI64, highOf, type Operand, operand } from './operand.ts';

/** Integers are truncated, DECIMAL is rounded HALF_UP to the scale of the result. */
export function divideByCount(sum: Operand, count: I64, type: DataType, context: CompileContext): Operand {
  const some = context.local('some', i64.ne(count, i64.const(0)));
  const divisor = context.local('count', select(some, count, i64.const(1)));
  switch (type.kind) {
    case 'DECIMAL': {
      const from = sum.type as DataType & { readonly kind: 'DECIMAL' };
      const scaled = rescaleOperand({ ...sum, valid: null }, from.scale, type.scale, context);
      const divide = libraryFunction(int128Library, 'div_round_128');
      const low = context.f.let('lo', call(divide, asI64(scaled), highOf(scaled), divisor, i64.const(0)) as I64);
      const high = context.f.let('hi', global('hi', 'i64'));
      const quotient = operand(from, low, some, high);
      return { ...fitDecimal({ ...quotient, physical: 'i128' }, { ...type, nullable: true }, context), type };
    }
    case 'DOUBLE':
      return operand(type, f64.div(sum.value as F64, f64.convert_i64_s(divisor)), some);
    case 'FLOAT':
      return operand(type, f32.demote_f64(f64.div(sum.value as F64, f64.convert_i64_s(divisor))), some);
    case 'BIGINT':
      return operand(type, i64.div_s(asI64(sum), divisor), some);
    default:
      return operand(type, i32.wrap_i64(i64.div_s(asI64(sum), divisor)), some);
  }
}
